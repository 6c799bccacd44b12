#pragma once

// A layer store that is killed at a chosen call, and that gives out small chunks.

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "herdflow/pipeline/layer_store.hpp"

namespace herdflow::pipeline::testing {

/// Passes every call on to another store until its time has come: that call and all later ones
/// fail, so whoever works with the store drops the transaction, as a killed process does.
class MeddlingStore : public LayerStore {
 public:
  explicit MeddlingStore(LayerStore& store) : store_(store) {}

  static constexpr int kNever = std::numeric_limits<int>::max();
  /// Fail the call after so many more calls, and every later one until LetLive.
  void KillAfter(int calls) { calls_left_ = calls; }
  void LetLive() { calls_left_ = kNever; }
  [[nodiscard]] bool killed() const { return calls_left_ < 0; }

  /// Where the call to die at is a commit: it happens, and only its answer is lost.
  bool commit_happens = false;
  std::size_t max_dirty_days = kMany;
  std::size_t max_records = kMany;

  [[nodiscard]] const std::string& id() const override { return store_.id(); }
  Result<PartitionClaim> Claim(const Assigned::Partition& partition, std::int64_t begin,
                               std::string_view owner) override {
    HERDFLOW_CHECK(Live());
    return store_.Claim(partition, begin, owner);
  }
  Result<> Adopt(const Assigned::Partition& partition, std::int64_t begin) override {
    HERDFLOW_CHECK(Live());
    return store_.Adopt(partition, begin);
  }
  Result<std::unique_ptr<LoadTx>> BeginLoad() override {
    HERDFLOW_CHECK(Live());
    HERDFLOW_ASSIGN(auto tx, store_.BeginLoad());
    return std::make_unique<Load>(*this, std::move(tx));
  }
  Result<std::unique_ptr<CleanseTx>> BeginCleanse() override {
    HERDFLOW_CHECK(Live());
    HERDFLOW_ASSIGN(auto tx, store_.BeginCleanse());
    return std::make_unique<Cleansing>(*this, std::move(tx));
  }
  Result<std::unique_ptr<HerdBookTx>> BeginHerdBook() override {
    HERDFLOW_CHECK(Live());
    HERDFLOW_ASSIGN(auto tx, store_.BeginHerdBook());
    return std::make_unique<HerdBook>(*this, std::move(tx));
  }
  Result<std::unique_ptr<AggregateTx>> BeginAggregate(AggregateTask task) override {
    HERDFLOW_CHECK(Live());
    HERDFLOW_ASSIGN(auto tx, store_.BeginAggregate(task));
    return std::make_unique<Aggregating>(*this, std::move(tx));
  }
  Result<> RequestRebuild(const std::optional<DayRange>& days) override {
    HERDFLOW_CHECK(Live());
    return store_.RequestRebuild(days);
  }
  Result<CowReservation> ReserveCow(const CowWish& wish) override {
    HERDFLOW_CHECK(Live());
    return store_.ReserveCow(wish);
  }

 private:
  static constexpr std::size_t kMany = std::numeric_limits<std::size_t>::max();

  Result<> Live() {
    if (calls_left_ != kNever && calls_left_-- <= 0) {
      calls_left_ = -1;
      return Fail(ErrorCode::kShuttingDown, "killed by the test");
    }
    return {};
  }

  /// What every transaction does: ask before each call.
  template <class Tx>
  class Meddled : public Tx {
   public:
    Meddled(MeddlingStore& owner, std::unique_ptr<Tx> tx) : owner_(owner), tx_(std::move(tx)) {}
    Result<> Commit() override {
      const auto live = owner_.Live();
      if (live || owner_.commit_happens) HERDFLOW_CHECK(tx_->Commit());
      return live;
    }

   protected:
    MeddlingStore& owner_;
    std::unique_ptr<Tx> tx_;
  };

  class Load : public Meddled<LoadTx> {
   public:
    using Meddled::Meddled;
    Result<bool> Advance(const PartitionClaim& claim, const PartitionClaim& after,
                         const LeftOut& left_out) override {
      HERDFLOW_CHECK(owner_.Live());
      return tx_->Advance(claim, after, left_out);
    }
    Result<> Insert(const PartitionClaim& claim, const BronzeMeasurement& row) override {
      return InsertAny(claim, row);
    }
    Result<> Insert(const PartitionClaim& claim, const BronzeCow& row) override {
      return InsertAny(claim, row);
    }
    Result<> Insert(const PartitionClaim& claim, const BronzeSensor& row) override {
      return InsertAny(claim, row);
    }

   private:
    template <class Row>
    Result<> InsertAny(const PartitionClaim& claim, const Row& row) {
      HERDFLOW_CHECK(owner_.Live());
      return tx_->Insert(claim, row);
    }
  };

  class Cleansing : public Meddled<CleanseTx> {
   public:
    using Meddled::Meddled;
    Result<RejudgePiece> TakeRequested(std::size_t max, const EachMeasurement& each) override {
      HERDFLOW_CHECK(owner_.Live());
      return tx_->TakeRequested(max, each);
    }
    Result<std::optional<RejudgePiece>> Look(const std::optional<DayRange>& days,
                                             RejudgePlace& place, std::size_t max,
                                             const EachMeasurement& each) override {
      HERDFLOW_CHECK(owner_.Live());
      return tx_->Look(days, place, max, each);
    }
    Result<std::size_t> ReadBronze(std::size_t max, const EachMeasurement& each) override {
      HERDFLOW_CHECK(owner_.Live());
      return tx_->ReadBronze(max, each);
    }
    Result<std::optional<herd::UnitKind>> UnitOf(SensorRef sensor) override {
      HERDFLOW_CHECK(owner_.Live());
      return tx_->UnitOf(sensor);
    }
    Result<bool> IsKnown(CowRef cow) override {
      HERDFLOW_CHECK(owner_.Live());
      return tx_->IsKnown(cow);
    }
    Result<std::string> IdOf(CowRef cow) override {
      HERDFLOW_CHECK(owner_.Live());
      return tx_->IdOf(cow);
    }
    Result<std::string> IdOf(SensorRef sensor) override {
      HERDFLOW_CHECK(owner_.Live());
      return tx_->IdOf(sensor);
    }
    Result<> ReadExisting(std::span<const ReadingKey> keys, std::vector<SilverReading>& readings,
                          std::vector<OpenEntry>& open_entries) override {
      HERDFLOW_CHECK(owner_.Live());
      return tx_->ReadExisting(keys, readings, open_entries);
    }
    Result<KnownVersions> ReadVersions(std::span<const ReadingKey> keys,
                                       std::span<const Lineage> messages) override {
      HERDFLOW_CHECK(owner_.Live());
      return tx_->ReadVersions(keys, messages);
    }
    Result<std::size_t> ReadMessages(std::span<const Lineage> messages,
                                     const EachMeasurement& each) override {
      HERDFLOW_CHECK(owner_.Live());
      return tx_->ReadMessages(messages, each);
    }
    Result<> Write(const SilverChange& change) override {
      HERDFLOW_CHECK(owner_.Live());
      return tx_->Write(change);
    }
  };

  class HerdBook : public Meddled<HerdBookTx> {
   public:
    using Meddled::Meddled;
    Result<bool> BeginAnew(Topic topic) override {
      HERDFLOW_CHECK(owner_.Live());
      return tx_->BeginAnew(topic);
    }
    Result<> RequestAnew(Topic topic) override {
      HERDFLOW_CHECK(owner_.Live());
      return tx_->RequestAnew(topic);
    }
    Result<BookDifferences> EndAnew() override {
      HERDFLOW_CHECK(owner_.Live());
      return tx_->EndAnew();
    }
    Result<std::vector<UnjudgedRecord>> ReadBronze(Topic topic, std::size_t max) override {
      HERDFLOW_CHECK(owner_.Live());
      return tx_->ReadBronze(topic, std::min(max, owner_.max_records));
    }
    Result<CowRef> RefOfCow(std::string_view id) override {
      HERDFLOW_CHECK(owner_.Live());
      return tx_->RefOfCow(id);
    }
    Result<SensorRef> RefOfSensor(std::string_view id) override {
      HERDFLOW_CHECK(owner_.Live());
      return tx_->RefOfSensor(id);
    }
    Result<> Merge(const GoldCow& cow) override {
      HERDFLOW_CHECK(owner_.Live());
      return tx_->Merge(cow);
    }
    Result<> Merge(const GoldSensor& sensor) override {
      HERDFLOW_CHECK(owner_.Live());
      return tx_->Merge(sensor);
    }
    Result<> Quarantine(std::span<const QuarantineEntry> entries) override {
      HERDFLOW_CHECK(owner_.Live());
      return tx_->Quarantine(entries);
    }
  };

  class Aggregating : public Meddled<AggregateTx> {
   public:
    using Meddled::Meddled;
    Result<std::vector<DirtyDay>> NextDirty(std::size_t max) override {
      HERDFLOW_CHECK(owner_.Live());
      return tx_->NextDirty(std::min(max, owner_.max_dirty_days));
    }
    Result<> Scan(CowRef cow, FarmDay first, FarmDay last,
                  const std::function<void(const AcceptedReading&)>& each) override {
      HERDFLOW_CHECK(owner_.Live());
      return tx_->Scan(cow, first, last, each);
    }
    Result<const SensorInfo*> Sensor(SensorRef sensor) override {
      HERDFLOW_CHECK(owner_.Live());
      return tx_->Sensor(sensor);
    }
    Result<> Replace(std::span<const SensorAggregate> rows) override {
      HERDFLOW_CHECK(owner_.Live());
      return tx_->Replace(rows);
    }
    Result<> Replace(std::span<const CowDayRow> rows) override {
      HERDFLOW_CHECK(owner_.Live());
      return tx_->Replace(rows);
    }
    Result<std::vector<SensorAggregate>> Otherwise(std::span<const SensorAggregate> rows) override {
      HERDFLOW_CHECK(owner_.Live());
      return tx_->Otherwise(rows);
    }
    Result<std::vector<CowDayRow>> Otherwise(std::span<const CowDayRow> rows) override {
      HERDFLOW_CHECK(owner_.Live());
      return tx_->Otherwise(rows);
    }
  };

  LayerStore& store_;
  int calls_left_ = kNever;
};

}  // namespace herdflow::pipeline::testing
