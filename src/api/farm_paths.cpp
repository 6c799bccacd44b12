#include "farm_paths.hpp"

#include <algorithm>

#include "herdflow/core/text.hpp"
#include "herdflow/herd/farm.hpp"
#include "herdflow/http/problem.hpp"

namespace herdflow::api {

using http::ProblemKind;
using http::ProblemResponse;

std::variant<std::string, http::Response> FarmOfPath(const http::Request& request) {
  const auto named =
      std::find_if(request.parameters.begin(), request.parameters.end(),
                   [](const http::NamedText& parameter) { return parameter.first == "farm"; });
  if (named == request.parameters.end()) return std::string();
  if (!IsUtf8(named->second)) {
    return ProblemResponse(ProblemKind::kInvalidInput, {},
                           {{"path.farm", std::string(Name(herd::RejectionCode::kBadUtf8)),
                             "the farm's id is not UTF-8"}});
  }
  if (const auto rejection = herd::JudgeFarmId({herd::Field::Kind::kText, named->second}, "farm")) {
    return ProblemResponse(ProblemKind::kInvalidInput, {},
                           {{"path.farm", std::string(Name(rejection->code)), rejection->reason}});
  }
  return named->second;
}

http::Response UnknownFarm(std::string_view farm) {
  return ProblemResponse(ProblemKind::kUnknownFarm, herd::NoSuchFarm(farm));
}

http::Response ClosedFarm(std::string_view farm) {
  return ProblemResponse(ProblemKind::kFarmClosed, herd::FarmIsClosed(farm));
}

std::optional<http::Response> RefuseFarm(std::string_view farm,
                                         const Result<intake::FarmState>& state) {
  if (!state) return ProblemResponse(state.error());
  switch (*state) {
    case intake::FarmState::kOpen:
      break;
    case intake::FarmState::kUnknown:
      return UnknownFarm(farm);
    case intake::FarmState::kClosed:
      return ClosedFarm(farm);
  }
  return std::nullopt;
}

}  // namespace herdflow::api
