#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "empty_store.hpp"
#include "herdflow/herd/farm.hpp"
#include "herdflow/intake/farm_book.hpp"
#include "herdflow/pipeline/event_log.hpp"
#include "herdflow/pipeline/run_ledger.hpp"

namespace herdflow::api {

/// Keeps what is appended and answers from a thread of its own, as a log does.
class FakeWriter : public pipeline::EventWriter {
 public:
  struct Appended {
    pipeline::Topic topic;
    std::string key, value;
    std::vector<pipeline::Header> headers;
  };

  void Append(pipeline::Topic topic, pipeline::EventBatch batch,
              pipeline::Completion done) override {
    std::vector<pipeline::AppendOutcome> outcomes;
    {
      const std::lock_guard lock(mutex_);
      for (auto& event : batch) {
        pipeline::AppendOutcome outcome = next_;
        outcome.offset = static_cast<std::int64_t>(appended_.size());
        outcomes.push_back(std::move(outcome));
        if (next_.kind != pipeline::AppendOutcome::Kind::kRefused) {
          appended_.push_back(
              {topic, std::move(event.key), std::move(event.value), std::move(event.headers)});
        }
      }
    }
    std::thread([done = std::move(done), outcomes = std::move(outcomes)]() mutable {
      done(std::move(outcomes));
    }).detach();
  }

  void AnswerWith(pipeline::AppendOutcome::Kind kind, std::optional<Error> error) {
    const std::lock_guard lock(mutex_);
    next_.kind = kind;
    next_.error = std::move(error);
  }
  std::vector<Appended> appended() {
    const std::lock_guard lock(mutex_);
    return appended_;
  }

 private:
  std::mutex mutex_;
  pipeline::AppendOutcome next_{.kind = pipeline::AppendOutcome::Kind::kDurable,
                                .partition = 2,
                                .offset = 0,
                                .broker_time = {},
                                .error = {}};
  std::vector<Appended> appended_;
};

/// A log without topics, which answers or fails.
class FakeTopics : public pipeline::TopicAdmin {
 public:
  Result<std::vector<pipeline::TopicDescription>> List() override {
    ++asked;
    if (failure) return Fail(*failure);
    return std::vector<pipeline::TopicDescription>();
  }
  Result<pipeline::TopicDescription> Look(pipeline::Topic) override {
    return Fail(ErrorCode::kNotFound, "no topics");
  }
  Result<std::vector<pipeline::TopicDescription>> Describe() override { return List(); }
  Result<> Create(pipeline::Topic, const pipeline::TopicSettings&) override { return {}; }
  Result<> Alter(pipeline::Topic, const pipeline::TopicChange&) override { return {}; }
  Result<> Delete(pipeline::Topic) override { return {}; }
  Result<pipeline::MessageBatch> Read(pipeline::TopicPartition, std::int64_t,
                                      std::size_t) override {
    return pipeline::MessageBatch();
  }

  std::atomic<int> asked{0};
  std::optional<Error> failure;
};

/// Farms, cows and report data as a test put them in. Filled before the server starts, then only
/// read.
class FakeQueries : public pipeline::testing::EmptyHerd,
                    public pipeline::testing::EmptyReports,
                    public pipeline::testing::EmptyOperations {
 public:
  Result<std::vector<pipeline::FarmView>> ListFarms() override {
    if (failure) return Fail(*failure);
    return farms;
  }
  Result<std::optional<pipeline::FarmView>> FindFarm(std::string_view farm) override {
    if (failure) return Fail(*failure);
    const auto found =
        std::find_if(farms.begin(), farms.end(), [&](const auto& each) { return each.id == farm; });
    return found == farms.end() ? std::optional<pipeline::FarmView>() : std::optional(*found);
  }
  Result<std::optional<pipeline::CowView>> FindCow(std::string_view farm,
                                                   std::string_view cow_id) override {
    if (failure) return Fail(*failure);
    const auto found = cows.find({std::string(farm), std::string(cow_id)});
    if (found == cows.end()) return std::optional<pipeline::CowView>();
    return std::optional(found->second);
  }
  Result<pipeline::ReportData> ReadReportData(std::string_view farm, FarmDay) override {
    if (failure) return Fail(*failure);
    return reports[std::string(farm)];
  }
  Result<std::optional<pipeline::FarmRevisions>> ReadRevisions(std::string_view farm,
                                                               herd::Period) override {
    HERDFLOW_ASSIGN(const auto found, FindFarm(farm));
    if (!found) return std::optional<pipeline::FarmRevisions>();
    pipeline::FarmRevisions revisions;
    revisions.time_zone = found->rules.time_zone;
    revisions.herd_book = revisions.newest_days = revisions.cow_days = revision;
    return std::optional(std::move(revisions));
  }
  Result<std::int64_t> ReadRevisionOfFarms() override {
    if (failure) return Fail(*failure);
    return revision;
  }
  Result<std::vector<pipeline::PartitionProgress>> ReadProgress() override {
    if (failure) return Fail(*failure);
    return EmptyOperations::ReadProgress();
  }

  void AddFarm(std::string id, std::string time_zone = "UTC") {
    farms.emplace_back();
    farms.back().id = std::move(id);
    farms.back().name = "A farm";
    farms.back().rules.time_zone = std::move(time_zone);
    farms.back().rules_version = "4-0";
  }

  FakeQueries() { AddFarm(std::string(herd::kDefaultFarm)); }

  std::vector<pipeline::FarmView> farms;
  std::map<std::pair<std::string, std::string>, pipeline::CowView> cows;  ///< By farm and id.
  std::map<std::string, pipeline::ReportData> reports;                    ///< By farm.
  std::optional<Error> failure;
  std::atomic<std::int64_t> revision{1};  ///< A test raises it after it has changed something.
};

/// Answers at once where it is told to, else from another thread.
class FakeFarms : public intake::FarmBook {
 public:
  void Find(std::string_view farm, Found found) override {
    if (farm == herd::kDefaultFarm) return found(intake::FarmState::kOpen);
    const auto known = states.find(farm);
    Result<intake::FarmState> state =
        known == states.end() ? intake::FarmState::kUnknown : known->second;
    if (failure) state = Fail(*failure);
    if (remembers) return found(state);
    std::thread([state, found = std::move(found)] { found(state); }).detach();
  }

  std::map<std::string, intake::FarmState, std::less<>> states{{"hill", intake::FarmState::kOpen},
                                                               {"old", intake::FarmState::kClosed}};
  std::optional<Error> failure;
  bool remembers = true;
};

/// Runs in memory; a test does what their owner would.
class FakeLedger : public pipeline::RunLedger {
 public:
  Result<std::vector<pipeline::RequestedRun>> Request(
      std::span<const pipeline::NewRun> wanted) override {
    const std::lock_guard lock(mutex_);
    if (failure) return Fail(*failure);
    std::vector<pipeline::RequestedRun> requested;
    for (const auto& [run, log] : wanted) {
      const auto known = std::find_if(runs.begin(), runs.end(),
                                      [&](const auto& each) { return each.run.key == run.key; });
      const bool is_new = known == runs.end();
      if (is_new) {
        runs.push_back({run, {}});
        runs.back().run.id = pipeline::RunId{static_cast<std::int64_t>(runs.size())};
      }
      requested.push_back({is_new ? runs.back().run : known->run, is_new});
    }
    return requested;
  }
  Result<std::optional<pipeline::TaskRun>> Take(const pipeline::RunSeeker&) override {
    return std::optional<pipeline::TaskRun>();
  }
  Result<pipeline::RunOrders> Report(const pipeline::RunReport&) override {
    return pipeline::RunOrders();
  }
  Result<std::optional<pipeline::TaskRun>> Cancel(pipeline::RunId id, Instant now) override {
    const std::lock_guard lock(mutex_);
    if (failure) return Fail(*failure);
    pipeline::RunWithLog* found = Find(id);
    if (found == nullptr) return std::optional<pipeline::TaskRun>();
    if (found->run.state == pipeline::RunState::kQueued) {
      found->run.state = pipeline::RunState::kCancelled;
      found->run.finished_at = now;
    }
    return std::optional(found->run);
  }
  Result<std::optional<pipeline::RunWithLog>> Read(pipeline::RunId id, std::int64_t after,
                                                   std::size_t limit) override {
    const std::lock_guard lock(mutex_);
    if (failure) return Fail(*failure);
    const pipeline::RunWithLog* found = Find(id);
    if (found == nullptr) return std::optional<pipeline::RunWithLog>();
    pipeline::RunWithLog read{found->run, {}};
    for (const auto& line : found->log) {
      if (line.number > after && read.log.size() < limit) read.log.push_back(line);
    }
    return std::optional(std::move(read));
  }
  Result<pipeline::LedgerOverview> List() override {
    const std::lock_guard lock(mutex_);
    if (failure) return Fail(*failure);
    pipeline::LedgerOverview overview;
    for (const auto& each : runs) overview.last_runs.push_back(each.run);
    overview.notifications = notifications;
    return overview;
  }
  Result<> Notify(const pipeline::Notification& notification) override {
    const std::lock_guard lock(mutex_);
    if (failure) return Fail(*failure);
    notifications.insert(notifications.begin(), notification);
    return {};
  }

  std::vector<pipeline::RunWithLog> runs;
  std::vector<pipeline::Notification> notifications;
  std::optional<Error> failure;

 private:
  pipeline::RunWithLog* Find(pipeline::RunId id) {
    const auto found =
        std::find_if(runs.begin(), runs.end(), [&](const auto& each) { return each.run.id == id; });
    return found == runs.end() ? nullptr : &*found;
  }

  std::mutex mutex_;
};

}  // namespace herdflow::api
