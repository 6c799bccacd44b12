#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include "herdflow/pipeline/layer_store.hpp"

namespace herdflow::orchestration {

/// A layer store that counts the rows that were written and committed through it.
class CountingStore final : public pipeline::LayerStore {
 public:
  explicit CountingStore(pipeline::LayerStore& store) : store_(store) {}

  [[nodiscard]] std::int64_t rows_written() const { return rows_written_; }

  [[nodiscard]] const std::string& id() const override { return store_.id(); }
  Result<pipeline::PartitionClaim> Claim(const pipeline::Assigned::Partition& partition,
                                         std::int64_t begin, std::string_view owner) override {
    return store_.Claim(partition, begin, owner);
  }
  Result<> Adopt(const pipeline::Assigned::Partition& partition, std::int64_t begin) override {
    return store_.Adopt(partition, begin);
  }
  Result<std::unique_ptr<pipeline::LoadTx>> BeginLoad() override { return store_.BeginLoad(); }
  Result<std::unique_ptr<pipeline::CleanseTx>> BeginCleanse() override {
    HERDFLOW_ASSIGN(auto tx, store_.BeginCleanse());
    return std::make_unique<Cleansing>(*this, std::move(tx));
  }
  Result<std::unique_ptr<pipeline::HerdBookTx>> BeginHerdBook() override {
    HERDFLOW_ASSIGN(auto tx, store_.BeginHerdBook());
    return std::make_unique<HerdBook>(*this, std::move(tx));
  }
  Result<std::unique_ptr<pipeline::AggregateTx>> BeginAggregate(
      pipeline::AggregateTask task) override {
    HERDFLOW_ASSIGN(auto tx, store_.BeginAggregate(task));
    return std::make_unique<Aggregating>(*this, std::move(tx));
  }
  Result<> RequestRebuild(const std::optional<pipeline::DayRange>& days) override {
    return store_.RequestRebuild(days);
  }
  Result<pipeline::CowReservation> ReserveCow(const pipeline::CowWish& wish) override {
    return store_.ReserveCow(wish);
  }

 private:
  /// What the transactions share: rows count once they are committed.
  template <class Tx>
  class Counting : public Tx {
   public:
    Counting(CountingStore& counter, std::unique_ptr<Tx> tx)
        : tx_(std::move(tx)), counter_(counter) {}
    Result<> Commit() override {
      HERDFLOW_CHECK(tx_->Commit());
      counter_.rows_written_ += rows_;
      return {};
    }

   protected:
    Result<> Counted(std::size_t rows, Result<> done) {
      if (done) rows_ += static_cast<std::int64_t>(rows);
      return done;
    }
    std::unique_ptr<Tx> tx_;

   private:
    CountingStore& counter_;
    std::int64_t rows_ = 0;
  };

  class Cleansing final : public Counting<pipeline::CleanseTx> {
   public:
    using Counting::Counting;
    Result<pipeline::RejudgePiece> TakeRequested(std::size_t max,
                                                 const EachMeasurement& each) override {
      return tx_->TakeRequested(max, each);
    }
    Result<std::optional<pipeline::RejudgePiece>> Look(
        const std::optional<pipeline::DayRange>& days, pipeline::RejudgePlace& place,
        std::size_t max, const EachMeasurement& each) override {
      return tx_->Look(days, place, max, each);
    }
    Result<std::size_t> ReadBronze(std::size_t max, const EachMeasurement& each) override {
      return tx_->ReadBronze(max, each);
    }
    Result<std::optional<herd::UnitKind>> UnitOf(pipeline::SensorRef sensor) override {
      return tx_->UnitOf(sensor);
    }
    Result<bool> IsKnown(pipeline::CowRef cow) override { return tx_->IsKnown(cow); }
    Result<std::string> IdOf(pipeline::CowRef cow) override { return tx_->IdOf(cow); }
    Result<std::string> IdOf(pipeline::SensorRef sensor) override { return tx_->IdOf(sensor); }
    Result<> ReadExisting(std::span<const pipeline::ReadingKey> keys,
                          std::vector<pipeline::SilverReading>& readings,
                          std::vector<pipeline::OpenEntry>& open_entries) override {
      return tx_->ReadExisting(keys, readings, open_entries);
    }
    Result<pipeline::KnownVersions> ReadVersions(
        std::span<const pipeline::ReadingKey> keys,
        std::span<const pipeline::Lineage> messages) override {
      return tx_->ReadVersions(keys, messages);
    }
    Result<std::size_t> ReadMessages(std::span<const pipeline::Lineage> messages,
                                     const EachMeasurement& each) override {
      return tx_->ReadMessages(messages, each);
    }
    Result<> Write(const pipeline::SilverChange& change) override {
      return Counted(change.readings.size() + change.quarantine.size(), tx_->Write(change));
    }
  };

  class HerdBook final : public Counting<pipeline::HerdBookTx> {
   public:
    using Counting::Counting;
    Result<bool> BeginAnew(pipeline::Topic topic) override { return tx_->BeginAnew(topic); }
    Result<> RequestAnew(pipeline::Topic topic) override { return tx_->RequestAnew(topic); }
    Result<pipeline::BookDifferences> EndAnew() override { return tx_->EndAnew(); }
    Result<std::vector<pipeline::UnjudgedRecord>> ReadBronze(pipeline::Topic topic,
                                                             std::size_t max) override {
      return tx_->ReadBronze(topic, max);
    }
    Result<pipeline::CowRef> RefOfCow(std::string_view id) override { return tx_->RefOfCow(id); }
    Result<pipeline::SensorRef> RefOfSensor(std::string_view id) override {
      return tx_->RefOfSensor(id);
    }
    Result<> Merge(const pipeline::GoldCow& cow) override { return Counted(1, tx_->Merge(cow)); }
    Result<> Merge(const pipeline::GoldSensor& sensor) override {
      return Counted(1, tx_->Merge(sensor));
    }
    Result<> Quarantine(std::span<const pipeline::QuarantineEntry> entries) override {
      return Counted(entries.size(), tx_->Quarantine(entries));
    }
  };

  class Aggregating final : public Counting<pipeline::AggregateTx> {
   public:
    using Counting::Counting;
    Result<std::vector<pipeline::DirtyDay>> NextDirty(std::size_t max) override {
      return tx_->NextDirty(max);
    }
    Result<> Scan(pipeline::CowRef cow, FarmDay first, FarmDay last,
                  const std::function<void(const pipeline::AcceptedReading&)>& each) override {
      return tx_->Scan(cow, first, last, each);
    }
    Result<const SensorInfo*> Sensor(pipeline::SensorRef sensor) override {
      return tx_->Sensor(sensor);
    }
    Result<> Replace(std::span<const pipeline::SensorAggregate> rows) override {
      return Counted(rows.size(), tx_->Replace(rows));
    }
    Result<> Replace(std::span<const pipeline::CowDayRow> rows) override {
      return Counted(rows.size(), tx_->Replace(rows));
    }
    Result<std::vector<pipeline::SensorAggregate>> Otherwise(
        std::span<const pipeline::SensorAggregate> rows) override {
      return tx_->Otherwise(rows);
    }
    Result<std::vector<pipeline::CowDayRow>> Otherwise(
        std::span<const pipeline::CowDayRow> rows) override {
      return tx_->Otherwise(rows);
    }
  };

  pipeline::LayerStore& store_;
  std::atomic<std::int64_t> rows_written_ = 0;
};

}  // namespace herdflow::orchestration
