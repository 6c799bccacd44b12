#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "herdflow/pipeline/layer_store.hpp"

/// Layer stores that pass every call on to another one: who counts, or fails on purpose, derives
/// from these and overrides what differs.
namespace herdflow::pipeline {

/// What the transactions share.
template <class Tx>
class ForwardingTx : public Tx {
 public:
  explicit ForwardingTx(std::unique_ptr<Tx> tx) : tx_(std::move(tx)) {}

  Result<> Commit() override {
    HERDFLOW_CHECK(Before());
    return tx_->Commit();
  }

 protected:
  /// Comes before each call that is passed on; its failure is the call's.
  virtual Result<> Before() { return {}; }
  [[nodiscard]] Tx& tx() { return *tx_; }

  /// Pass a call on.
  template <class Call>
  auto Pass(Call call) -> decltype(call(std::declval<Tx&>())) {
    HERDFLOW_CHECK(Before());
    return call(*tx_);
  }

 private:
  std::unique_ptr<Tx> tx_;
};

class ForwardingLoadTx : public ForwardingTx<LoadTx> {
 public:
  using ForwardingTx::ForwardingTx;

  Result<bool> Advance(const PartitionClaim& claim, const PartitionClaim& after,
                       const LeftOut& left_out) override {
    return Pass([&](LoadTx& to) { return to.Advance(claim, after, left_out); });
  }
  Result<> Insert(const PartitionClaim& claim, const BronzeMeasurement& row) override {
    return Pass([&](LoadTx& to) { return to.Insert(claim, row); });
  }
  Result<> Insert(const PartitionClaim& claim, const BronzeCow& row) override {
    return Pass([&](LoadTx& to) { return to.Insert(claim, row); });
  }
  Result<> Insert(const PartitionClaim& claim, const BronzeSensor& row) override {
    return Pass([&](LoadTx& to) { return to.Insert(claim, row); });
  }
  Result<> Insert(const PartitionClaim& claim, const BronzeFarm& row) override {
    return Pass([&](LoadTx& to) { return to.Insert(claim, row); });
  }
};

class ForwardingCleanseTx : public ForwardingTx<CleanseTx> {
 public:
  using ForwardingTx::ForwardingTx;

  Result<RejudgePiece> TakeRequested(std::size_t max, const EachMeasurement& each) override {
    return Pass([&](CleanseTx& to) { return to.TakeRequested(max, each); });
  }
  Result<std::optional<RejudgePiece>> Look(const std::optional<DayRange>& days, RejudgePlace& place,
                                           std::size_t max, const EachMeasurement& each) override {
    return Pass([&](CleanseTx& to) { return to.Look(days, place, max, each); });
  }
  Judging& judging() override { return tx().judging(); }
  Result<BronzeRead> ReadBronze(std::size_t max, const EachMeasurement& each) override {
    return Pass([&](CleanseTx& to) { return to.ReadBronze(max, each); });
  }
  Result<bool> Take(const BronzeRead& ahead) override {
    return Pass([&](CleanseTx& to) { return to.Take(ahead); });
  }
  Result<std::string> IdOf(CowRef cow) override {
    return Pass([&](CleanseTx& to) { return to.IdOf(cow); });
  }
  Result<std::string> IdOf(SensorRef sensor) override {
    return Pass([&](CleanseTx& to) { return to.IdOf(sensor); });
  }
  Result<> ReadExisting(std::span<const ReadingKey> keys, std::vector<SilverReading>& readings,
                        std::vector<OpenEntry>& open_entries) override {
    return Pass([&](CleanseTx& to) { return to.ReadExisting(keys, readings, open_entries); });
  }
  Result<KnownVersions> ReadVersions(std::span<const ReadingKey> keys,
                                     std::span<const Lineage> messages) override {
    return Pass([&](CleanseTx& to) { return to.ReadVersions(keys, messages); });
  }
  Result<std::size_t> ReadMessages(std::span<const Lineage> messages,
                                   const EachMeasurement& each) override {
    return Pass([&](CleanseTx& to) { return to.ReadMessages(messages, each); });
  }
  Result<> Write(const SilverChange& change) override {
    return Pass([&](CleanseTx& to) { return to.Write(change); });
  }
};

class ForwardingHerdBookTx : public ForwardingTx<HerdBookTx> {
 public:
  using ForwardingTx::ForwardingTx;

  Result<bool> BeginAnew(Topic topic) override {
    return Pass([&](HerdBookTx& to) { return to.BeginAnew(topic); });
  }
  Result<> RequestAnew(Topic topic) override {
    return Pass([&](HerdBookTx& to) { return to.RequestAnew(topic); });
  }
  Result<BookDifferences> EndAnew() override {
    return Pass([](HerdBookTx& to) { return to.EndAnew(); });
  }
  Result<std::vector<UnjudgedRecord>> ReadBronze(Topic topic, std::size_t max) override {
    return Pass([&](HerdBookTx& to) { return to.ReadBronze(topic, max); });
  }
  Result<FarmRef> RefOfFarm(std::string_view id) override {
    return Pass([&](HerdBookTx& to) { return to.RefOfFarm(id); });
  }
  Result<bool> IsKnown(FarmRef farm) override {
    return Pass([&](HerdBookTx& to) { return to.IsKnown(farm); });
  }
  Result<CowRef> RefOfCow(FarmRef farm, std::string_view id) override {
    return Pass([&](HerdBookTx& to) { return to.RefOfCow(farm, id); });
  }
  Result<SensorRef> RefOfSensor(FarmRef farm, std::string_view id) override {
    return Pass([&](HerdBookTx& to) { return to.RefOfSensor(farm, id); });
  }
  Result<> Merge(const GoldCow& cow) override {
    return Pass([&](HerdBookTx& to) { return to.Merge(cow); });
  }
  Result<> Merge(const GoldSensor& sensor) override {
    return Pass([&](HerdBookTx& to) { return to.Merge(sensor); });
  }
  Result<> Merge(const GoldFarm& farm) override {
    return Pass([&](HerdBookTx& to) { return to.Merge(farm); });
  }
  Result<> Quarantine(std::span<const QuarantineEntry> entries) override {
    return Pass([&](HerdBookTx& to) { return to.Quarantine(entries); });
  }
};

class ForwardingFeedTx : public ForwardingTx<FeedTx> {
 public:
  using ForwardingTx::ForwardingTx;

  Result<> ReadReadings(const Block& block, const EachReading& each) override {
    return Pass([&](FeedTx& to) { return to.ReadReadings(block, each); });
  }
  Result<> ReadRows(const DerivedTable& of, const Block& block, const EachRow& each) override {
    return Pass([&](FeedTx& to) { return to.ReadRows(of, block, each); });
  }
  Result<> SumDays(const DerivedTable& of, const Block& block, const EachSum& each) override {
    return Pass([&](FeedTx& to) { return to.SumDays(of, block, each); });
  }
  Result<std::int64_t> CountRefused(FarmRef farm, FarmDay day) override {
    return Pass([&](FeedTx& to) { return to.CountRefused(farm, day); });
  }
  Result<herd::Measure> MeasureOf(SensorRef sensor) override {
    return Pass([&](FeedTx& to) { return to.MeasureOf(sensor); });
  }
  Result<std::string_view> IdOf(SensorRef sensor) override {
    return Pass([&](FeedTx& to) { return to.IdOf(sensor); });
  }
  Result<std::optional<Block>> Next(std::size_t max) override {
    return Pass([&](FeedTx& to) { return to.Next(max); });
  }
  Result<> Write(const Derived& derived) override {
    return Pass([&](FeedTx& to) { return to.Write(derived); });
  }
  Result<std::optional<Block>> Look(const std::optional<DayRange>& days, FeedPlace& place,
                                    std::size_t max) override {
    return Pass([&](FeedTx& to) { return to.Look(days, place, max); });
  }
  Result<std::vector<DerivedKey>> Otherwise(const Derived& derived) override {
    return Pass([&](FeedTx& to) { return to.Otherwise(derived); });
  }
};

/// The other store outlives it.
class ForwardingStore : public LayerStore {
 public:
  explicit ForwardingStore(LayerStore& store) : store_(store) {}

  [[nodiscard]] const std::string& id() const override { return store_.id(); }
  Result<PartitionClaim> Claim(const Assigned::Partition& partition, std::int64_t begin,
                               std::string_view owner) override {
    return Pass([&](LayerStore& to) { return to.Claim(partition, begin, owner); });
  }
  Result<> Adopt(const Assigned::Partition& partition, std::int64_t begin) override {
    return Pass([&](LayerStore& to) { return to.Adopt(partition, begin); });
  }
  Result<std::unique_ptr<LoadTx>> BeginLoad() override {
    return Pass([](LayerStore& to) { return to.BeginLoad(); });
  }
  Result<std::unique_ptr<CleanseTx>> BeginCleanse() override {
    return Pass([](LayerStore& to) { return to.BeginCleanse(); });
  }
  /// It changes nothing, on a thread of its own: nothing comes before it.
  Result<std::unique_ptr<CleanseAhead>> BeginCleanseAhead() override {
    return store_.BeginCleanseAhead();
  }
  Result<std::unique_ptr<HerdBookTx>> BeginHerdBook() override {
    return Pass([](LayerStore& to) { return to.BeginHerdBook(); });
  }
  Result<std::unique_ptr<FeedTx>> BeginFeed(const DerivedTable& table) override {
    return Pass([&](LayerStore& to) { return to.BeginFeed(table); });
  }
  Result<> RequestRebuild(const std::optional<DayRange>& days) override {
    return Pass([&](LayerStore& to) { return to.RequestRebuild(days); });
  }
  Result<CowReservation> ReserveCow(const CowWish& wish) override {
    return Pass([&](LayerStore& to) { return to.ReserveCow(wish); });
  }

 protected:
  /// Comes before each call that is passed on; its failure is the call's.
  virtual Result<> Before() { return {}; }

  /// Pass a call on.
  template <class Call>
  auto Pass(Call call) -> decltype(call(std::declval<LayerStore&>())) {
    HERDFLOW_CHECK(Before());
    return call(store_);
  }

 private:
  LayerStore& store_;
};

}  // namespace herdflow::pipeline
