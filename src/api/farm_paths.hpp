#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "herdflow/core/result.hpp"
#include "herdflow/http/message.hpp"
#include "herdflow/intake/farm_book.hpp"

namespace herdflow::api {

/// What the paths of a farm's own begin with.
inline constexpr std::string_view kFarmPath = "/api/v1/farms/{farm}";

/// The farm that the request's path names, empty where the route's path names none; or 422: it is
/// no farm's id.
[[nodiscard]] std::variant<std::string, http::Response> FarmOfPath(const http::Request& request);

[[nodiscard]] http::Response UnknownFarm(std::string_view farm);
[[nodiscard]] http::Response ClosedFarm(std::string_view farm);
/// An answer where no event of the farm is taken.
[[nodiscard]] std::optional<http::Response> RefuseFarm(std::string_view farm,
                                                       const Result<intake::FarmState>& state);

}  // namespace herdflow::api
