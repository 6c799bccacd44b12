#include <algorithm>
#include <limits>
#include <type_traits>
#include <unordered_map>

#include "gold_rows.hpp"
#include "gold_tables.hpp"
#include "rejudge_queue.hpp"
#include "row_writer.hpp"
#include "transactions.hpp"
#include "unjudged.hpp"

namespace herdflow::store_sql {
namespace {

using pipeline::AggregateTask;
using pipeline::CowRef;
using pipeline::DirtyDay;
using pipeline::SensorRef;

/// A row of the task's table, and the days that it is computed from.
pipeline::SensorAggregate RowIn(const Statement& row, const pipeline::SensorAggregate& of) {
  return {CowRef{row.Int(0)},
          of.period,
          SensorRef{row.Int(2)},
          {row.Int(6), row.Int(3), row.Int(4), row.Int(5)}};
}
pipeline::CowDayRow RowIn(const Statement& row, const pipeline::CowDayRow& of) {
  pipeline::CowDayRow found{CowRef{row.Int(0)}, of.day, {}};
  found.metrics = {row.Int(2), row.Int(3), row.Int(4), row.Int(5), row.Int(6), {}};
  if (const auto at = row.MaybeInt(7)) found.metrics.last_weight_at = FromMicros(*at);
  return found;
}

herd::Period DaysOf(const pipeline::SensorAggregate& row) { return row.period; }
herd::Period DaysOf(const pipeline::CowDayRow& row) { return {row.day, row.day}; }

DirtyDay KeyOf(const pipeline::SensorAggregate& row) {
  return {row.cow, row.period.first, row.sensor};
}
DirtyDay KeyOf(const pipeline::CowDayRow& row) { return {row.cow, row.day, SensorRef{}}; }

bool IsEmpty(const pipeline::SensorAggregate& row) { return row.statistics.count == 0; }
bool IsEmpty(const pipeline::CowDayRow& row) { return row.metrics.empty(); }

bool IsSame(const pipeline::SensorAggregate& a, const pipeline::SensorAggregate& b) {
  return a.statistics == b.statistics;
}
bool IsSame(const pipeline::CowDayRow& a, const pipeline::CowDayRow& b) {
  return a.metrics == b.metrics;
}

/// A task has seen the notes up to chunk `position`. Where `last` is set it is going through those
/// up to `target`, and has done the keys up to that one.
struct Place {
  std::int64_t position = 0;
  std::int64_t target = 0;
  std::optional<DirtyDay> last;
};

class SqlAggregateTx final : public pipeline::AggregateTx {
 public:
  SqlAggregateTx(std::unique_ptr<WriteScope> scope, AggregateTask task)
      : scope_(std::move(scope)), task_(task) {}

  Result<std::vector<DirtyDay>> NextDirty(std::size_t max) override {
    HERDFLOW_ASSIGN(const bool waits, IsPassRequested(*scope_));
    if (waits) return std::vector<DirtyDay>{};
    HERDFLOW_CHECK(ReadPlace());
    HERDFLOW_ASSIGN(const std::int64_t newest, ReadChunkCounter(*scope_));
    while (true) {
      if (!place_.last) {
        if (place_.position == newest) {
          HERDFLOW_CHECK(DropSeenNotes(newest));
          return std::vector<DirtyDay>{};
        }
        place_.target = newest;
        place_.last = DirtyDay{CowRef{-1}, FarmDay{0}, SensorRef{-1}};
      }
      HERDFLOW_ASSIGN(auto days, ReadDirty(max));
      if (!days.empty()) {
        place_.last = days.back();
        HERDFLOW_CHECK(WritePlace());
        return days;
      }
      place_.position = place_.target;
      place_.last.reset();
      HERDFLOW_CHECK(WritePlace());
    }
  }

  Result<> Scan(CowRef cow, FarmDay first, FarmDay last,
                const std::function<void(const pipeline::AcceptedReading&)>& each) override {
    HERDFLOW_ASSIGN(Statement * scan, scope_->Get(sql::kScanAccepted));
    scan->Bind(1, cow).Bind(2, first.days).Bind(3, last.days);
    while (true) {
      HERDFLOW_ASSIGN(const bool there, scan->Step());
      if (!there) return {};
      each({FarmDay{static_cast<std::int32_t>(scan->Int(0))}, SensorRef{scan->Int(1)},
            FromMicros(scan->Int(2)), scan->Int(3)});
    }
  }

  Result<const SensorInfo*> Sensor(SensorRef sensor) override {
    if (const auto known = sensors_.find(sensor); known != sensors_.end()) return &known->second;
    HERDFLOW_ASSIGN(const TextId id, scope_->sensors().IdOf(static_cast<std::int64_t>(sensor)));
    HERDFLOW_ASSIGN(const auto measure, ReadMeasure(*scope_, sensor));
    SensorInfo info{std::string(id.text), measure.value_or(herd::Measure{})};
    return &sensors_.emplace(sensor, std::move(info)).first->second;
  }

  Result<> Replace(std::span<const pipeline::SensorAggregate> rows) override {
    const TableStatements names = StatementsOf(task_);
    RowWriter<7> write(scope_->session(), names.write);
    RowWriter<3> remove(scope_->session(), names.remove);
    for (const pipeline::SensorAggregate& row : rows) {
      const herd::Statistics& of = row.statistics;
      if (task_ == AggregateTask::kDaily) HERDFLOW_CHECK(NoteDaily(row));
      if (of.count == 0) {
        HERDFLOW_CHECK(remove.Add({row.cow, row.period.first.days, row.sensor}));
      } else {
        HERDFLOW_CHECK(write.Add({row.cow, row.period.first.days, row.sensor, of.sum_millionths,
                                  of.min_millionths, of.max_millionths, of.count}));
      }
    }
    HERDFLOW_CHECK(remove.Finish());
    HERDFLOW_CHECK(write.Finish());
    return ranges_.Write(*scope_);
  }

  Result<> Replace(std::span<const pipeline::CowDayRow> rows) override {
    const TableStatements names = StatementsOf(task_);
    RowWriter<8> write(scope_->session(), names.write);
    RowWriter<2> remove(scope_->session(), names.remove);
    for (const pipeline::CowDayRow& row : rows) {
      const herd::CowDay& day = row.metrics;
      HERDFLOW_ASSIGN(const auto farm, FarmOf(*scope_, row.cow));
      TouchRevision(*scope_, Revised::kCowDays, farm, row.day);
      if (day.empty()) {
        HERDFLOW_CHECK(remove.Add({row.cow, row.day.days}));
        continue;
      }
      std::optional<std::int64_t> weight;
      std::optional<std::int64_t> weighed_at;
      if (day.last_weight_at) {
        weight = day.last_weight_millionths;
        weighed_at = ToMicros(*day.last_weight_at);
      }
      HERDFLOW_CHECK(write.Add({row.cow, row.day.days, day.milk_count, day.milk_sum_millionths,
                                day.weight_count, day.weight_sum_millionths, weight, weighed_at}));
    }
    HERDFLOW_CHECK(remove.Finish());
    return write.Finish();
  }

  Result<std::vector<pipeline::SensorAggregate>> Otherwise(
      std::span<const pipeline::SensorAggregate> rows) override {
    return FindOtherwise(rows);
  }
  Result<std::vector<pipeline::CowDayRow>> Otherwise(
      std::span<const pipeline::CowDayRow> rows) override {
    return FindOtherwise(rows);
  }

  Result<> Commit() override {
    if (place_.last) HERDFLOW_CHECK(CheckMeasures());
    return scope_->Commit();
  }

 private:
  Result<> NoteDaily(const pipeline::SensorAggregate& row) {
    HERDFLOW_ASSIGN(const auto farm, FarmOf(*scope_, row.cow));
    const FarmDay day = row.period.first;
    TouchRevision(*scope_, Revised::kDaily, farm, day);
    if (!farm) return {};
    if (row.statistics.count == 0) {
      ranges_.NoteRemoved(*farm, day);
    } else {
      ranges_.NoteWritten(*farm, day);
    }
    return {};
  }

  /// A unit or a kind that changed while this went on may be half in what was computed.
  Result<> CheckMeasures() {
    HERDFLOW_ASSIGN(const bool waits, IsPassRequested(*scope_));
    if (!waits) return {};
    return Fail(
        ErrorCode::kUnavailable,
        "computing aggregates: a sensor's unit or kind or a farm's rules changed meanwhile");
  }

  /// Goes through the rows and the table side by side.
  template <class Row>
  Result<std::vector<Row>> FindOtherwise(std::span<const Row> rows) {
    std::vector<Row> otherwise;
    if (rows.empty()) return otherwise;
    HERDFLOW_CHECK(ReadPlace());
    HERDFLOW_ASSIGN(Statement * read, scope_->Get(StatementsOf(task_).read_after));
    const auto [earliest, latest] = std::minmax_element(
        rows.begin(), rows.end(),
        [](const Row& a, const Row& b) { return DaysOf(a).first < DaysOf(b).first; });
    const DirtyDay before = KeyOf(rows.front());
    read->Bind(1, before.cow).Bind(2, before.day.days - 1).Bind(3, SensorRef{});
    read->Bind(4, DaysOf(*earliest).first.days).Bind(5, DaysOf(*latest).first.days);
    read->Bind(6, std::numeric_limits<std::int64_t>::max()).Bind(7, rows.back().cow);
    bool there = true;
    DirtyDay at{CowRef{-1}, FarmDay{}, SensorRef{}};
    for (const Row& row : rows) {
      while (there && at < KeyOf(row)) {
        HERDFLOW_ASSIGN(there, read->Step());
        if (!there) break;
        at = {CowRef{read->Int(0)}, FarmDay{static_cast<std::int32_t>(read->Int(1))},
              std::is_same_v<Row, pipeline::CowDayRow> ? SensorRef{} : SensorRef{read->Int(2)}};
      }
      const bool has = there && at == KeyOf(row);
      if (has ? IsSame(RowIn(*read, row), row) : IsEmpty(row)) continue;
      HERDFLOW_ASSIGN(const bool noted, IsNoted(row.cow, DaysOf(row)));
      if (!noted) otherwise.push_back(row);
    }
    if (there) read->Reset();
    HERDFLOW_CHECK(CheckMeasures());
    return otherwise;
  }

  /// Whether a day of these is noted, and may be to be computed still.
  Result<bool> IsNoted(CowRef cow, herd::Period days) {
    HERDFLOW_ASSIGN(Statement * find, scope_->Get(sql::kFindNotedDay));
    find->Bind(1, cow).Bind(2, days.first.days).Bind(3, days.last.days).Bind(4, place_.position);
    HERDFLOW_ASSIGN(const auto found, FirstInt(*find));
    return found.has_value();
  }

  Result<> ReadPlace() {
    HERDFLOW_ASSIGN(Statement * read, scope_->Get(sql::kReadTaskPosition));
    read->Bind(1, Name(task_));
    HERDFLOW_ASSIGN(const bool there, read->Step());
    if (!there) {
      return Fail(ErrorCode::kCorruptData, "reading the store: it does not know the task {}",
                  Name(task_));
    }
    place_ = {read->Int(0), read->Int(1), std::nullopt};
    if (const auto cow = read->MaybeInt(2)) {
      place_.last = DirtyDay{CowRef{*cow}, FarmDay{static_cast<std::int32_t>(read->Int(3))},
                             SensorRef{read->Int(4)}};
    }
    read->Reset();
    return {};
  }

  Result<> WritePlace() {
    HERDFLOW_ASSIGN(Statement * write, scope_->Get(sql::kWriteTaskPosition));
    write->Bind(1, Name(task_)).Bind(2, place_.position).Bind(3, place_.target);
    if (place_.last) {
      write->Bind(4, place_.last->cow).Bind(5, place_.last->day.days).Bind(6, place_.last->sensor);
    } else {
      write->Bind(4, nullptr).Bind(5, nullptr).Bind(6, nullptr);
    }
    return write->Run();
  }

  Result<std::vector<DirtyDay>> ReadDirty(std::size_t max) {
    std::vector<DirtyDay> days;
    HERDFLOW_ASSIGN(Statement * read, scope_->Get(sql::kReadDirtyDays));
    read->Bind(1, place_.last->cow)
        .Bind(2, place_.last->day.days)
        .Bind(3, place_.last->sensor)
        .Bind(4, place_.position)
        .Bind(5, place_.target)
        .Bind(6, max);
    while (true) {
      HERDFLOW_ASSIGN(const bool there, read->Step());
      if (!there) return days;
      days.push_back({CowRef{read->Int(0)}, FarmDay{static_cast<std::int32_t>(read->Int(1))},
                      SensorRef{read->Int(2)}});
    }
  }

  /// Once every task has seen every note, all of them go at once, which costs next to nothing; but
  /// not those that cleanse has written since. Of tasks that end at once none sees here where the
  /// others have come to, so each looks once more.
  Result<> DropSeenNotes(std::int64_t newest) {
    HERDFLOW_ASSIGN(Statement * read, scope_->Get(sql::kReadOldestPosition));
    HERDFLOW_ASSIGN(const auto oldest, FirstInt(*read));
    if (oldest != newest) return {};
    HERDFLOW_ASSIGN(Statement * remove, scope_->Get(sql::kDeleteDirtyDays));
    return remove->Bind(1, newest).Run();
  }

  std::unique_ptr<WriteScope> scope_;
  AggregateTask task_;
  Place place_;
  DataRanges ranges_;
  std::unordered_map<SensorRef, SensorInfo> sensors_;
};

}  // namespace

std::unique_ptr<pipeline::AggregateTx> MakeAggregateTx(std::unique_ptr<WriteScope> scope,
                                                       AggregateTask task) {
  return std::make_unique<SqlAggregateTx>(std::move(scope), task);
}

}  // namespace herdflow::store_sql
