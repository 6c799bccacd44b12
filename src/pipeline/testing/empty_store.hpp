#pragma once

// A store without anything in it, for tests of what asks one: each overrides what it needs.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "herdflow/pipeline/layer_store.hpp"
#include "herdflow/pipeline/store_queries.hpp"

namespace herdflow::pipeline::testing {

class EmptyHerd : public HerdQueries {
 public:
  Result<std::vector<FarmView>> ListFarms() override { return std::vector<FarmView>(); }
  Result<std::optional<FarmView>> FindFarm(std::string_view) override {
    return std::optional<FarmView>();
  }
  Result<std::optional<CowView>> FindCow(std::string_view, std::string_view) override {
    return std::optional<CowView>();
  }
  Result<std::optional<FarmRevisions>> ReadRevisions(std::string_view, herd::Period) override {
    return std::optional<FarmRevisions>();
  }
  Result<std::int64_t> ReadRevisionOfFarms() override { return 0; }
};

class EmptyReports : public ReportQueries {
 public:
  Result<ReportData> ReadReportData(std::string_view, FarmDay) override { return ReportData(); }
  Result<std::optional<herd::DataRange>> ReadDataRange(std::string_view) override {
    return std::optional<herd::DataRange>();
  }
};

class EmptyOperations : public OperationsQueries {
 public:
  Result<std::vector<PartitionProgress>> ReadProgress() override {
    return std::vector<PartitionProgress>();
  }
  Result<StoreStatus> ReadStatus() override { return StoreStatus(); }
  Result<StoreAudit> Audit() override { return StoreAudit(); }
  Result<FarmStatus> ReadFarmStatus(std::string_view) override { return FarmStatus(); }
};

/// Nothing can be done with it.
class NoStore : public LayerStore {
 public:
  [[nodiscard]] const std::string& id() const override { return id_; }
  Result<PartitionClaim> Claim(const Assigned::Partition&, std::int64_t,
                               std::string_view) override {
    return None();
  }
  Result<> Adopt(const Assigned::Partition&, std::int64_t) override { return None(); }
  Result<std::unique_ptr<LoadTx>> BeginLoad() override { return None(); }
  Result<std::unique_ptr<CleanseTx>> BeginCleanse() override { return None(); }
  Result<std::unique_ptr<CleanseAhead>> BeginCleanseAhead() override { return None(); }
  Result<std::unique_ptr<HerdBookTx>> BeginHerdBook() override { return None(); }
  Result<std::unique_ptr<FeedTx>> BeginFeed(const DerivedTable&) override { return None(); }
  Result<> RequestRebuild(const std::optional<DayRange>&) override { return None(); }
  Result<CowReservation> ReserveCow(const CowWish&) override { return None(); }

 private:
  static tl::unexpected<Error> None() { return Fail(ErrorCode::kInternal, "no store"); }

  const std::string id_ = "none";
};

}  // namespace herdflow::pipeline::testing
