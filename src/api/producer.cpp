#include "herdflow/api/producer.hpp"

#include <fmt/format.h>

#include <variant>

#include "herdflow/core/time.hpp"
#include "herdflow/herd/message.hpp"
#include "herdflow/herd/rules.hpp"
#include "herdflow/http/json_writer.hpp"
#include "pages.hpp"
#include "refusals.hpp"

namespace herdflow::api {
namespace {

using pipeline::AppendOutcome;
using pipeline::Topic;

/// An event that may go to the log, and what is said about it already now.
struct Prepared {
  pipeline::Event event;
  std::vector<herd::Rejection> warnings;
};
using Preparation = std::variant<Prepared, http::Response>;

template <class Fields>
Preparation Prepare(std::string_view body, const herd::Parsed<Fields>& parsed,
                    herd::Precheck (*check)(const Fields&),
                    void (*write_key)(const Fields&, std::string&)) {
  if (const auto* rejection = std::get_if<herd::Rejection>(&parsed)) return RefuseBody(*rejection);
  const auto& fields = std::get<Fields>(parsed);
  herd::Precheck precheck = check(fields);
  if (!precheck.refused.empty()) return RefuseFields(precheck.refused);
  Prepared prepared;
  write_key(fields, prepared.event.key);
  prepared.event.value = body;  // The sender's own bytes: bronze keeps them exactly.
  prepared.warnings = std::move(precheck.warnings);
  return prepared;
}

/// Keeps its buffers from request to request; a request is parsed on one thread.
herd::MessageParser& Parser() {
  thread_local herd::MessageParser parser;
  return parser;
}

Preparation PrepareCow(std::string_view body) {
  return Prepare<herd::CowFields>(
      body, Parser().Cow(body),
      [](const herd::CowFields& fields) { return herd::PrecheckCow(fields, Now()); },
      [](const herd::CowFields& fields, std::string& key) { key = fields.id.text; });
}

Preparation PrepareSensor(std::string_view body) {
  return Prepare<herd::SensorFields>(
      body, Parser().Sensor(body),
      [](const herd::SensorFields& fields) { return herd::PrecheckSensor(fields); },
      [](const herd::SensorFields& fields, std::string& key) { key = fields.id.text; });
}

Preparation PrepareMeasurement(std::string_view body) {
  return Prepare<herd::MeasurementFields>(
      body, Parser().Measurement(body),
      [](const herd::MeasurementFields& fields) {
        return herd::PrecheckMeasurement(fields, Now());
      },
      [](const herd::MeasurementFields& fields, std::string& key) {
        herd::WriteMeasurementKey(fields.sensor_id.text, fields.cow_id.text, key);
      });
}

http::Response Accepted(Topic topic, const AppendOutcome& outcome,
                        const std::vector<herd::Rejection>& warnings) {
  http::JsonWriter json;
  json.BeginObject();
  json.Key("status").String("success");
  json.Key("message").String(fmt::format("Sent to {} kafka topic", Name(topic)));
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

http::Route PostRoute(std::string path, Topic topic, Preparation (*prepare)(std::string_view),
                      pipeline::EventWriter& writer) {
  http::Route route;
  route.method = "POST";
  route.path = std::move(path);
  route.max_body_bytes = kMaxBodyBytes;
  route.handle = [topic, prepare, &writer](const http::Request& request, http::Respond respond) {
    if (auto refusal = RefuseEncoding(request)) return respond(std::move(*refusal));
    Preparation preparation = prepare(Trimmed(request.body));
    if (auto* refusal = std::get_if<http::Response>(&preparation)) {
      return respond(std::move(*refusal));
    }
    auto& prepared = std::get<Prepared>(preparation);
    pipeline::EventBatch batch;
    batch.push_back(std::move(prepared.event));
    writer.Append(topic, std::move(batch),
                  [topic, warnings = std::move(prepared.warnings),
                   answer = std::move(respond)](const std::vector<AppendOutcome>& outcomes) {
                    answer(Answer(topic, outcomes, warnings));
                  });
  };
  return route;
}

}  // namespace

Result<> Ready(const ProducerDeps& deps) {
  HERDFLOW_CHECK(deps.writer.Ready());
  HERDFLOW_CHECK(deps.topics.Describe());
  return {};
}

std::vector<http::Route> ProducerRoutes(ProducerDeps deps) {
  std::vector<http::Route> routes = PageRoutes(ProducerDocument());
  routes.push_back(HealthRoute());
  routes.push_back(ReadyRoute("event log", [deps] { return Ready(deps); }));
  for (const char* prefix : {"", "/ingrid"}) {
    const std::string base = prefix;
    routes.push_back(PostRoute(base + "/cow", Topic::kCows, PrepareCow, deps.writer));
    routes.push_back(PostRoute(base + "/sensor", Topic::kSensors, PrepareSensor, deps.writer));
    routes.push_back(
        PostRoute(base + "/measurement", Topic::kMeasurements, PrepareMeasurement, deps.writer));
  }
  return routes;
}

}  // namespace herdflow::api
