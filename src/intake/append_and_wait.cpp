#include "append_and_wait.hpp"

#include <chrono>
#include <future>
#include <memory>
#include <utility>
#include <vector>

namespace herdflow::intake {
namespace {

using pipeline::AppendOutcome;

constexpr std::chrono::milliseconds kPatience{3'000};

}  // namespace

Result<AppendOutcome> AppendAndWait(pipeline::EventWriter& writer, pipeline::Topic topic,
                                    pipeline::Event event, std::string_view doing,
                                    std::string_view again) {
  const auto promise = std::make_shared<std::promise<AppendOutcome>>();
  auto appended = promise->get_future();
  pipeline::EventBatch batch;
  batch.push_back(std::move(event));
  writer.Append(topic, std::move(batch), [promise](std::vector<AppendOutcome> outcomes) {
    promise->set_value(std::move(outcomes.front()));
  });
  if (appended.wait_for(kPatience) != std::future_status::ready) {
    return Fail(ErrorCode::kTimeout, "{}: the log has not answered in {} ms; {}", doing,
                kPatience.count(), again);
  }
  AppendOutcome outcome = appended.get();
  switch (outcome.kind) {
    case AppendOutcome::Kind::kDurable:
      break;
    case AppendOutcome::Kind::kUnknown:
      return Fail(ErrorCode::kTimeout, "{}: it is not known whether the log has it; {}", doing,
                  again);
    case AppendOutcome::Kind::kRefused:
      return Fail(outcome.error.value_or(Error(ErrorCode::kUnavailable, "the log refused it"))
                      .Because(doing));
  }
  return outcome;
}

pipeline::Lineage LineageOf(const AppendOutcome& event) {
  pipeline::Lineage lineage;
  lineage.version = ToMicros(event.broker_time);
  lineage.partition = event.partition;
  lineage.offset = event.offset;
  return lineage;
}

}  // namespace herdflow::intake
