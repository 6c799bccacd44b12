#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "chunks.hpp"
#include "herdflow/pipeline/pipelines.hpp"
#include "steps.hpp"

namespace herdflow::pipeline {
namespace {

/// Dirty days a transaction: bounds its memory and how long the loader waits.
constexpr std::size_t kChunk = 50'000;

/// The aggregates to compute anew, by (cow, period, sensor), each once. The statistics are empty.
std::vector<SensorAggregate> DirtyAggregates(herd::PeriodKind kind,
                                             const std::vector<DirtyDay>& days) {
  std::vector<SensorAggregate> dirty;
  dirty.reserve(days.size());
  for (const DirtyDay& day : days) {
    dirty.push_back({day.cow, herd::PeriodOf(kind, day.day), day.sensor, {}});
  }
  const auto key = [](const SensorAggregate& row) {
    return std::tuple(row.cow, row.period.first, row.sensor);
  };
  std::sort(dirty.begin(), dirty.end(),
            [&](const auto& a, const auto& b) { return key(a) < key(b); });
  dirty.erase(std::unique(dirty.begin(), dirty.end(),
                          [&](const auto& a, const auto& b) { return key(a) == key(b); }),
              dirty.end());
  return dirty;
}

/// One scan: a run of one cow's rows whose periods follow on one another without a gap, so that
/// every reading between the first and the last belongs to one of the periods.
template <class Row, class First, class Last>
std::span<Row> TakeRun(std::span<Row>& rows, First first, Last last) {
  std::size_t count = 1;
  while (count < rows.size() && rows[count].cow == rows[0].cow &&
         first(rows[count]) <= last(rows[count - 1]) + 1) {
    ++count;
  }
  const auto run = rows.first(count);
  rows = rows.subspan(count);
  return run;
}

/// Adds the readings of a scan, which come by day, to the rows of a run, which lie by
/// (period, sensor). A sensor that has no row in the reading's period is not dirty: skipped.
class SensorAdder {
 public:
  explicit SensorAdder(std::span<SensorAggregate> run) : run_(run) { SetPeriod(0); }

  void Add(const AcceptedReading& reading) {
    while (reading.day > run_[begin_].period.last) {
      if (end_ == run_.size()) return;
      SetPeriod(end_);
    }
    if (reading.day < run_[begin_].period.first) return;
    const auto period = run_.subspan(begin_, end_ - begin_);
    const auto row = std::lower_bound(period.begin(), period.end(), reading.sensor,
                                      [](const SensorAggregate& aggregate, SensorRef sensor) {
                                        return aggregate.sensor < sensor;
                                      });
    if (row != period.end() && row->sensor == reading.sensor) {
      row->statistics.Add(reading.value_millionths);
    }
  }

 private:
  void SetPeriod(std::size_t begin) {
    begin_ = begin;
    end_ = begin + 1;
    while (end_ < run_.size() && run_[end_].period == run_[begin_].period) ++end_;
  }

  std::span<SensorAggregate> run_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

/// Adds the readings of a scan to the rows of a run, which lie by day.
class CowDayAdder {
 public:
  CowDayAdder(AggregateTx& tx, std::span<CowDayRow> run) : tx_(tx), run_(run) {}

  Result<> Add(const AcceptedReading& reading) {
    while (run_[at_].day < reading.day) {
      ++at_;
      newest_ = nullptr;
    }
    herd::CowDay& metrics = run_[at_].metrics;
    HERDFLOW_ASSIGN(const AggregateTx::SensorInfo* sensor, tx_.Sensor(reading.sensor));
    const std::int64_t value = herd::Converted(reading.value_millionths, sensor->measure);
    switch (sensor->measure.metric) {
      case herd::Metric::kMilk:
        metrics.AddMilk(value);
        break;
      case herd::Metric::kWeight: {
        // Of equally new readings the one with the bytewise smallest sensor id counts.
        const bool newest = newest_ == nullptr || reading.at > *metrics.last_weight_at ||
                            (reading.at == *metrics.last_weight_at && sensor->id < newest_->id);
        if (newest) newest_ = sensor;
        metrics.AddWeight(value, reading.at, newest);
        break;
      }
      case herd::Metric::kNone:
        break;
    }
    return {};
  }

 private:
  AggregateTx& tx_;
  std::span<CowDayRow> run_;
  std::size_t at_ = 0;
  const AggregateTx::SensorInfo* newest_ = nullptr;  ///< Whose weight is the day's last so far.
};

/// Puts what silver makes of these days in the task's table.
Result<> ReplaceRows(AggregateTx& tx, AggregateTask task, const std::vector<DirtyDay>& days) {
  if (task == AggregateTask::kCowDays) {
    HERDFLOW_ASSIGN(const auto rows, ComputeCowDays(tx, days));
    return tx.Replace(rows);
  }
  HERDFLOW_ASSIGN(const auto rows, ComputeAggregates(tx, task, days));
  return tx.Replace(rows);
}

}  // namespace

herd::PeriodKind PeriodKindOf(AggregateTask task) {
  switch (task) {
    case AggregateTask::kWeekly:
      return herd::PeriodKind::kWeek;
    case AggregateTask::kMonthly:
      return herd::PeriodKind::kMonth;
    case AggregateTask::kYearly:
      return herd::PeriodKind::kYear;
    case AggregateTask::kDaily:
    case AggregateTask::kCowDays:
      return herd::PeriodKind::kDay;
  }
  return herd::PeriodKind::kDay;
}

Result<std::vector<SensorAggregate>> ComputeAggregates(AggregateTx& tx, AggregateTask task,
                                                       const std::vector<DirtyDay>& days) {
  std::vector<SensorAggregate> dirty = DirtyAggregates(PeriodKindOf(task), days);
  std::span<SensorAggregate> rest(dirty);
  while (!rest.empty()) {
    const auto run = TakeRun(
        rest, [](const SensorAggregate& row) { return row.period.first; },
        [](const SensorAggregate& row) { return row.period.last; });
    SensorAdder adder(run);
    HERDFLOW_CHECK(tx.Scan(run.front().cow, run.front().period.first, run.back().period.last,
                           [&](const AcceptedReading& reading) { adder.Add(reading); }));
  }
  return dirty;
}

Result<std::vector<CowDayRow>> ComputeCowDays(AggregateTx& tx, const std::vector<DirtyDay>& days) {
  std::vector<CowDayRow> dirty;
  for (const DirtyDay& day : days) {
    if (dirty.empty() || dirty.back().cow != day.cow || dirty.back().day != day.day) {
      dirty.push_back({day.cow, day.day, {}});
    }
  }
  std::span<CowDayRow> rest(dirty);
  while (!rest.empty()) {
    const auto day_of = [](const CowDayRow& row) { return row.day; };
    const auto run = TakeRun(rest, day_of, day_of);
    CowDayAdder adder(tx, run);
    Result<> added;
    HERDFLOW_CHECK(tx.Scan(run.front().cow, run.front().day, run.back().day,
                           [&](const AcceptedReading& reading) {
                             if (added) added = adder.Add(reading);
                           }));
    HERDFLOW_CHECK(added);
  }
  return dirty;
}

Result<std::int64_t> Aggregate(LayerStore& store, AggregateTask task, const std::stop_token& stop,
                               const StepProgress& progress) {
  const auto chunk = [&]() -> Result<std::size_t> {
    HERDFLOW_ASSIGN(const auto tx, store.BeginAggregate(task));
    HERDFLOW_ASSIGN(const std::vector<DirtyDay> days, tx->NextDirty(kChunk));
    if (!days.empty()) HERDFLOW_CHECK(ReplaceRows(*tx, task, days));
    // Also where no day is left: the task's place has moved up to the notes of now.
    HERDFLOW_CHECK(tx->Commit());
    return days.size();
  };
  // A look more than there is to do: notes go only by what every task has committed.
  for (std::int64_t done = 0;;) {
    const auto show = [&](std::string_view step, std::int64_t days) {
      progress(step, done + days);
    };
    HERDFLOW_ASSIGN(const std::int64_t days, RunChunks(Name(task), stop, show, chunk));
    if (days == 0) return done;
    done += days;
  }
}

}  // namespace herdflow::pipeline
