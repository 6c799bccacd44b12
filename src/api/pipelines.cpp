#include "pipelines.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>
#include <variant>

#include "herdflow/api/json.hpp"
#include "herdflow/core/text.hpp"
#include "herdflow/core/time.hpp"
#include "herdflow/herd/message.hpp"
#include "herdflow/http/problem.hpp"
#include "refusals.hpp"

namespace herdflow::api {
namespace {

using http::ProblemKind;
using http::ProblemResponse;
using http::Request;
using http::Response;

constexpr std::int64_t kUsualLines = 200;
constexpr std::int64_t kMostLines = 1'000;
constexpr std::ptrdiff_t kMaxTextCharacters = 4'096;

std::optional<std::int64_t> NumberIn(std::string_view text) {
  std::int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && rest == end ? std::optional(number) : std::nullopt;
}

/// A whole number of the query within bounds, or what is wrong with it.
std::variant<std::int64_t, http::FieldError> QueryNumber(const Request& request,
                                                         std::string_view name, std::int64_t usual,
                                                         std::int64_t least, std::int64_t most) {
  const auto text = request.QueryValue(name);
  if (!text) return usual;
  const auto number = NumberIn(*text);
  if (number && *number >= least && *number <= most) return *number;
  const std::size_t first = text->starts_with('-') ? 1 : 0;
  const bool is_number =
      text->size() > first && text->find_first_not_of("0123456789", first) == std::string::npos;
  return http::FieldError{fmt::format("query.{}", name),
                          is_number ? "out_of_range" : "not_a_number",
                          fmt::format("expected a whole number from {} to {}", least, most)};
}

Response NoSuchRun() {
  return ProblemResponse(ProblemKind::kNotFound, "There is no run with this id.");
}

std::string PathOf(const pipeline::TaskRun& run) {
  return fmt::format("/api/v1/runs/{}", static_cast<std::int64_t>(run.id));
}

/// A text of the body, trimmed of nothing. `errors`: what is wrong with it.
std::string ReadText(const herd::Field& field, std::string_view name, bool is_required,
                     std::vector<http::FieldError>& errors) {
  const std::string location = fmt::format("body.{}", name);
  if (field.kind == herd::Field::Kind::kAbsent || field.kind == herd::Field::Kind::kNull ||
      (field.kind == herd::Field::Kind::kText && field.text.empty())) {
    if (is_required) errors.push_back({location, "missing", "expected a text"});
    return {};
  }
  if (field.kind != herd::Field::Kind::kText) {
    errors.push_back({location, "bad_type", "expected a text"});
    return {};
  }
  const auto characters = std::count_if(field.text.begin(), field.text.end(), [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;  // In UTF-8 where one begins.
  });
  if (characters > kMaxTextCharacters) {
    errors.push_back(
        {location, "too_long", fmt::format("expected at most {} characters", kMaxTextCharacters)});
    return {};
  }
  return std::string(field.text);
}

}  // namespace

Response GetPipelines(const BackendDeps& deps, const Request&) {
  const auto overview = deps.ledger.List();
  if (!overview) return ProblemResponse(overview.error());
  return http::JsonResponse(200, PipelinesJson(deps.definitions, *overview));
}

Response PostRun(const BackendDeps& deps, const Request& request) {
  const auto [definition, task] =
      deps.definitions.Find(request.Parameter("pipeline"), request.Parameter("task"));
  if (task == nullptr) {
    return ProblemResponse(ProblemKind::kNotFound,
                           "There is no such task; GET /api/v1/pipelines lists them.");
  }
  if (auto refusal = RefuseIdempotencyKey(request, /*is_required=*/true)) {
    return std::move(*refusal);
  }
  pipeline::TaskRun run;
  run.pipeline = definition->id;
  run.task = task->id();
  run.key = fmt::format("api:{}", request.Header("Idempotency-Key"));
  run.trigger = pipeline::RunTrigger::kApi;
  run.requested_at = Now();
  const pipeline::NewRun wanted{std::move(run), {}};
  const auto requested = deps.ledger.Request({&wanted, 1});
  if (!requested) return ProblemResponse(requested.error());
  const auto& [known, is_new] = requested->front();
  if (known.pipeline != definition->id || known.task != task->id()) {
    return ProblemResponse(ProblemKind::kConflict,
                           fmt::format("This Idempotency-Key belongs to run {} of {}.",
                                       static_cast<std::int64_t>(known.id), known.task));
  }
  if (known.state == pipeline::RunState::kQueued && deps.run_requested) deps.run_requested();
  Response response = http::JsonResponse(is_new ? 202 : 200, RunJson(known));
  response.headers.emplace_back("Location", PathOf(known));
  return response;
}

Response GetRun(const BackendDeps& deps, const Request& request) {
  const auto id = NumberIn(request.Parameter("id"));
  if (!id) return NoSuchRun();
  const auto after = QueryNumber(request, "after", 0, 0, std::numeric_limits<std::int64_t>::max());
  const auto limit = QueryNumber(request, "limit", kUsualLines, 1, kMostLines);
  std::vector<http::FieldError> errors;
  for (const auto* value : {&after, &limit}) {
    if (const auto* error = std::get_if<http::FieldError>(value)) errors.push_back(*error);
  }
  if (!errors.empty()) return ProblemResponse(ProblemKind::kInvalidInput, {}, errors);
  const std::int64_t seen = std::get<std::int64_t>(after);
  const auto run = deps.ledger.Read(pipeline::RunId{*id}, seen,
                                    static_cast<std::size_t>(std::get<std::int64_t>(limit)));
  if (!run) return ProblemResponse(run.error());
  if (!*run) return NoSuchRun();
  return http::JsonResponse(200, RunWithLogJson(**run, seen));
}

Response PostCancel(const BackendDeps& deps, const Request& request) {
  const auto id = NumberIn(request.Parameter("id"));
  if (!id) return NoSuchRun();
  const Instant now = Now();
  const auto run = deps.ledger.Cancel(pipeline::RunId{*id}, now);
  if (!run) return ProblemResponse(run.error());
  if (!*run) return NoSuchRun();
  const bool was_over = IsOver((*run)->state) && (*run)->finished_at != now;
  return http::JsonResponse(was_over ? 200 : 202, RunJson(**run));
}

Response PostNotification(const BackendDeps& deps, const Request& request) {
  if (auto refusal = RefuseEncoding(request)) return std::move(*refusal);
  thread_local herd::MessageParser parser;
  const auto parsed = parser.Notification(Trimmed(request.body));
  if (const auto* rejection = std::get_if<herd::Rejection>(&parsed)) return RefuseBody(*rejection);
  const auto& fields = std::get<herd::NotificationFields>(parsed);
  std::vector<http::FieldError> errors;
  pipeline::Notification notification;
  notification.at = Now();
  notification.pipeline = ReadText(fields.pipeline, "pipeline", true, errors);
  notification.task = ReadText(fields.task, "task", false, errors);
  const std::string event = ReadText(fields.event, "event", true, errors);
  notification.message = ReadText(fields.message, "message", true, errors);
  notification.url = ReadText(fields.url, "url", false, errors);
  const auto* definition = deps.definitions.Find(notification.pipeline);
  if (!notification.pipeline.empty() && definition == nullptr) {
    errors.push_back({"body.pipeline", "out_of_range", "there is no such pipeline"});
  }
  if (definition != nullptr && !notification.task.empty() &&
      deps.definitions.Find(notification.pipeline, notification.task).second == nullptr) {
    errors.push_back({"body.task", "out_of_range", "the pipeline has no such task"});
  }
  const auto known = std::find_if(pipeline::kAllEvents.begin(), pipeline::kAllEvents.end(),
                                  [&](auto each) { return Name(each) == event; });
  if (known != pipeline::kAllEvents.end()) {
    notification.event = *known;
  } else if (!event.empty()) {
    errors.push_back({"body.event", "out_of_range", "expected failed, retrying or recovered"});
  }
  if (!errors.empty()) return ProblemResponse(ProblemKind::kInvalidInput, {}, errors);
  const auto noted = deps.ledger.Notify(notification);
  if (!noted) return ProblemResponse(noted.error());
  return http::JsonResponse(201, NotificationJson(notification));
}

}  // namespace herdflow::api
