#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "herdflow/core/result.hpp"
#include "herdflow/herd/aggregates.hpp"
#include "herdflow/herd/measure.hpp"
#include "herdflow/pipeline/rows.hpp"

/// What gold derives from silver: tables that one feed keeps up to date, each of them a file in
/// `tables/` and its DDL.
namespace herdflow::pipeline {

/// Which row of a derived table. What its table has not in its key is 0.
struct DerivedKey {
  FarmRef farm{};
  FarmDay day;  ///< Of a period: its first.
  CowRef cow{};
  SensorRef sensor{};

  auto operator<=>(const DerivedKey&) const = default;
};

inline constexpr std::size_t kMostValues = 8;
/// A value that is not there.
inline constexpr std::int64_t kNoValue = std::numeric_limits<std::int64_t>::min();

/// A row of any derived table, as the store reads and writes it: the key, and as many values as its
/// table has columns, in their order; the others are 0.
struct DerivedRow {
  DerivedKey key;
  std::array<std::int64_t, kMostValues> values{};

  bool operator==(const DerivedRow&) const = default;
};

/// Cows from one to another, both included. The integers of cows of several farms may alternate.
struct CowRange {
  CowRef first{};
  CowRef last{};
};
inline constexpr CowRange kAllCows{CowRef{1}, CowRef{std::numeric_limits<std::int32_t>::max()}};

class DerivedTable;

/// A piece of what a table has to compute: whole, every row that some cows of a farm have in a
/// period; else what changed.
struct Block {
  FarmRef farm{};
  /// Not whole, only of a table that chains: from the first day that changed to the last that the
  /// table before it has.
  herd::Period period;
  std::vector<CowRange> cows;  ///< Ascending. Of a whole one.
  bool whole = false;
  std::vector<DerivedKey> keys;  ///< Ascending, each once, of any periods. Whole: of a table
                                 ///< without cows the one of its period.
};

/// What a table makes of a block: what it speaks for, and the rows of that which there are.
struct Derived {
  std::vector<DerivedKey> keys;  ///< Ascending, each once. Of a block that is whole: none needed.
  std::vector<DerivedRow> rows;  ///< By key ascending.
};

/// What a table may read, all of one snapshot. Threads: one. No promise of an order but where it is
/// said.
class FeedReads {
 public:
  struct Reading {
    FarmDay day;
    CowRef cow{};
    SensorRef sensor{};
    Instant at;
    std::int64_t value_millionths = 0;
  };
  /// What a value of all rows of a farm's day is together.
  struct DaySum {
    FarmDay day;
    std::string_view value;  ///< Which column.
    std::int64_t total = 0;
    std::int64_t positive = 0;  ///< In how many rows it is more than 0.
  };
  using EachReading = std::function<Result<>(const Reading&)>;
  using EachRow = std::function<Result<>(const DerivedRow&)>;
  using EachSum = std::function<Result<>(const DaySum&)>;

  virtual ~FeedReads() = default;

  /// The accepted readings of a block of days: of its cows or of the keys' cows, whatever sensor.
  virtual Result<> ReadReadings(const Block& block, const EachReading& each) = 0;
  /// The rows of a block, in its period or in the periods of its keys: of the tables that this one
  /// reads, or its own.
  virtual Result<> ReadRows(const DerivedTable& of, const Block& block, const EachRow& each) = 0;
  /// Of the days of a block's keys, the sums of a table's `summed` values over all cows; what is
  /// not given is 0. Costs as little as a row each.
  virtual Result<> SumDays(const DerivedTable& of, const Block& block, const EachSum& each) = 0;
  /// Readings of this day that were refused, by a message that no newer version overtook.
  virtual Result<std::int64_t> CountRefused(FarmRef farm, FarmDay day) = 0;
  virtual Result<herd::Measure> MeasureOf(SensorRef sensor) = 0;
  /// The view lives as long as the snapshot.
  virtual Result<std::string_view> IdOf(SensorRef sensor) = 0;
};

/// One derived table: what it is called, what its keys are, what it reads and what it computes.
/// Threads: any.
class DerivedTable {
 public:
  struct Shape {
    std::string_view task;   ///< The task that keeps it: `daily_aggregation`.
    std::string_view table;  ///< The view of gold: `measurements_daily_aggregations`; its rows
                             ///< are in `<table>_rows`.
    std::string_view description;  ///< For people.
    std::string_view day_column;
    bool by_cow = true;     ///< Else a row a farm and day.
    bool by_sensor = true;  ///< Else a row a cow and day.
    herd::PeriodKind period = herd::PeriodKind::kDay;
    /// A day's row depends on that of the day before: a change goes on to the last day.
    bool chains = false;
    bool counts_refused = false;           ///< It depends on the quarantine, too.
    std::vector<std::string_view> values;  ///< Columns.
    /// Those of them that FeedReads::SumDays gives. Of a table by day and cow.
    std::vector<std::string_view> summed = {};
    /// The tables that it is made from, the first of which has all of its keys; none: silver.
    std::vector<const DerivedTable*> reads;
  };

  explicit DerivedTable(Shape shape) : shape_(std::move(shape)) {}
  virtual ~DerivedTable() = default;
  DerivedTable(const DerivedTable&) = delete;
  DerivedTable& operator=(const DerivedTable&) = delete;

  [[nodiscard]] const Shape& shape() const { return shape_; }
  virtual Result<Derived> Compute(FeedReads& reads, const Block& block) const = 0;

 private:
  Shape shape_;
};

/// All of them; each stands behind those that it reads.
[[nodiscard]] std::span<const DerivedTable* const> DerivedTables();
/// nullptr: none has this task.
[[nodiscard]] const DerivedTable* FindDerivedTable(std::string_view task);

/// By sensor, cow and day, week, month or year.
[[nodiscard]] const DerivedTable& SensorPeriods(herd::PeriodKind kind);
/// Milk and weight of each cow and day.
[[nodiscard]] const DerivedTable& CowDays();
/// A farm's day.
[[nodiscard]] const DerivedTable& HerdDays();
/// The mean of a cow's milk over the days with milk in a row.
[[nodiscard]] const DerivedTable& CowMilkMeans();

}  // namespace herdflow::pipeline
