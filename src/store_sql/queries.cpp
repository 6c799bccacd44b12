#include "queries.hpp"

#include "herdflow/store_sql/columns.hpp"
#include "herdflow/store_sql/store.hpp"

namespace herdflow::store_sql {

FarmDay DayIn(const Statement& row, int column) {
  return FarmDay{static_cast<std::int32_t>(row.Int(column))};
}

std::optional<Instant> MaybeInstantIn(const Statement& row, int column) {
  const auto micros = row.MaybeInt(column);
  return micros ? std::optional(FromMicros(*micros)) : std::nullopt;
}

Result<std::optional<std::int64_t>> FindFarmRef(Session& session, std::string_view farm) {
  HERDFLOW_ASSIGN(Statement * find, session.Get(sql::kFindFarmId));
  return FirstInt(find->Bind(1, farm));
}

Result<std::optional<herd::DataRange>> FindDataRange(Session& session, std::int64_t farm) {
  static constexpr Columns kOf(sql::kReadDataRange);
  HERDFLOW_ASSIGN(Statement * read, session.Get(sql::kReadDataRange));
  HERDFLOW_ASSIGN(const bool there, read->Bind(1, farm).Step());
  std::optional<herd::DataRange> range;
  if (!there) return range;
  if (!read->IsNull(kOf["oldest_day"])) {
    range = herd::DataRange{DayIn(*read, kOf["oldest_day"]), DayIn(*read, kOf["newest_day"])};
  }
  read->Reset();
  return range;
}

pipeline::StoreQueries MakeSqlQueries(const std::shared_ptr<ReadSessions>& sessions) {
  return {MakeHerdQueries(sessions), MakeReportQueries(sessions), MakeOperationsQueries(sessions)};
}

}  // namespace herdflow::store_sql
