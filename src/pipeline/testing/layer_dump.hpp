#pragma once

// What a layer store holds, as lines that compare and read well: ids and not integers, and none of
// the columns that may depend on how a store got there (version, receipt, the integers themselves).

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "herdflow/core/time.hpp"
#include "herdflow/herd/aggregates.hpp"
#include "herdflow/pipeline/layer_store.hpp"
#include "herdflow/pipeline/run_ledger.hpp"
#include "herdflow/pipeline/store_queries.hpp"

namespace herdflow::pipeline::testing {

using Lines = std::vector<std::string>;
using Cells = std::vector<std::string>;

struct StoreSettings {
  herd::FarmRules default_farm;
  std::int64_t rules_code = herd::RulesCode();
  StoreUse use = StoreUse::kJudge;
};

/// An empty store of its own, and the ways to it.
class LayerStoreFixture {
 public:
  virtual ~LayerStoreFixture() = default;
  /// A connection of its own, as another process would have.
  virtual Result<std::unique_ptr<LayerStore>> Open(const StoreSettings& settings) = 0;
  /// REQUIRES: the store was opened before.
  virtual StoreQueries Queries() = 0;
  /// REQUIRES: the store was opened before.
  virtual std::unique_ptr<RunLedger> Ledger() = 0;
  /// Rows of a statement of `columns` columns as text, NULL as "-". `{bronze}`, `{silver}`,
  /// `{gold}` and `{ops}` stand for what precedes a table's name. Other statements: 0 columns.
  virtual std::vector<Cells> Query(std::string_view sql, int columns) = 0;
};
/// Makes one; nullptr where the server that it needs does not run.
using MakeLayerStoreFixture = std::function<std::unique_ptr<LayerStoreFixture>()>;

/// What a test does whose server does not run: says so aloud, and fails where CI runs it.
inline void SkipWithoutServer() {
  constexpr const char* kReason =
      "its server does not run: start it by deploy/local/up, and set TEST_STACK to its folder";
  if (std::getenv("CI") != nullptr) FAIL() << kReason;
  GTEST_SKIP() << kReason;
}

inline std::int64_t Number(const std::string& cell) {
  return std::strtoll(cell.c_str(), nullptr, 10);
}
inline std::string DateCell(const std::string& days) {
  return days == "-" ? days : FormatDate(FarmDay{static_cast<std::int32_t>(Number(days))});
}
inline std::string TimeCell(const std::string& micros) {
  return micros == "-" ? micros : FormatInstant(FromMicros(Number(micros)));
}
/// `12.5`: millionths as a person writes them.
inline std::string ValueCell(const std::string& millionths) {
  if (millionths == "-") return millionths;
  const std::int64_t value = Number(millionths);
  std::string text = fmt::format("{}.{:06}", value / herd::kMillion, value % herd::kMillion);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

/// What the integers of cows or of sensors stand for: `<id>`, and before it `<farm>/`, but for
/// `default`. A row that is another farm's says so.
class IdNames {
 public:
  /// `of`: `cow` or `sensor`.
  IdNames(LayerStoreFixture& store, std::string_view of) {
    for (const Cells& row :
         store.Query(fmt::format("SELECT i.id, i.text_id, f.farm_id, i.farm FROM {{ops}}{0}_ids i"
                                 " JOIN {{ops}}farm_ids f ON f.id = i.farm",
                                 of),
                     4)) {
      names_[row[0]] = row[2] == herd::kDefaultFarm ? row[1] : row[2] + "/" + row[1];
      farms_[row[0]] = row[3];
    }
  }
  [[nodiscard]] std::string operator()(const std::string& ref) const {
    const auto name = names_.find(ref);
    return name == names_.end() ? ref : name->second;
  }
  [[nodiscard]] std::string operator()(const std::string& ref, const std::string& farm) const {
    const auto its = farms_.find(ref);
    const bool same = its != farms_.end() && its->second == farm;
    return same ? (*this)(ref) : fmt::format("{} (of farm {})", (*this)(ref), farm);
  }

 private:
  std::map<std::string, std::string> names_;
  std::map<std::string, std::string> farms_;
};

/// `<cow> <sensor> <time> <value> <state>`.
inline Lines SilverLines(LayerStoreFixture& store) {
  const IdNames cows(store, "cow");
  const IdNames sensors(store, "sensor");
  Lines lines;
  for (const Cells& row :
       store.Query("SELECT r.cow_id, r.sensor_id, r.timestamp, r.value, r.state, r.farm_day, r.farm"
                   " FROM {silver}measurements_rows r",
                   7)) {
    const auto state = static_cast<ReadingState>(Number(row[4]));
    lines.push_back(fmt::format("{} {} {} {} {} on {}", cows(row[0], row[6]), sensors(row[1]),
                                TimeCell(row[2]), ValueCell(row[3]), Name(state),
                                DateCell(row[5])));
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

inline std::string_view StatusName(std::int64_t status) {
  switch (static_cast<QuarantineStatus>(status)) {
    case QuarantineStatus::kOpen:
      return "open";
    case QuarantineStatus::kSuperseded:
      return "superseded";
    case QuarantineStatus::kDismissed:
      return "dismissed";
  }
  return "unknown";
}

/// `<topic>/<partition>/<offset> <code> <field> <status> of <cow> <sensor> <time>`.
inline Lines QuarantineLines(LayerStoreFixture& store) {
  const IdNames cows(store, "cow");
  const IdNames sensors(store, "sensor");
  Lines lines;
  for (const Cells& row :
       store.Query("SELECT t.topic, r.topic_partition, r.topic_offset, r.code, r.field, r.status,"
                   " r.cow_id, r.sensor_id, r.timestamp FROM {silver}quarantine_rows r"
                   " JOIN {ops}streams t ON t.id = r.stream_id",
                   9)) {
    lines.push_back(fmt::format("{}/{}/{} {} {} {} of {} {} {}", row[0], row[1], row[2], row[3],
                                row[4].empty() ? "-" : row[4], StatusName(Number(row[5])),
                                cows(row[6]), sensors(row[7]), TimeCell(row[8])));
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

/// `<table> <cow> <first day> <sensor> <count> readings: sum, min, max`.
inline Lines AggregateLines(LayerStoreFixture& store, std::string_view kind) {
  const IdNames cows(store, "cow");
  const IdNames sensors(store, "sensor");
  Lines lines;
  for (const Cells& row : store.Query(
           fmt::format("SELECT r.cow_id, r.first_day, r.sensor_id, r.records_count, r.value_sum,"
                       " r.value_min, r.value_max, r.farm"
                       " FROM {{gold}}measurements_{}_aggregations_rows r",
                       kind),
           8)) {
    lines.push_back(fmt::format("{} {} {} {} count {} sum {} min {} max {}", kind,
                                cows(row[0], row[7]), DateCell(row[1]), sensors(row[2]), row[3],
                                ValueCell(row[4]), ValueCell(row[5]), ValueCell(row[6])));
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

/// `<cow> <day> milk <sum>/<count> weight <sum>/<count> last <weight> at <time>`.
inline Lines CowDayLines(LayerStoreFixture& store) {
  const IdNames cows(store, "cow");
  Lines lines;
  for (const Cells& row : store.Query(
           "SELECT r.cow_id, r.farm_day, r.milk_sum, r.milk_count, r.weight_sum, r.weight_count,"
           " r.last_weight, r.last_weight_at, r.farm FROM {gold}cow_daily_metrics_rows r",
           9)) {
    lines.push_back(fmt::format("{} {} milk {}/{} weight {}/{} last {} at {}", cows(row[0], row[8]),
                                DateCell(row[1]), ValueCell(row[2]), row[3], ValueCell(row[4]),
                                row[5], ValueCell(row[6]), TimeCell(row[7])));
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

/// `<farm>/herd <day> milk <sum> of <cows> weight <sum> of <cows> readings <n> refused <n>`.
inline Lines HerdDayLines(LayerStoreFixture& store) {
  Lines lines;
  for (const Cells& row : store.Query("SELECT COALESCE(f.farm_id, r.farm), r.farm_day, r.milk_sum, "
                                      "r.cows_milked, r.weight_sum, r.cows_weighed,"
                                      " r.readings, r.refused FROM {gold}herd_days_rows r"
                                      " LEFT JOIN {ops}farm_ids f ON f.id = r.farm",
                                      8)) {
    lines.push_back(fmt::format("{}herd {} milk {} of {} weight {} of {} readings {} refused {}",
                                row[0] == "default" ? "" : row[0] + "/", DateCell(row[1]),
                                ValueCell(row[2]), row[3], ValueCell(row[4]), row[5], row[6],
                                row[7]));
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

/// `<cow> <day> milk <sum> of <n> days`.
inline Lines MilkMeanLines(LayerStoreFixture& store) {
  const IdNames cows(store, "cow");
  Lines lines;
  for (const Cells& row : store.Query("SELECT r.cow_id, r.farm_day, r.milk_sum, r.milk_days, r.farm"
                                      " FROM {gold}cow_milk_means_rows r",
                                      5)) {
    lines.push_back(fmt::format("{} {} milk {} of {} days", cows(row[0], row[4]), DateCell(row[1]),
                                ValueCell(row[2]), row[3]));
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

/// `<id> <name> born <date>`.
inline Lines CowLines(LayerStoreFixture& store) {
  const IdNames cows(store, "cow");
  Lines lines;
  for (const Cells& row :
       store.Query("SELECT r.cow_id, r.name, r.birthdate FROM {gold}cows_rows r", 3)) {
    lines.push_back(fmt::format("{} {} born {}", cows(row[0]), row[1], DateCell(row[2])));
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

/// `<id> <unit> <kind>`, the last as "-" where none was said.
inline Lines SensorLines(LayerStoreFixture& store) {
  const IdNames sensors(store, "sensor");
  Lines lines;
  for (const Cells& row : store.Query("SELECT r.sensor_id, r.unit, r.kind"
                                      " FROM {gold}sensors_rows r",
                                      3)) {
    lines.push_back(fmt::format("{} {} {}", sensors(row[0]), row[1], row[2]));
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

/// `<id> <name> in <zone> litres <min> to <max> kilograms <min> to <max> density <kg/L>`, and
/// `, closed`.
inline Lines FarmLines(LayerStoreFixture& store) {
  Lines lines;
  for (const Cells& row : store.Query(
           "SELECT f.farm_id, r.name, r.time_zone, r.litre_min, r.litre_max, r.kilogram_min,"
           " r.kilogram_max, r.milk_density, r.closed_at FROM {gold}farms_rows r"
           " JOIN {ops}farm_ids f ON f.id = r.farm WHERE r.state_version IS NOT NULL",
           9)) {
    lines.push_back(fmt::format("{} {} in {} litres {} to {} kilograms {} to {} density {}{}",
                                row[0], row[1], row[2], ValueCell(row[3]), ValueCell(row[4]),
                                ValueCell(row[5]), ValueCell(row[6]), ValueCell(row[7]),
                                row[8] == "-" ? "" : ", closed"));
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

/// `<cow> <sensor> <time> of <partition>/<offset>, unit known|unknown`.
inline Lines WaitingLines(LayerStoreFixture& store) {
  const IdNames cows(store, "cow");
  const IdNames sensors(store, "sensor");
  Lines lines;
  for (const Cells& row :
       store.Query("SELECT r.cow_id, r.sensor_id, r.timestamp, r.topic_partition, r.topic_offset,"
                   " r.unit_known FROM {ops}waiting_versions r",
                   6)) {
    lines.push_back(fmt::format("{} {} {} of {}/{}, unit {}", cows(row[0]), sensors(row[1]),
                                TimeCell(row[2]), row[3], row[4],
                                row[5] == "1" ? "known" : "unknown"));
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

/// `<cow> <sensor> <time> of <partition>/<offset>`.
inline Lines DisplacedLines(LayerStoreFixture& store) {
  const IdNames cows(store, "cow");
  const IdNames sensors(store, "sensor");
  Lines lines;
  for (const Cells& row :
       store.Query("SELECT r.cow_id, r.sensor_id, r.timestamp, r.topic_partition, r.topic_offset"
                   " FROM {ops}displaced_versions r",
                   5)) {
    lines.push_back(fmt::format("{} {} {} of {}/{}", cows(row[0]), sensors(row[1]),
                                TimeCell(row[2]), row[3], row[4]));
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

/// `<cow> <sensor> <time> from <partition>/<offset>, received <first> to <newest>`.
inline Lines ReceiptLines(LayerStoreFixture& store) {
  const IdNames cows(store, "cow");
  const IdNames sensors(store, "sensor");
  Lines lines;
  for (const Cells& row :
       store.Query("SELECT r.cow_id, r.sensor_id, r.timestamp, r.topic_partition, r.topic_offset,"
                   " r.created_at, r.updated_at"
                   " FROM {silver}measurements_rows r",
                   7)) {
    lines.push_back(fmt::format("{} {} {} from {}/{}, received {} to {}", cows(row[0]),
                                sensors(row[1]), TimeCell(row[2]), row[3], row[4], TimeCell(row[5]),
                                TimeCell(row[6])));
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

/// Everything that must not depend on order and batches, one line a row, each naming its table.
inline Lines DumpLayers(LayerStoreFixture& store) {
  Lines dump;
  const auto add = [&dump](std::string_view table, const Lines& lines) {
    for (const std::string& line : lines) dump.push_back(fmt::format("{}: {}", table, line));
  };
  add("silver", SilverLines(store));
  add("quarantine", QuarantineLines(store));
  for (const char* kind : {"daily", "weekly", "monthly", "yearly"}) {
    add("gold", AggregateLines(store, kind));
  }
  add("cow day", CowDayLines(store));
  add("herd day", HerdDayLines(store));
  add("milk mean", MilkMeanLines(store));
  add("cow", CowLines(store));
  add("sensor", SensorLines(store));
  add("farm", FarmLines(store));
  add("waiting", WaitingLines(store));
  add("displaced", DisplacedLines(store));
  add("receipt", ReceiptLines(store));
  return dump;
}

}  // namespace herdflow::pipeline::testing
