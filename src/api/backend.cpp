#include "herdflow/api/backend.hpp"

#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "farm_paths.hpp"
#include "farms.hpp"
#include "herdflow/api/json.hpp"
#include "herdflow/core/text.hpp"
#include "herdflow/core/time.hpp"
#include "herdflow/herd/farm.hpp"
#include "herdflow/herd/message.hpp"
#include "herdflow/herd/rules.hpp"
#include "herdflow/http/problem.hpp"
#include "pages.hpp"
#include "pipelines.hpp"
#include "refusals.hpp"

namespace herdflow::api {
namespace {

using http::ProblemKind;
using http::ProblemResponse;
using http::Request;
using http::Response;

/// What is wrong with the cow's id in the path, if anything.
std::optional<herd::Rejection> JudgePathId(std::string_view id) {
  if (!IsUtf8(id)) {
    return herd::Rejection{herd::RejectionCode::kBadUtf8, "cow_id", "the id is not UTF-8"};
  }
  return herd::JudgeId(herd::Field{herd::Field::Kind::kText, id}, "cow_id");
}

Response FindCow(const BackendDeps& deps, const Request& request, std::string_view farm,
                 std::string_view id) {
  const auto cow = deps.herd.FindCow(farm, id);
  if (!cow) return ProblemResponse(cow.error());
  if (*cow) return http::JsonResponse(200, CowJson(**cow));
  auto known = FindFarm(deps, request);
  if (auto* refusal = std::get_if<Response>(&known)) return std::move(*refusal);
  return ProblemResponse(ProblemKind::kNotFound, "There is no cow with this id.");
}

Prepared GetCow(const BackendDeps& deps, const Request& request) {
  auto named = FarmOrDefault(request);
  if (auto* refusal = std::get_if<Response>(&named)) return std::move(*refusal);
  const std::string_view id = request.Parameter("cow_id");
  if (const auto rejection = JudgePathId(id)) {
    return ProblemResponse(
        ProblemKind::kInvalidInput, {},
        {{"path.cow_id", std::string(Name(rejection->code)), rejection->reason}});
  }
  auto& farm = std::get<std::string>(named);
  const auto revisions = deps.herd.ReadRevisions(farm, {});
  if (!revisions) return ProblemResponse(revisions.error());
  if (!*revisions) return UnknownFarm(farm);
  std::string subject = fmt::format("cow {}\n{}", farm, id);
  std::string state =
      fmt::format("{} {} {}", (*revisions)->herd_book, (*revisions)->newest_days, deps.build);
  return Recipe{
      std::move(subject), std::move(state),
      [&deps, &request, farm = std::move(farm), id] { return FindCow(deps, request, farm, id); }};
}

/// Name and birthdate by the rules for cows; the id is the back end's to give, the farm the path's.
std::variant<intake::NewCow, Response> ReadNewCow(std::string_view body, std::string_view farm) {
  thread_local herd::MessageParser parser;
  auto parsed = parser.Cow(body);
  if (const auto* rejection = std::get_if<herd::Rejection>(&parsed)) return RefuseBody(*rejection);
  auto& fields = std::get<herd::CowFields>(parsed);
  const auto other_farm = herd::JudgeOtherFarm(fields.farm, farm);
  fields.id = {herd::Field::Kind::kText, "new"};
  fields.deleted = {};
  const Instant now = Now();
  const herd::Precheck precheck = herd::PrecheckCow(fields, now);
  std::vector<herd::Rejection> rejections = precheck.refused;
  if (other_farm) rejections.push_back(*other_farm);
  rejections.insert(rejections.end(), precheck.warnings.begin(), precheck.warnings.end());
  auto judged = herd::JudgeCow(fields, now);
  if (auto* rejection = std::get_if<herd::Rejection>(&judged); rejection && rejections.empty()) {
    rejections.push_back(std::move(*rejection));
  }
  if (rejections.empty()) {
    // A bare name gets a number, and must not become too long by it.
    const std::string numbered = pipeline::LongestNumberedName(std::get<herd::Cow>(judged).name);
    fields.name = {herd::Field::Kind::kText, numbered};
    auto with_number = herd::JudgeCow(fields, now);
    if (auto* rejection = std::get_if<herd::Rejection>(&with_number)) {
      rejection->reason += " (with the number that is added to it)";
      rejections.push_back(std::move(*rejection));
    }
  }
  if (!rejections.empty()) return RefuseFields(rejections);
  auto& cow = std::get<herd::Cow>(judged);
  return intake::NewCow{std::string(farm), std::move(cow.name), cow.birthdate, {}, false};
}

Response PostCow(const BackendDeps& deps, const Request& request) {
  if (auto refusal = RefuseEncoding(request)) return std::move(*refusal);
  if (auto refusal = RefuseIdempotencyKey(request, /*is_required=*/false)) {
    return std::move(*refusal);
  }
  auto named = FarmOrDefault(request);
  if (auto* refusal = std::get_if<Response>(&named)) return std::move(*refusal);
  auto read = ReadNewCow(Trimmed(request.body), std::get<std::string>(named));
  if (auto* refusal = std::get_if<Response>(&read)) return std::move(*refusal);
  auto& wanted = std::get<intake::NewCow>(read);
  auto farm = FindFarm(deps, request);
  if (auto* refusal = std::get_if<Response>(&farm)) return std::move(*refusal);
  const auto& of = std::get<pipeline::FarmView>(farm);
  wanted.idempotency_key = request.Header("Idempotency-Key");
  wanted.is_farm_closed = of.closed_at.has_value();
  // A key may have made the cow before.
  if (wanted.is_farm_closed && wanted.idempotency_key.empty()) return ClosedFarm(of.id);
  const auto cow = deps.create_cow(wanted);
  if (cow) return http::JsonResponse(200, CowJson(*cow));
  const bool is_conflict = cow.error().code() == ErrorCode::kConflict;
  if (wanted.is_farm_closed && is_conflict) return ClosedFarm(of.id);
  return NotDone(cow.error(),
                 "The cow may have been made. Sending it again is harmless with the same "
                 "Idempotency-Key.");
}

Response RefuseDate(std::string_view code, std::string_view message) {
  return ProblemResponse(ProblemKind::kInvalidDate, {},
                         {{"path.report_date", std::string(code), std::string(message)}});
}

Prepared GetReport(const BackendDeps& deps, const Request& request) {
  const auto day = ParseDate(request.Parameter("report_date"));
  if (!day) return RefuseDate("bad_date", "expected a day that exists, as YYYY-MM-DD");
  auto named = FarmOrDefault(request);
  if (auto* refusal = std::get_if<Response>(&named)) return std::move(*refusal);
  auto& farm = std::get<std::string>(named);
  const auto revisions =
      deps.herd.ReadRevisions(farm, {*day - (herd::kWeightWindowDays - 1), *day});
  if (!revisions) return ProblemResponse(revisions.error());
  if (!*revisions || !(*revisions)->time_zone) return UnknownFarm(farm);
  const auto& [time_zone, data, herd_book, newest_days, cow_days] = **revisions;
  const auto today = deps.today(*time_zone);
  if (!today) return ProblemResponse(today.error());
  if (*day > *today) {
    return RefuseDate("in_future", "the farm's today is " + FormatDate(*today));
  }
  std::string subject = fmt::format("report {}\n{}", farm, day->days);
  // Of today only whether it is the day: what is of last year stays over midnight.
  std::string state =
      fmt::format("{} {} {} {} {} {}", herd_book, cow_days, *day == *today,
                  data ? fmt::format("{} {}", data->first.days, data->last.days) : "",
                  deps.health.low_milk_millionths, deps.build);
  return Recipe{
      std::move(subject), std::move(state),
      [&deps, farm = std::move(farm), day = *day, today = *today] {
        const auto read = deps.report.ReadReportData(farm, day);
        if (!read) return ProblemResponse(read.error());
        return http::JsonResponse(
            200, ReportJson(herd::MakeReport(day, today, read->data, read->cows, deps.health)));
      }};
}

using Handler = Response (*)(const BackendDeps&, const Request&);
using Prepare = Prepared (*)(const BackendDeps&, const Request&);

/// What is got is read; all else writes.
http::Route BlockingRoute(std::string method, std::string path, Handler handler,
                          const std::shared_ptr<const BackendDeps>& deps) {
  http::Route route;
  route.run = method == "GET" ? http::Run::kBlocking : http::Run::kWriting;
  route.method = std::move(method);
  route.path = std::move(path);
  route.handle = [handler, deps](const Request& request, const http::Respond& respond) {
    respond(handler(*deps, request));
  };
  return route;
}

/// What answers with what many ask for.
class MadeRoutes {
 public:
  explicit MadeRoutes(std::shared_ptr<const BackendDeps> deps) : deps_(std::move(deps)) {}

  [[nodiscard]] http::Route Get(std::string path, Prepare prepare) const {
    http::Route route;
    route.method = "GET";
    route.path = std::move(path);
    route.run = http::Run::kBlocking;
    route.handle = [prepare, deps = deps_, answers = answers_](const Request& request,
                                                               const http::Respond& respond) {
      answers->Answer(request, respond, [&] { return prepare(*deps, request); });
    };
    return route;
  }

 private:
  std::shared_ptr<const BackendDeps> deps_;
  std::shared_ptr<MadeAnswers> answers_ = std::make_shared<MadeAnswers>(MadeAnswers::Limits{});
};

}  // namespace

Result<> Ready(pipeline::OperationsQueries& queries) {
  HERDFLOW_CHECK(queries.ReadProgress());
  return {};
}

std::vector<http::Route> BackendRoutes(BackendDeps deps) {
  const auto shared = std::make_shared<const BackendDeps>(std::move(deps));
  std::vector<http::Route> routes = PageRoutes(BackendDocument());
  routes.push_back(HealthRoute());
  routes.push_back(ReadyRoute("store", [shared] { return Ready(shared->operations); }));
  const MadeRoutes made(shared);
  // The seed system's paths are those of `default`.
  for (const std::string_view base : {std::string_view(), kFarmPath}) {
    const auto path = [&](std::string_view rest) { return fmt::format("{}{}", base, rest); };
    routes.push_back(made.Get(path("/cows/{cow_id}"), GetCow));
    routes.push_back(BlockingRoute("POST", path("/cows/"), PostCow, shared));
    routes.back().max_body_bytes = kMaxBodyBytes;
    routes.push_back(made.Get(path("/generate-report/{report_date}"), GetReport));
  }
  routes.push_back(made.Get("/api/v1/farms", GetFarms));
  routes.push_back(made.Get(std::string(kFarmPath), GetFarm));
  routes.push_back(BlockingRoute("PUT", std::string(kFarmPath), PutFarm, shared));
  routes.back().max_body_bytes = kMaxBodyBytes;
  routes.push_back(BlockingRoute("GET", "/api/v1/pipelines", GetPipelines, shared));
  routes.push_back(
      BlockingRoute("POST", "/api/v1/pipelines/{pipeline}/tasks/{task}/runs", PostRun, shared));
  routes.back().max_body_bytes = kMaxBodyBytes;
  routes.push_back(BlockingRoute("GET", "/api/v1/runs/{id}", GetRun, shared));
  routes.push_back(BlockingRoute("POST", "/api/v1/runs/{id}/cancel", PostCancel, shared));
  routes.back().max_body_bytes = kMaxBodyBytes;
  routes.push_back(BlockingRoute("POST", "/api/v1/notifications", PostNotification, shared));
  routes.back().max_body_bytes = kMaxBodyBytes;
  return routes;
}

}  // namespace herdflow::api
