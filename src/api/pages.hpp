#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "herdflow/core/result.hpp"
#include "herdflow/http/route.hpp"

namespace herdflow::api {

/// The OpenAPI documents, as they stand in openapi/ and are served.
[[nodiscard]] std::string_view ProducerDocument();
[[nodiscard]] std::string_view BackendDocument();

/// The JSON Schema of a topic's messages, as it stands in schemas/ and is served.
struct MessageSchema {
  std::string_view message;  ///< `cow`: served as `/schemas/cow.json`.
  std::string_view document;
};
[[nodiscard]] std::vector<MessageSchema> MessageSchemas();

/// `/healthz`: the process answers. Needs no token.
[[nodiscard]] http::Route HealthRoute();

/// `/readyz`: what the port serves from answers. Needs no token.
/// `part`: its name, for people. `ask`: fails where it does not answer; may block, and is called
/// once a second at most, whoever asks how often.
[[nodiscard]] http::Route ReadyRoute(std::string_view part, std::function<Result<>()> ask);

/// The routes that explain the port: `/`, `/docs` with what it loads, `/openapi.json` and the
/// schemas. Everything comes out of the executable; `document` lives as long as it. Where a token
/// is needed, `/` and `/docs` answer a request without it by a page that asks for it and then loads
/// the rest with it.
[[nodiscard]] std::vector<http::Route> PageRoutes(std::string_view document);

}  // namespace herdflow::api
