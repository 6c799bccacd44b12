#include "herdflow/api/producer.hpp"

#include <fmt/format.h>

#include <functional>
#include <memory>
#include <utility>
#include <variant>

#include "bulk.hpp"
#include "farm_paths.hpp"
#include "herdflow/core/time.hpp"
#include "herdflow/herd/farm.hpp"
#include "herdflow/http/json_writer.hpp"
#include "herdflow/intake/intake.hpp"
#include "pages.hpp"
#include "refusals.hpp"
#include "request_id.hpp"

namespace herdflow::api {
namespace {

using pipeline::AppendOutcome;
using pipeline::Topic;

/// Keeps its buffers from request to request; a request is read on one thread.
intake::Intake& In() {
  thread_local intake::Intake intake;
  return intake;
}

http::Response Accepted(Topic topic, const AppendOutcome& outcome,
                        const std::vector<herd::Rejection>& warnings) {
  http::JsonWriter json;
  json.BeginObject();
  json.Key("status").String("success");
  json.Key("message").String(std::string("Sent to ").append(Name(topic)).append(" kafka topic"));
  json.Key("topic").String(Name(topic));
  json.Key("partition").Integer(outcome.partition);
  json.Key("offset").Integer(outcome.offset);
  json.Key("warnings").BeginArray();
  for (const auto& warning : ToFieldErrors(warnings)) {
    json.BeginObject();
    json.Key("location").String(warning.location);
    json.Key("code").String(warning.code);
    json.Key("message").String(warning.message);
    json.EndObject();
  }
  json.EndArray().EndObject();
  return http::JsonResponse(200, json.Take());
}

http::Response NotAppended(const AppendOutcome& outcome) {
  const Error error = outcome.error.value_or(Error(ErrorCode::kInternal, "the log gave no reason"));
  if (outcome.kind == AppendOutcome::Kind::kUnknown) {
    auto response =
        http::ProblemResponse(http::ProblemKind::kOutcomeUnknown,
                              "The event may be in the log. Sending the same again is harmless.");
    response.log = error.message();
    return response;
  }
  auto response = http::ProblemResponse(error);
  if (error.code() == ErrorCode::kNotFound) {
    // A missing topic is the operator's to mend, not the client's.
    response = http::ProblemResponse(http::ProblemKind::kTopicMissing);
  } else if (error.code() == ErrorCode::kInvalidInput) {
    response = http::ProblemResponse(http::ProblemKind::kBodyTooLarge,
                                     "The topic takes no event of this size. Send a smaller one.");
  }
  response.log = error.message();
  return response;
}

http::Response Answer(Topic topic, const std::vector<AppendOutcome>& outcomes,
                      const std::vector<herd::Rejection>& warnings) {
  if (outcomes.size() != 1) {
    return http::ProblemResponse(
        Error(ErrorCode::kInternal, "the log gave another number of outcomes than events"));
  }
  const AppendOutcome& outcome = outcomes.front();
  return outcome.kind == AppendOutcome::Kind::kDurable ? Accepted(topic, outcome, warnings)
                                                       : NotAppended(outcome);
}

http::Response Refuse(const intake::Refused& refused) {
  return refused.is_unreadable() ? RefuseBody(refused.reasons.front())
                                 : RefuseFields(refused.reasons);
}

using Answerer = std::function<void(http::Response)>;

void AppendOne(pipeline::EventWriter& writer, Topic topic, intake::Taken taken, Answerer answer) {
  pipeline::EventBatch batch;
  batch.push_back(std::move(taken.event));
  writer.Append(topic, std::move(batch),
                [topic, warnings = std::move(taken.warnings),
                 answer = std::move(answer)](const std::vector<AppendOutcome>& outcomes) {
                  answer(Answer(topic, outcomes, warnings));
                });
}

/// Once it is known that the farm may send.
void AppendOfFarm(const ProducerDeps& deps, Topic topic, intake::Taken taken, Answerer answer) {
  if (taken.farm == herd::kDefaultFarm) {
    return AppendOne(deps.writer, topic, std::move(taken), std::move(answer));
  }
  const auto kept = std::make_shared<intake::Taken>(std::move(taken));
  deps.farms.Find(kept->farm, [&writer = deps.writer, topic, kept,
                               answer = std::move(answer)](const Result<intake::FarmState>& state) {
    if (auto refusal = RefuseFarm(kept->farm, state)) return answer(*std::move(refusal));
    AppendOne(writer, topic, std::move(*kept), answer);
  });
}

http::Route PostRoute(std::string path, Topic topic, const ProducerDeps& deps) {
  http::Route route;
  route.method = "POST";
  route.path = std::move(path);
  route.max_body_bytes = kMaxBodyBytes;
  route.handle = [topic, deps](const http::Request& request, http::Respond respond) {
    if (auto refusal = RefuseEncoding(request)) return respond(std::move(*refusal));
    const intake::RequestId id = RequestIdOf(request);
    auto answer = [id, respond = std::move(respond)](http::Response response) {
      response.headers.emplace_back("X-Request-Id", Text(id));
      respond(std::move(response));
    };
    auto read = In().Take(topic, request.body, {id}, Now());
    if (const auto* refused = std::get_if<intake::Refused>(&read)) return answer(Refuse(*refused));
    AppendOfFarm(deps, topic, std::get<intake::Taken>(std::move(read)), std::move(answer));
  };
  return route;
}

}  // namespace

Result<> Ready(pipeline::EventWriter& writer, pipeline::TopicAdmin& topics) {
  HERDFLOW_CHECK(writer.Ready());
  HERDFLOW_CHECK(topics.Describe());
  return {};
}

std::vector<http::Route> ProducerRoutes(ProducerDeps deps) {
  std::vector<http::Route> routes = PageRoutes(ProducerDocument());
  routes.push_back(HealthRoute());
  routes.push_back(ReadyRoute("event log", [deps] { return Ready(deps.writer, deps.topics); }));
  const intake::BulkParts bulk{deps.writer, deps.farms};
  for (const Topic topic : pipeline::kAllTopics) {
    routes.push_back(BulkRoute("/api/v1/events", topic, bulk));
    // A farm's own event is no farm's.
    if (topic == Topic::kFarms) continue;
    routes.push_back(BulkRoute(fmt::format("{}/events", kFarmPath), topic, bulk));
  }
  for (const char* prefix : {"", "/ingrid"}) {
    const std::string base = prefix;
    routes.push_back(PostRoute(base + "/cow", Topic::kCows, deps));
    routes.push_back(PostRoute(base + "/sensor", Topic::kSensors, deps));
    routes.push_back(PostRoute(base + "/measurement", Topic::kMeasurements, deps));
  }
  return routes;
}

}  // namespace herdflow::api
