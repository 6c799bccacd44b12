#include "bulk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <utility>
#include <variant>

#include "farm_paths.hpp"
#include "herdflow/core/text.hpp"
#include "herdflow/http/json_writer.hpp"
#include "herdflow/http/problem.hpp"
#include "herdflow/intake/bulk.hpp"
#include "refusals.hpp"
#include "request_id.hpp"

namespace herdflow::api {
namespace {

using http::JsonWriter;
using http::ProblemKind;
using http::ProblemResponse;
using intake::BulkForm;
using intake::BulkResult;
using End = intake::BulkResult::End;

/// Of what a header says, each time it is sent.
std::vector<std::string_view> ValuesOf(const http::Request& request, std::string_view name) {
  std::vector<std::string_view> values;
  for (const auto& [sent, value] : request.headers) {
    if (http::EqualsIgnoringCase(sent, name)) values.push_back(Trimmed(value));
  }
  return values;
}

/// How the body is to be read, or why it cannot be.
std::variant<BulkForm, http::Response> FormOf(const http::Request& request) {
  const auto encodings = ValuesOf(request, "Content-Encoding");
  const bool is_plain_or_gzip =
      std::all_of(encodings.begin(), encodings.end(), [&](std::string_view encoding) {
        return encoding.empty() || http::EqualsIgnoringCase(encoding, "identity") ||
               (encodings.size() == 1 && http::EqualsIgnoringCase(encoding, "gzip"));
      });
  if (!is_plain_or_gzip) {
    return ProblemResponse(ProblemKind::kUnsupportedEncoding,
                           "Send the body as it is, or once with Content-Encoding: gzip.");
  }
  const auto types = ValuesOf(request, "Content-Type");
  if (types.size() > 1) return ProblemResponse(ProblemKind::kUnsupportedType);
  if (types.empty()) return BulkForm::kJson;
  if (!IsUtf8Type(types.front())) return ProblemResponse(ProblemKind::kUnsupportedCharset);
  const auto type = Trimmed(types.front().substr(0, types.front().find(';')));
  if (http::EqualsIgnoringCase(type, "application/json")) return BulkForm::kJson;
  if (http::EqualsIgnoringCase(type, "application/x-ndjson")) return BulkForm::kLines;
  return ProblemResponse(ProblemKind::kUnsupportedType);
}

void WriteRejections(JsonWriter& json, std::string_view name,
                     const intake::ItemRejections& rejections) {
  json.Key(name).BeginArray();
  for (const auto& [index, rejection] : rejections.first) {
    json.BeginObject();
    json.Key("index").Integer(index);
    json.Key("field");
    rejection.field.empty() ? json.Null() : json.String(rejection.field);
    json.Key("code").String(herd::Name(rejection.code));
    json.Key("message").String(rejection.reason);
    json.EndObject();
  }
  json.EndArray();
  json.Key(fmt::format("{}_left_out", name)).Integer(rejections.left_out);
}

/// What every answer tells.
void WriteResult(JsonWriter& json, const BulkResult& result) {
  json.Key("items").Integer(result.items);
  json.Key("accepted").Integer(result.accepted);
  json.Key("refused").Integer(result.refused);
  WriteRejections(json, "refusals", result.refusals);
  WriteRejections(json, "warnings", result.warnings);
  json.Key("positions").BeginArray();
  for (const auto& [partition, ranges] : result.positions) {
    if (ranges.empty()) continue;
    json.BeginObject();
    json.Key("partition").Integer(partition);
    json.Key("ranges").BeginArray();
    for (const auto& range : ranges) {
      json.BeginArray().Integer(range.begin).Integer(range.end - 1).EndArray();
    }
    json.EndArray().EndObject();
  }
  json.EndArray();
  json.Key("ranges_left_out").Integer(result.ranges_left_out);
}

http::Response Taken(pipeline::Topic topic, const BulkResult& result) {
  JsonWriter json;
  json.BeginObject();
  json.Key("status").String("success");
  json.Key("topic").String(Name(topic));
  WriteResult(json, result);
  json.EndObject();
  return http::JsonResponse(200, json.Take());
}

std::string SoFar(const BulkResult& result) {
  return fmt::format("{} {} durable. Sending all of them again is harmless.", result.accepted,
                     result.accepted == 1 ? "item is" : "items are");
}

/// Of a body whose rest is not taken: which problem that is, and in words.
std::pair<ProblemKind, std::string_view> Explain(http::CutShort cut) {
  switch (cut) {
    case http::CutShort::kBroken:
      return {ProblemKind::kMalformedRequest, "The rest of the body is no HTTP, or no gzip."};
    case http::CutShort::kUnfinished:
      return {ProblemKind::kMalformedRequest, "The body ended before its end."};
    case http::CutShort::kStopping:
      return {ProblemKind::kUnavailable, "The server is being stopped, and takes no more of it."};
    case http::CutShort::kGone:
    case http::CutShort::kSilent:
    case http::CutShort::kSlow:
      break;
  }
  return {ProblemKind::kRequestTimeout, "The rest of the body did not come, or too slowly."};
}

http::Response Answer(const intake::BulkOptions& options, const BulkResult& result,
                      http::CutShort cut) {
  const auto problem = [&](ProblemKind kind, std::string_view detail = {}) {
    return ProblemResponse(kind, detail, {}, [&](JsonWriter& json) {
      if (result.end != End::kWhole) json.Key("next_index").Integer(result.items);
      WriteResult(json, result);
    });
  };
  const std::string so_far = SoFar(result);
  switch (result.end) {
    case End::kWhole:
      if (result.accepted == 0 && result.refused > 0) {
        return problem(ProblemKind::kInvalidInput, "No item is good: refusals says why.");
      }
      return Taken(options.topic, result);
    case End::kBroken:
      return problem(ProblemKind::kInvalidJson,
                     fmt::format("Item {}: {}. {}", result.items, result.error->message(), so_far));
    case End::kCut: {
      const auto [kind, words] = Explain(cut);
      return problem(kind, fmt::format("{} {}", words, so_far));
    }
    case End::kUnknown: {
      auto response = problem(ProblemKind::kOutcomeUnknown, so_far);
      response.log = result.error->message();
      return response;
    }
    case End::kRefused: {
      const bool no_topic = result.error->code() == ErrorCode::kNotFound;
      auto response =
          problem(no_topic ? ProblemKind::kTopicMissing : http::ProblemKindOf(result.error->code()),
                  no_topic ? std::string() : "Nothing more is taken now. " + so_far);
      response.log = result.error->message();
      return response;
    }
    case End::kNoFarm:
      if (auto refusal = RefuseFarm(options.farm, result.farm)) return *std::move(refusal);
      break;
  }
  return ProblemResponse(ProblemKind::kInternal);
}

/// A body on its way into the log.
class BulkBody final : public http::BodySink {
 public:
  BulkBody(const intake::BulkParts& parts, const intake::BulkOptions& options,
           http::Respond respond)
      : cut_(std::make_shared<std::atomic<http::CutShort>>(http::CutShort::kSilent)),
        bulk_(intake::Bulk::Make(
            parts, options,
            [options, cut = cut_, respond = std::move(respond)](const BulkResult& result) {
              respond(Answer(options, result, *cut));
            })) {}

  void Take(std::string_view bytes, std::function<void()> more) override {
    bulk_->Take(bytes, std::move(more));
  }
  void Finish() override { bulk_->Finish(); }
  void Cut(http::CutShort why) override {
    if (why == http::CutShort::kSlow) return bulk_->Leave();
    *cut_ = why;  // Before anybody is told: that follows Bulk's Cut.
    bulk_->Cut();
  }

 private:
  const std::shared_ptr<std::atomic<http::CutShort>> cut_;
  const std::shared_ptr<intake::Bulk> bulk_;
};

}  // namespace

http::Route BulkRoute(std::string_view base, pipeline::Topic topic,
                      const intake::BulkParts& parts) {
  http::Route route;
  route.method = "POST";
  route.path = fmt::format("{}/{}", base, Name(topic));
  route.stream = [topic, parts](const http::Request& request,
                                http::Respond answer) -> std::shared_ptr<http::BodySink> {
    const intake::RequestId id = RequestIdOf(request);
    http::Respond respond = [id, answer = std::move(answer)](http::Response response) {
      response.headers.emplace_back("X-Request-Id", Text(id));
      answer(std::move(response));
    };
    auto form = FormOf(request);
    if (auto* refusal = std::get_if<http::Response>(&form)) {
      respond(std::move(*refusal));
      return nullptr;
    }
    auto farm = FarmOfPath(request);
    if (auto* refusal = std::get_if<http::Response>(&farm)) {
      respond(std::move(*refusal));
      return nullptr;
    }
    return std::make_shared<BulkBody>(parts,
                                      intake::BulkOptions{topic, std::get<BulkForm>(form), id,
                                                          std::get<std::string>(std::move(farm))},
                                      std::move(respond));
  };
  return route;
}

}  // namespace herdflow::api
