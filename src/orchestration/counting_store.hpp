#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include "herdflow/pipeline/forwarding_store.hpp"

namespace herdflow::orchestration {

/// A layer store that counts the rows that were written and committed through it.
class CountingStore final : public pipeline::ForwardingStore {
 public:
  using ForwardingStore::ForwardingStore;

  [[nodiscard]] std::int64_t rows_written() const { return rows_written_; }

  Result<std::unique_ptr<pipeline::CleanseTx>> BeginCleanse() override {
    HERDFLOW_ASSIGN(auto tx, ForwardingStore::BeginCleanse());
    return std::make_unique<Cleansing>(*this, std::move(tx));
  }
  Result<std::unique_ptr<pipeline::HerdBookTx>> BeginHerdBook() override {
    HERDFLOW_ASSIGN(auto tx, ForwardingStore::BeginHerdBook());
    return std::make_unique<HerdBook>(*this, std::move(tx));
  }
  Result<std::unique_ptr<pipeline::FeedTx>> BeginFeed(
      const pipeline::DerivedTable& table) override {
    HERDFLOW_ASSIGN(auto tx, ForwardingStore::BeginFeed(table));
    return std::make_unique<Feeding>(*this, std::move(tx));
  }

 private:
  /// What the transactions share: rows count once they are committed.
  template <class Forwarding, class Tx>
  class Counting : public Forwarding {
   public:
    Counting(CountingStore& counter, std::unique_ptr<Tx> tx)
        : Forwarding(std::move(tx)), counter_(counter) {}
    Result<> Commit() override {
      HERDFLOW_CHECK(Forwarding::Commit());
      counter_.rows_written_ += rows_;
      return {};
    }

   protected:
    Result<> Counted(std::size_t rows, Result<> done) {
      if (done) rows_ += static_cast<std::int64_t>(rows);
      return done;
    }

   private:
    CountingStore& counter_;
    std::int64_t rows_ = 0;
  };

  class Cleansing final : public Counting<pipeline::ForwardingCleanseTx, pipeline::CleanseTx> {
   public:
    using Counting::Counting;
    Result<> Write(const pipeline::SilverChange& change) override {
      return Counted(change.readings.size() + change.quarantine.size(), Counting::Write(change));
    }
  };

  class HerdBook final : public Counting<pipeline::ForwardingHerdBookTx, pipeline::HerdBookTx> {
   public:
    using Counting::Counting;
    Result<> Merge(const pipeline::GoldCow& cow) override {
      return Counted(1, Counting::Merge(cow));
    }
    Result<> Merge(const pipeline::GoldSensor& sensor) override {
      return Counted(1, Counting::Merge(sensor));
    }
    Result<> Merge(const pipeline::GoldFarm& farm) override {
      return Counted(1, Counting::Merge(farm));
    }
    Result<> Quarantine(std::span<const pipeline::QuarantineEntry> entries) override {
      return Counted(entries.size(), Counting::Quarantine(entries));
    }
  };

  class Feeding final : public Counting<pipeline::ForwardingFeedTx, pipeline::FeedTx> {
   public:
    using Counting::Counting;
    Result<> Write(const pipeline::Derived& derived) override {
      return Counted(derived.rows.size(), Counting::Write(derived));
    }
  };

  std::atomic<std::int64_t> rows_written_ = 0;
};

}  // namespace herdflow::orchestration
