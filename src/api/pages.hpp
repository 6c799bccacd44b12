#pragma once

#include <string_view>
#include <vector>

#include "herdflow/http/route.hpp"

namespace herdflow::api {

/// The OpenAPI documents, as they stand in openapi/ and are served.
[[nodiscard]] std::string_view ProducerDocument();
[[nodiscard]] std::string_view BackendDocument();

/// `/healthz`.
[[nodiscard]] http::Route HealthRoute();

/// The routes for people: `/`, `/docs` with what it loads, and `/openapi.json`. Everything comes
/// out of the executable; `document` lives as long as it.
[[nodiscard]] std::vector<http::Route> PageRoutes(std::string_view document);

}  // namespace herdflow::api
