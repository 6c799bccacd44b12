#include "farms.hpp"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "farm_paths.hpp"
#include "herdflow/api/json.hpp"
#include "herdflow/core/text.hpp"
#include "herdflow/herd/farm.hpp"
#include "herdflow/herd/message.hpp"
#include "herdflow/http/problem.hpp"
#include "refusals.hpp"

namespace herdflow::api {

using http::ProblemKind;
using http::ProblemResponse;
using http::Request;
using http::Response;

namespace {

/// The body's farm, whose id is the path's.
std::variant<herd::FarmFields, Response> ReadFarm(std::string_view body, std::string_view id) {
  thread_local herd::MessageParser parser;
  auto parsed = parser.Farm(body);
  if (const auto* rejection = std::get_if<herd::Rejection>(&parsed)) return RefuseBody(*rejection);
  auto& fields = std::get<herd::FarmFields>(parsed);
  std::vector<herd::Rejection> rejections;
  if (fields.id.kind != herd::Field::Kind::kAbsent && fields.id.text != id) {
    rejections.push_back({herd::RejectionCode::kOtherFarm, "id",
                          fmt::format("id is another than the path's, {}; leave it out", id)});
  }
  fields.id = {herd::Field::Kind::kText, id};
  const herd::Precheck precheck = herd::PrecheckFarm(fields, herd::Typing::kRequest);
  for (const auto* said : {&precheck.refused, &precheck.warnings}) {
    rejections.insert(rejections.end(), said->begin(), said->end());
  }
  if (!rejections.empty()) return RefuseFields(rejections);
  return fields;
}

}  // namespace

std::variant<std::string, Response> FarmOrDefault(const Request& request) {
  auto farm = FarmOfPath(request);
  if (auto* named = std::get_if<std::string>(&farm); named != nullptr && named->empty()) {
    *named = herd::kDefaultFarm;
  }
  return farm;
}

std::variant<pipeline::FarmView, Response> FindFarm(const BackendDeps& deps,
                                                    const Request& request) {
  auto named = FarmOrDefault(request);
  if (auto* refusal = std::get_if<Response>(&named)) return std::move(*refusal);
  const auto& id = std::get<std::string>(named);
  auto farm = deps.herd.FindFarm(id);
  if (!farm) return ProblemResponse(farm.error());
  if (!*farm) return UnknownFarm(id);
  return **std::move(farm);
}

Response NotDone(const Error& error, std::string_view unknown) {
  Response response = ProblemResponse(error);
  if (error.code() == ErrorCode::kTimeout) {
    response = ProblemResponse(ProblemKind::kOutcomeUnknown, unknown);
  } else if (error.code() == ErrorCode::kNotFound) {
    response = ProblemResponse(ProblemKind::kTopicMissing);
  }
  response.log = error.message();
  return response;
}

Prepared GetFarms(const BackendDeps& deps, const Request& /*request*/) {
  const auto revision = deps.herd.ReadRevisionOfFarms();
  if (!revision) return ProblemResponse(revision.error());
  return Recipe{"farms", fmt::format("{} {}", *revision, deps.build), [&deps] {
                  const auto farms = deps.herd.ListFarms();
                  if (!farms) return ProblemResponse(farms.error());
                  return http::JsonResponse(200, FarmsJson(*farms));
                }};
}

Prepared GetFarm(const BackendDeps& deps, const Request& request) {
  auto named = FarmOrDefault(request);
  if (auto* refusal = std::get_if<Response>(&named)) return std::move(*refusal);
  const auto& id = std::get<std::string>(named);
  const auto revisions = deps.herd.ReadRevisions(id, {});
  if (!revisions) return ProblemResponse(revisions.error());
  if (!*revisions) return UnknownFarm(id);
  return Recipe{fmt::format("farm {}", id),
                fmt::format("{} {}", (*revisions)->herd_book, deps.build), [&deps, &request] {
                  auto farm = FindFarm(deps, request);
                  if (auto* refusal = std::get_if<Response>(&farm)) return std::move(*refusal);
                  return http::JsonResponse(200, FarmJson(std::get<pipeline::FarmView>(farm)));
                }};
}

Response PutFarm(const BackendDeps& deps, const Request& request) {
  if (auto refusal = RefuseEncoding(request)) return std::move(*refusal);
  auto named = FarmOfPath(request);
  if (auto* refusal = std::get_if<Response>(&named)) return std::move(*refusal);
  auto read = ReadFarm(Trimmed(request.body), std::get<std::string>(named));
  if (auto* refusal = std::get_if<Response>(&read)) return std::move(*refusal);
  const auto& fields = std::get<herd::FarmFields>(read);
  if (fields.deleted.kind == herd::Field::Kind::kTrue) {  // There has to be one to close.
    auto known = FindFarm(deps, request);
    if (auto* refusal = std::get_if<Response>(&known)) return std::move(*refusal);
  }
  const auto farm = deps.put_farm(fields);
  if (farm) return http::JsonResponse(200, FarmJson(*farm));
  return NotDone(farm.error(), "The farm may be written. Sending the same again is harmless.");
}

}  // namespace herdflow::api
