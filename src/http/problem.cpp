#include "herdflow/http/problem.hpp"

#include "herdflow/core/text.hpp"
#include "herdflow/http/json_writer.hpp"

namespace herdflow::http {

const ProblemFacts& Facts(ProblemKind kind) {
  // In the order of ProblemKind.
  static constexpr std::array<ProblemFacts, kAllProblemKinds.size()> kFacts{{
      {400, "urn:herdflow:problem:malformed-request", "Malformed request",
       "The request is not well-formed HTTP/1.1."},
      {400, "urn:herdflow:problem:invalid-json", "Body is not the JSON that was expected",
       "Send one JSON object in UTF-8."},
      {400, "urn:herdflow:problem:invalid-date", "Date cannot be used",
       "Send a date as YYYY-MM-DD, not later than the farm's today."},
      {422, "urn:herdflow:problem:invalid-input", "Fields cannot be accepted",
       "Correct the fields named in errors and send the request again."},
      {404, "urn:herdflow:problem:not-found", "Not found", "What was asked for does not exist."},
      {404, "urn:herdflow:problem:unknown-farm", "No such farm",
       "Nothing was done: make the farm first."},
      {405, "urn:herdflow:problem:method-not-allowed", "Method not allowed",
       "The header Allow lists the methods of this path."},
      {409, "urn:herdflow:problem:conflict", "Conflict",
       "Somebody else holds or changed it; look, then decide."},
      {409, "urn:herdflow:problem:farm-closed", "Farm is closed",
       "Nothing was done: of a closed farm everything can be read, and nothing is taken."},
      {401, "urn:herdflow:problem:unauthorized", "Token missing or wrong",
       "Send the header Authorization: Bearer TOKEN; whoever runs herdflow has the token."},
      {403, "urn:herdflow:problem:cross-origin", "Request of another site refused",
       "A web page of another origin may not send requests here."},
      {415, "urn:herdflow:problem:unsupported-charset", "Character set not supported",
       "Send the body in UTF-8."},
      {415, "urn:herdflow:problem:unsupported-encoding", "Content encoding not supported",
       "Send the body as it is, without Content-Encoding."},
      {415, "urn:herdflow:problem:unsupported-type", "Media type not supported",
       "Send application/json, or application/x-ndjson for a message a line."},
      {413, "urn:herdflow:problem:body-too-large", "Body too large",
       "Send one event a request, in a smaller body."},
      {431, "urn:herdflow:problem:headers-too-large", "Headers too large",
       "Send fewer or shorter header fields."},
      {408, "urn:herdflow:problem:request-timeout", "Request too slow",
       "The whole request did not arrive in time; send it again."},
      {503, "urn:herdflow:problem:unavailable", "Not available now",
       "Nothing was done; send the request again after the time in Retry-After."},
      {503, "urn:herdflow:problem:topic-missing", "No such topic",
       "Nothing was done: the log has no topic for it. Whoever runs herdflow makes it with: "
       "herdflow "
       "topics create. Send the request again after that."},
      {504, "urn:herdflow:problem:outcome-unknown", "Outcome unknown",
       "No answer came in time: it may have happened, or not. /docs says whether sending it again "
       "is "
       "harmless."},
      {500, "urn:herdflow:problem:internal", "Internal error",
       "A defect of herdflow or of its data; the log of the server says more."},
  }};
  return kFacts[static_cast<std::size_t>(kind)];
}

ProblemKind ProblemKindOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidInput:
      return ProblemKind::kInvalidInput;
    case ErrorCode::kNotFound:
      return ProblemKind::kNotFound;
    case ErrorCode::kConflict:
      return ProblemKind::kConflict;
    case ErrorCode::kUnavailable:
    case ErrorCode::kShuttingDown:
      return ProblemKind::kUnavailable;
    case ErrorCode::kTimeout:
      return ProblemKind::kOutcomeUnknown;
    case ErrorCode::kCorruptData:
    case ErrorCode::kInternal:
      return ProblemKind::kInternal;
  }
  return ProblemKind::kInternal;
}

Response ProblemResponse(ProblemKind kind, std::string_view detail,
                         const std::vector<FieldError>& errors,
                         const std::function<void(JsonWriter&)>& more) {
  const ProblemFacts& facts = Facts(kind);
  JsonWriter json;
  json.BeginObject();
  json.Key("type").String(facts.type);
  json.Key("title").String(facts.title);
  json.Key("status").Integer(facts.status);
  json.Key("detail").String(detail.empty() ? std::string(facts.detail) : Visible(detail));
  json.Key("errors").BeginArray();
  for (const FieldError& error : errors) {
    json.BeginObject();
    json.Key("location").String(error.location);
    json.Key("code").String(error.code);
    json.Key("message").String(error.message);
    json.EndObject();
  }
  json.EndArray();
  if (more) more(json);
  json.EndObject();
  Response response = JsonResponse(facts.status, json.Take());
  response.content_type = "application/problem+json";
  if (kind == ProblemKind::kUnavailable) response.headers.emplace_back("Retry-After", "1");
  if (facts.status >= 500) response.log = detail.empty() ? facts.title : detail;
  return response;
}

Response ProblemResponse(const Error& error) {
  const ProblemKind kind = ProblemKindOf(error.code());
  const bool for_client = Facts(kind).status < 500;
  Response response = ProblemResponse(kind, for_client ? error.message() : std::string_view());
  response.log = error.message();
  return response;
}

}  // namespace herdflow::http
