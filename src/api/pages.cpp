#include "pages.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "herdflow/http/problem.hpp"

// NOLINTBEGIN(readability-identifier-naming): the names that herdflow_embed gives the linker.
extern "C" {
extern const char herdflow_embedded_docs_index[];
extern const char herdflow_embedded_docs_index_end[];
extern const char herdflow_embedded_docs_init[];
extern const char herdflow_embedded_docs_init_end[];
extern const char herdflow_embedded_sign_in_page[];
extern const char herdflow_embedded_sign_in_page_end[];
extern const char herdflow_embedded_sign_in_js[];
extern const char herdflow_embedded_sign_in_js_end[];
extern const char herdflow_embedded_swagger_js[];
extern const char herdflow_embedded_swagger_js_end[];
extern const char herdflow_embedded_swagger_css[];
extern const char herdflow_embedded_swagger_css_end[];
extern const char herdflow_embedded_openapi_producer[];
extern const char herdflow_embedded_openapi_producer_end[];
extern const char herdflow_embedded_openapi_backend[];
extern const char herdflow_embedded_openapi_backend_end[];
extern const char herdflow_embedded_schema_cow[];
extern const char herdflow_embedded_schema_cow_end[];
extern const char herdflow_embedded_schema_sensor[];
extern const char herdflow_embedded_schema_sensor_end[];
extern const char herdflow_embedded_schema_measurement[];
extern const char herdflow_embedded_schema_measurement_end[];
extern const char herdflow_embedded_schema_farm[];
extern const char herdflow_embedded_schema_farm_end[];
}
// NOLINTEND(readability-identifier-naming)

namespace herdflow::api {
namespace {

std::string_view Between(const char* begin, const char* end) {
  return {begin, static_cast<std::size_t>(end - begin)};
}

/// A tag that changes with the bytes (FNV-1a), so that a browser asks again and gets a 304.
std::string Tag(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return fmt::format("\"{:016x}\"", hash);
}

/// A page may load from this server only. (Swagger UI sets styles in its elements.)
constexpr const char* kContentPolicy =
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

/// Hexadecimal digits as base64, which a content policy wants its hashes in.
std::string Base64OfHex(std::string_view hex) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto value = [](char digit) {
    return static_cast<unsigned>(digit <= '9' ? digit - '0' : digit - 'a' + 10);
  };
  std::string text;
  for (; hex.size() >= 6; hex.remove_prefix(6)) {  // Three bytes are four digits of base64.
    unsigned bits = 0;
    for (const char digit : hex.substr(0, 6)) bits = bits << 4U | value(digit);
    for (const unsigned shift : {18U, 12U, 6U, 0U}) text += kDigits[bits >> shift & 63U];
  }
  if (hex.size() == 4) {  // The last two of the 32 bytes of a SHA-256.
    unsigned bits = 0;
    for (const char digit : hex) bits = bits << 4U | value(digit);
    for (const unsigned shift : {10U, 4U}) text += kDigits[bits >> shift & 63U];
    text += kDigits[bits << 2U & 63U];
    text += '=';
  }
  return text;
}

/// A page of one file, since a browser has no token yet to load others with. Its script may run by
/// its hash, and may run what it loaded with the token.
http::Response SignInPage() {
  http::Response response;
  response.content_type = "text/html; charset=utf-8";
  response.body =
      fmt::format("{}<script>{}</script>\n</body>\n</html>\n",
                  Between(herdflow_embedded_sign_in_page, herdflow_embedded_sign_in_page_end),
                  Between(herdflow_embedded_sign_in_js, herdflow_embedded_sign_in_js_end));
  response.headers = {{"Content-Security-Policy",
                       fmt::format("{}; script-src 'self' blob: 'sha256-{}'", kContentPolicy,
                                   Base64OfHex(HERDFLOW_SIGN_IN_SHA256))}};
  return response;
}

http::Route Asset(std::string path, std::string content_type, std::string_view bytes) {
  http::Route route;
  route.method = "GET";
  route.path = std::move(path);
  route.handle = [content_type = std::move(content_type), bytes, tag = Tag(bytes)](
                     const http::Request& request, const http::Respond& respond) {
    http::Response response;
    response.headers = {{"ETag", tag}, {"Cache-Control", "no-cache"}};
    if (request.Header("If-None-Match").find(tag) != std::string_view::npos) {
      response.status = 304;
    } else {
      response.content_type = content_type;
      response.body = bytes;
      response.headers.emplace_back("Content-Security-Policy", kContentPolicy);
    }
    respond(std::move(response));
  };
  return route;
}

}  // namespace

std::string_view ProducerDocument() {
  return Between(herdflow_embedded_openapi_producer, herdflow_embedded_openapi_producer_end);
}

std::string_view BackendDocument() {
  return Between(herdflow_embedded_openapi_backend, herdflow_embedded_openapi_backend_end);
}

std::vector<MessageSchema> MessageSchemas() {
  return {
      {"cow", Between(herdflow_embedded_schema_cow, herdflow_embedded_schema_cow_end)},
      {"sensor", Between(herdflow_embedded_schema_sensor, herdflow_embedded_schema_sensor_end)},
      {"measurement",
       Between(herdflow_embedded_schema_measurement, herdflow_embedded_schema_measurement_end)},
      {"farm", Between(herdflow_embedded_schema_farm, herdflow_embedded_schema_farm_end)},
  };
}

http::Route HealthRoute() {
  http::Route route;
  route.method = "GET";
  route.path = "/healthz";
  route.is_open = true;
  route.handle = [](const http::Request&, const http::Respond& respond) {
    respond(http::JsonResponse(200, R"({"status":"ok"})"));
  };
  return route;
}

namespace {

/// Asks at most once a second: what everybody may ask must not keep the part busy.
class Readiness {
 public:
  explicit Readiness(std::function<Result<>()> ask) : ask_(std::move(ask)) {}

  Result<> Ask() {
    const std::lock_guard lock(mutex_);
    if (!asked_at_ || Clock::now() - *asked_at_ >= std::chrono::seconds(1)) {
      last_ = ask_();
      asked_at_ = Clock::now();
    }
    return last_;
  }

 private:
  using Clock = std::chrono::steady_clock;
  const std::function<Result<>()> ask_;
  std::mutex mutex_;
  std::optional<Clock::time_point> asked_at_;
  Result<> last_;
};

}  // namespace

http::Route ReadyRoute(std::string_view part, std::function<Result<>()> ask) {
  http::Route route;
  route.method = "GET";
  route.path = "/readyz";
  route.run = http::Run::kProbing;
  route.is_open = true;
  route.handle = [part = std::string(part),
                  readiness = std::make_shared<Readiness>(std::move(ask))](
                     const http::Request&, const http::Respond& respond) {
    const Result<> ready = readiness->Ask();
    if (ready) return respond(http::JsonResponse(200, R"({"status":"ready"})"));
    auto response = http::ProblemResponse(http::ProblemKind::kUnavailable,
                                          fmt::format("The {} does not answer.", part));
    response.log = ready.error().message();
    respond(std::move(response));
  };
  return route;
}

std::vector<http::Route> PageRoutes(std::string_view document) {
  http::Route root;
  root.method = "GET";
  root.path = "/";
  root.without_token = SignInPage();
  root.handle = [](const http::Request&, const http::Respond& respond) {
    http::Response response;
    response.status = 307;
    response.headers = {{"Location", "/docs"}};
    respond(std::move(response));
  };
  http::Route docs = Asset("/docs", "text/html; charset=utf-8",
                           Between(herdflow_embedded_docs_index, herdflow_embedded_docs_index_end));
  docs.without_token = SignInPage();
  std::vector<http::Route> routes = {
      std::move(root),
      std::move(docs),
      Asset("/openapi.json", "application/json", document),
      Asset("/docs/init.js", "text/javascript; charset=utf-8",
            Between(herdflow_embedded_docs_init, herdflow_embedded_docs_init_end)),
      Asset("/docs/swagger-ui-bundle.js", "text/javascript; charset=utf-8",
            Between(herdflow_embedded_swagger_js, herdflow_embedded_swagger_js_end)),
      Asset("/docs/swagger-ui.css", "text/css; charset=utf-8",
            Between(herdflow_embedded_swagger_css, herdflow_embedded_swagger_css_end)),
  };
  for (const MessageSchema& schema : MessageSchemas()) {
    routes.push_back(Asset(fmt::format("/schemas/{}.json", schema.message),
                           "application/schema+json", schema.document));
  }
  return routes;
}

}  // namespace herdflow::api
