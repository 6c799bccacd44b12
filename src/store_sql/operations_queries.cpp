#include "herdflow/pipeline/operations_queries.hpp"

#include <map>
#include <utility>

#include "queries.hpp"
#include "transactions.hpp"

namespace herdflow::store_sql {
namespace {

using pipeline::PartitionProgress;
using pipeline::StoreStatus;

template <class Each>
Result<> ForEachRow(Session& session, const Sql& sql, Each each) {
  HERDFLOW_ASSIGN(Statement * read, session.Get(sql));
  return store_sql::ForEachRow(*read, each);
}

/// Rows of one farm.
template <class Each>
Result<> ForEachRow(Session& session, const Sql& sql, std::int64_t farm, Each each) {
  HERDFLOW_ASSIGN(Statement * read, session.Get(sql));
  return store_sql::ForEachRow(read->Bind(1, farm), each);
}

std::string StateIn(const Statement& row) {
  return std::string(Name(static_cast<pipeline::ReadingState>(row.Int(0))));
}

/// One row of read_progress, and the stream's integer.
struct Progress {
  PartitionProgress at;
  std::int64_t stream = 0;
};

Result<std::vector<Progress>> FindProgress(Session& session) {
  std::vector<Progress> all;
  HERDFLOW_ASSIGN(Statement * read, session.Get(sql::kReadProgress));
  read->Bind(1, kConsumerGroup);
  while (true) {
    HERDFLOW_ASSIGN(const bool there, read->Step());
    if (!there) return all;
    PartitionProgress at;
    at.topic = read->Bytes(0);
    at.stream_id = read->Bytes(1);
    at.partition = static_cast<std::int32_t>(read->Int(2));
    at.first_offset = read->Int(3);
    at.next_offset = read->Int(4);
    at.holes = read->Int(5);
    at.judged_offset = read->Int(6);
    at.log_id = read->Bytes(8);
    at.last_hash = HashIn(read->Bytes(9));
    at.hidden = read->Int(10);
    at.last_offset = read->Int(11);
    at.owner = read->Bytes(12);
    at.claimed_at = MaybeInstantIn(*read, 13);
    // Of the streams of one partition, oldest first, the last one is loaded now.
    if (!all.empty()) {
      PartitionProgress& before = all.back().at;
      before.current = before.topic != at.topic || before.partition != at.partition;
    }
    all.push_back({std::move(at), read->Int(7)});
  }
}

class SqlOperationsQueries final : public pipeline::OperationsQueries {
 public:
  explicit SqlOperationsQueries(std::shared_ptr<ReadSessions> sessions)
      : sessions_(std::move(sessions)) {}

  Result<std::vector<PartitionProgress>> ReadProgress() override {
    HERDFLOW_ASSIGN(const auto snapshot, sessions_->BeginRead());
    HERDFLOW_ASSIGN(auto all, FindProgress(snapshot->session()));
    std::vector<PartitionProgress> progress;
    for (Progress& each : all) progress.push_back(std::move(each.at));
    return progress;
  }

  Result<StoreStatus> ReadStatus() override {
    HERDFLOW_ASSIGN(const auto snapshot, sessions_->BeginRead());
    Session& session = snapshot->session();
    StoreStatus status;
    HERDFLOW_CHECK(ForEachRow(session, sql::kCountRows, [&](const Statement& row) {
      status.tables.push_back({std::string(row.Bytes(0)), row.Int(1)});
    }));
    HERDFLOW_CHECK(ForEachRow(session, sql::kCountReadingsByState, [&](const Statement& row) {
      status.silver_by_state[StateIn(row)] = row.Int(1);
    }));
    HERDFLOW_CHECK(ForEachRow(session, sql::kCountQuarantineByCode, [&](const Statement& row) {
      status.quarantine_by_code[std::string(row.Bytes(0))] = row.Int(1);
    }));
    HERDFLOW_CHECK(
        ForEachRow(session, sql::kCountQuarantineOfUnknownFarms, [&](const Statement& row) {
          status.unknown_farms[std::string(row.Bytes(0))] = row.Int(1);
        }));
    HERDFLOW_CHECK(ForEachRow(session, sql::kCountRejudgeRequests,
                              [&](const Statement& row) { status.rejudge_requests = row.Int(0); }));
    HERDFLOW_CHECK(ForEachRow(session, sql::kCountDirtyDays,
                              [&](const Statement& row) { status.dirty_days = row.Int(0); }));
    std::map<std::pair<std::int64_t, std::int64_t>, std::int64_t> bronze_rows;
    HERDFLOW_CHECK(ForEachRow(session, sql::kCountBronzeRows, [&](const Statement& row) {
      bronze_rows[{row.Int(0), row.Int(1)}] = row.Int(2);
    }));
    HERDFLOW_ASSIGN(const auto all, FindProgress(session));
    for (const auto& [at, stream] : all) {
      status.partitions.push_back({at, bronze_rows[{stream, at.partition}]});
    }
    return status;
  }

  Result<pipeline::FarmStatus> ReadFarmStatus(std::string_view farm) override {
    HERDFLOW_ASSIGN(const auto snapshot, sessions_->BeginRead());
    Session& session = snapshot->session();
    pipeline::FarmStatus status;
    HERDFLOW_ASSIGN(const auto ref, FindFarmRef(session, farm));
    if (!ref) return status;
    HERDFLOW_CHECK(ForEachRow(session, sql::kCountRowsOfFarm, *ref, [&](const Statement& row) {
      status.cows = row.Int(0);
      status.sensors = row.Int(1);
    }));
    HERDFLOW_CHECK(ForEachRow(session, sql::kCountReadingsOfFarm, *ref, [&](const Statement& row) {
      status.silver_by_state[StateIn(row)] = row.Int(1);
    }));
    HERDFLOW_CHECK(
        ForEachRow(session, sql::kCountQuarantineOfFarm, *ref, [&](const Statement& row) {
          status.quarantine_by_code[std::string(row.Bytes(0))] = row.Int(1);
        }));
    HERDFLOW_ASSIGN(status.data, FindDataRange(session, *ref));
    return status;
  }

 private:
  std::shared_ptr<ReadSessions> sessions_;
};

}  // namespace

std::unique_ptr<pipeline::OperationsQueries> MakeOperationsQueries(
    std::shared_ptr<ReadSessions> sessions) {
  return std::make_unique<SqlOperationsQueries>(std::move(sessions));
}

}  // namespace herdflow::store_sql
