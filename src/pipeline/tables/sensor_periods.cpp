#include <algorithm>
#include <array>

#include "herdflow/pipeline/derived_table.hpp"

namespace herdflow::pipeline {
namespace {

using herd::PeriodKind;
using herd::Statistics;

/// The columns of a row.
Statistics StatisticsIn(const DerivedRow& row) {
  const auto& values = row.values;
  return {values[3], values[0], values[1], values[2]};
}
DerivedRow RowOf(const DerivedKey& key, const Statistics& of) {
  return {key, {of.sum_millionths, of.min_millionths, of.max_millionths, of.count}};
}

/// Statistics of some part of a row, many to a row.
struct Part {
  DerivedKey row;
  Statistics statistics;
};

/// Collects parts and makes rows of them. What comes one after another for the same row, as it does
/// where the store reads in order, takes the place of one part.
class Parts {
 public:
  Statistics& Of(const DerivedKey& row) {
    if (parts_.empty() || parts_.back().row != row) parts_.push_back({row, {}});
    return parts_.back().statistics;
  }

  /// The rows of the block.
  std::vector<DerivedRow> Rows(const Block& block) {
    const auto before = [](const Part& a, const Part& b) { return a.row < b.row; };
    if (!std::is_sorted(parts_.begin(), parts_.end(), before)) {
      std::sort(parts_.begin(), parts_.end(), before);
    }
    std::vector<DerivedRow> rows;
    auto asked = block.keys.begin();
    for (auto part = parts_.begin(); part != parts_.end();) {
      const DerivedKey at = part->row;
      Statistics all;
      for (; part != parts_.end() && part->row == at; ++part) all.Add(part->statistics);
      if (!block.whole) {
        while (asked != block.keys.end() && *asked < at) ++asked;
        if (asked == block.keys.end() || *asked != at) continue;
      }
      rows.push_back(RowOf(at, all));
    }
    return rows;
  }

 private:
  std::vector<Part> parts_;
};

struct Names {
  std::string_view task, table, description;
};
constexpr std::array<Names, 4> kNames{{
    {"daily_aggregation", "measurements_daily_aggregations",
     "silver to gold: by sensor, cow and day"},
    {"weekly_aggregation", "measurements_weekly_aggregations",
     "gold's days to gold: by sensor, cow and ISO week"},
    {"monthly_aggregation", "measurements_monthly_aggregations",
     "gold's days to gold: by sensor, cow and month"},
    {"yearly_aggregation", "measurements_yearly_aggregations",
     "gold's months to gold: by sensor, cow and year"},
}};

template <PeriodKind kKind>
const DerivedTable& Table();

DerivedTable::Shape ShapeOf(PeriodKind kind) {
  const Names& names = kNames.at(static_cast<std::size_t>(kind));
  DerivedTable::Shape shape;
  shape.task = names.task;
  shape.table = names.table;
  shape.description = names.description;
  shape.day_column = "first_day";
  shape.period = kind;
  shape.values = {"value_sum", "value_min", "value_max", "records_count"};
  if (kind == PeriodKind::kDay) shape.summed = {"records_count"};
  // Sums of sums are exact, so that a reading costs its day and the days or months beside it.
  if (kind == PeriodKind::kYear) {
    shape.reads = {&Table<PeriodKind::kMonth>()};
  } else if (kind != PeriodKind::kDay) {
    shape.reads = {&Table<PeriodKind::kDay>()};
  }
  return shape;
}

class SensorPeriodTable final : public DerivedTable {
 public:
  explicit SensorPeriodTable(PeriodKind kind) : DerivedTable(ShapeOf(kind)) {}

  Result<Derived> Compute(FeedReads& reads, const Block& block) const override {
    Parts parts;
    if (shape().reads.empty()) {
      HERDFLOW_CHECK(reads.ReadReadings(block, [&](const FeedReads::Reading& reading) -> Result<> {
        parts.Of({block.farm, reading.day, reading.cow, reading.sensor})
            .Add(reading.value_millionths);
        return {};
      }));
    } else {
      HERDFLOW_CHECK(
          reads.ReadRows(*shape().reads.front(), block, [&](const DerivedRow& row) -> Result<> {
            const FarmDay day = block.whole ? block.period.first
                                            : herd::PeriodOf(shape().period, row.key.day).first;
            parts.Of({block.farm, day, row.key.cow, row.key.sensor}).Add(StatisticsIn(row));
            return {};
          }));
    }
    return Derived{block.keys, parts.Rows(block)};
  }
};

template <PeriodKind kKind>
const DerivedTable& Table() {
  static const SensorPeriodTable kTable(kKind);
  return kTable;
}

}  // namespace

const DerivedTable& SensorPeriods(PeriodKind kind) {
  switch (kind) {
    case PeriodKind::kWeek:
      return Table<PeriodKind::kWeek>();
    case PeriodKind::kMonth:
      return Table<PeriodKind::kMonth>();
    case PeriodKind::kYear:
      return Table<PeriodKind::kYear>();
    case PeriodKind::kDay:
      break;
  }
  return Table<PeriodKind::kDay>();
}

}  // namespace herdflow::pipeline
