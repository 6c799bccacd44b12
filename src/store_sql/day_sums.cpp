#include "day_sums.hpp"

#include <algorithm>
#include <limits>
#include <string>
#include <tuple>

#include "derived_rows.hpp"
#include "derived_statements.hpp"
#include "herdflow/store_sql/columns.hpp"
#include "row_writer.hpp"

namespace herdflow::store_sql {
namespace {

using Sum = std::pair<std::int64_t, std::int64_t>;  // Total, and in how many rows it is positive.

}  // namespace

using pipeline::DayRange;
using pipeline::DerivedKey;
using pipeline::DerivedRow;
using pipeline::DerivedTable;
using pipeline::FeedReads;

DaySumChanges::DaySumChanges(const DerivedTable& table) : table_(table) {
  const auto& [values, summed] = std::tie(table.shape().values, table.shape().summed);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::find(summed.begin(), summed.end(), values[i]) != summed.end()) columns_.push_back(i);
  }
}

void DaySumChanges::Change(const DerivedRow& row, std::int64_t sign) {
  if (columns_.empty()) return;
  auto& sums = sums_[{row.key.farm, row.key.day}];
  sums.resize(columns_.size());
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const std::int64_t value = row.values.at(columns_[i]);
    if (value == pipeline::kNoValue) continue;
    sums[i].total += sign * value;
    sums[i].positive += value > 0 ? sign : 0;
  }
}

Result<> DaySumChanges::Write(WriteScope& scope) const {
  const auto& shape = table_.shape();
  RowWriter<6> add(scope.session(), sql::kAddDaySum);
  for (const auto& [day, sums] : sums_) {
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const auto& [total, positive] = sums[i];
      if (total == 0 && positive == 0) continue;
      HERDFLOW_CHECK(add.Add(
          {shape.table, day.first, day.second.days, shape.values[columns_[i]], total, positive}));
    }
  }
  return add.Finish();
}

Result<> ReadDaySums(Session& session, const DerivedTable& of, std::span<const DerivedKey> days,
                     const FeedReads::EachSum& each) {
  static constexpr Columns kOf(sql::kReadDaySums);
  std::vector<Value> values;
  for (const DerivedKey& key : days) {
    values.insert(values.end(), {of.shape().table, key.farm, key.day.days});
  }
  return session.ReadForKeys(sql::kReadDaySums, 3, values, [&](const Statement& row) {
    return each({DayOf(row.Int(kOf["farm_day"])), row.Bytes(kOf["value"]), row.Int(kOf["total"]),
                 row.Int(kOf["positive"])});
  });
}

Result<> SumDays(Session& session, const DerivedTable& of, std::span<const DerivedKey> days,
                 const FeedReads::EachSum& each) {
  for (const DerivedKey& key : days) {
    HERDFLOW_ASSIGN(Statement * read, session.Get(StatementsOf(of).sum_day.sql()));
    read->Bind(1, key.farm).Bind(2, key.day.days);
    std::vector<FeedReads::DaySum> sums;
    HERDFLOW_CHECK(ForEachRow(*read, [&](const Statement& row) {
      int column = 0;
      for (const std::string_view value : of.shape().summed) {
        sums.push_back({key.day, value, row.Int(column), row.Int(column + 1)});
        column += 2;
      }
    }));
    for (const auto& sum : sums) HERDFLOW_CHECK(each(sum));
  }
  return {};
}

Result<std::vector<FarmDay>> FindWrongSums(Session& session, const DerivedTable& of,
                                           std::span<const DerivedKey> days) {
  std::map<FarmDay, std::map<std::string, Sum>> kept, real;
  const auto into = [](auto& sums) {
    return [&sums](const FeedReads::DaySum& sum) -> Result<> {
      if (sum.total != 0 || sum.positive != 0) {
        sums[sum.day][std::string(sum.value)] = {sum.total, sum.positive};
      }
      return {};
    };
  };
  HERDFLOW_CHECK(ReadDaySums(session, of, days, into(kept)));
  HERDFLOW_CHECK(SumDays(session, of, days, into(real)));
  std::vector<FarmDay> wrong;
  for (const DerivedKey& key : days) {
    if (kept[key.day] != real[key.day]) wrong.push_back(key.day);
  }
  return wrong;
}

Result<> DropDaySums(WriteScope& scope, const DerivedTable& of,
                     const std::optional<DayRange>& days) {
  using Days = std::numeric_limits<std::int32_t>;
  HERDFLOW_ASSIGN(Statement * remove, scope.Get(sql::kDeleteDaySums));
  return remove->Bind(1, of.shape().table)
      .Bind(2, days ? days->first.days : Days::min())
      .Bind(3, days ? days->last.days : Days::max())
      .Run();
}

}  // namespace herdflow::store_sql
