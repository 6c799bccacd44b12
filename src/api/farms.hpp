#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "herdflow/api/backend.hpp"
#include "herdflow/core/result.hpp"
#include "herdflow/http/message.hpp"
#include "made_answers.hpp"

/// What the back end answers about farms, and what its other answers ask about theirs.
namespace herdflow::api {

/// The id of the farm that the request is about: the path's, or else `default`; or an answer.
[[nodiscard]] std::variant<std::string, http::Response> FarmOrDefault(const http::Request& request);
/// That farm; or an answer, where there is none too.
[[nodiscard]] std::variant<pipeline::FarmView, http::Response> FindFarm(
    const BackendDeps& deps, const http::Request& request);

/// What became of an event that the back end was to make. `unknown`: of one that may be in the log.
[[nodiscard]] http::Response NotDone(const Error& error, std::string_view unknown);

[[nodiscard]] Prepared GetFarms(const BackendDeps& deps, const http::Request& request);
[[nodiscard]] Prepared GetFarm(const BackendDeps& deps, const http::Request& request);
[[nodiscard]] http::Response PutFarm(const BackendDeps& deps, const http::Request& request);

}  // namespace herdflow::api
