#pragma once

// A layer store that is killed at a chosen call, and that gives out small chunks.

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "herdflow/pipeline/forwarding_store.hpp"

namespace herdflow::pipeline::testing {

/// Passes every call on to another store until its time has come: that call and all later ones
/// fail, so whoever works with the store drops the transaction, as a killed process does.
class MeddlingStore : public ForwardingStore {
 public:
  using ForwardingStore::ForwardingStore;

  static constexpr int kNever = std::numeric_limits<int>::max();
  /// Fail the call after so many more calls, and every later one until LetLive.
  void KillAfter(int calls) { calls_left_ = calls; }
  void LetLive() { calls_left_ = kNever; }
  [[nodiscard]] bool killed() const { return calls_left_ < 0; }

  /// Where the call to die at is a commit: it happens, and only its answer is lost.
  bool commit_happens = false;
  std::size_t max_feed_rows = kMany;
  std::size_t max_records = kMany;

  Result<std::unique_ptr<LoadTx>> BeginLoad() override {
    HERDFLOW_ASSIGN(auto tx, ForwardingStore::BeginLoad());
    return std::make_unique<Meddled<ForwardingLoadTx, LoadTx>>(*this, std::move(tx));
  }
  Result<std::unique_ptr<CleanseTx>> BeginCleanse() override {
    HERDFLOW_ASSIGN(auto tx, ForwardingStore::BeginCleanse());
    return std::make_unique<Meddled<ForwardingCleanseTx, CleanseTx>>(*this, std::move(tx));
  }
  Result<std::unique_ptr<HerdBookTx>> BeginHerdBook() override {
    HERDFLOW_ASSIGN(auto tx, ForwardingStore::BeginHerdBook());
    return std::make_unique<HerdBook>(*this, std::move(tx));
  }
  Result<std::unique_ptr<FeedTx>> BeginFeed(const DerivedTable& table) override {
    HERDFLOW_ASSIGN(auto tx, ForwardingStore::BeginFeed(table));
    return std::make_unique<Feeding>(*this, std::move(tx));
  }

 protected:
  Result<> Before() override { return Live(); }

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
  template <class Forwarding, class Tx>
  class Meddled : public Forwarding {
   public:
    Meddled(MeddlingStore& owner, std::unique_ptr<Tx> tx)
        : Forwarding(std::move(tx)), owner_(owner) {}
    Result<> Commit() override {
      const auto live = owner_.Live();
      if (!live && !owner_.commit_happens) return live;
      HERDFLOW_CHECK(this->tx().Commit());
      if (live) return {};
      return Fail(ErrorCode::kTimeout, "{}, when it was committed", live.error().message());
    }

   protected:
    Result<> Before() override { return owner_.Live(); }

    MeddlingStore& owner_;
  };

  class HerdBook : public Meddled<ForwardingHerdBookTx, HerdBookTx> {
   public:
    using Meddled::Meddled;
    Result<std::vector<UnjudgedRecord>> ReadBronze(Topic topic, std::size_t max) override {
      return Meddled::ReadBronze(topic, std::min(max, owner_.max_records));
    }
  };

  class Feeding : public Meddled<ForwardingFeedTx, FeedTx> {
   public:
    using Meddled::Meddled;
    Result<std::optional<Block>> Next(std::size_t max) override {
      return Meddled::Next(std::min(max, owner_.max_feed_rows));
    }
  };

  int calls_left_ = kNever;
};

}  // namespace herdflow::pipeline::testing
