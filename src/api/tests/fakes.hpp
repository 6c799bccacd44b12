#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "herdflow/pipeline/event_log.hpp"
#include "herdflow/pipeline/herd_queries.hpp"

namespace herdflow::api {

/// Keeps what is appended and answers from a thread of its own, as a log does.
class FakeWriter : public pipeline::EventWriter {
 public:
  struct Appended {
    pipeline::Topic topic;
    std::string key, value;
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
          appended_.push_back({topic, std::move(event.key), std::move(event.value)});
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

/// Cows and report data as a test put them in. Filled before the server starts, then only read.
class FakeQueries : public pipeline::HerdQueries {
 public:
  Result<std::optional<pipeline::CowView>> FindCow(std::string_view cow_id) override {
    if (failure) return Fail(*failure);
    const auto found = cows.find(std::string(cow_id));
    if (found == cows.end()) return std::optional<pipeline::CowView>();
    return std::optional(found->second);
  }
  Result<pipeline::ReportData> ReadReportData(FarmDay) override {
    if (failure) return Fail(*failure);
    return report;
  }
  Result<std::optional<herd::DataRange>> ReadDataRange() override { return report.data; }
  Result<std::vector<pipeline::PartitionProgress>> ReadProgress() override {
    return std::vector<pipeline::PartitionProgress>();
  }
  Result<pipeline::StoreStatus> ReadStatus() override { return pipeline::StoreStatus(); }

  std::map<std::string, pipeline::CowView> cows;
  pipeline::ReportData report;
  std::optional<Error> failure;
};

}  // namespace herdflow::api
