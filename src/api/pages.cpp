#include "pages.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <string>

// NOLINTBEGIN(readability-identifier-naming): the names that herdflow_embed gives the linker.
extern "C" {
extern const char herdflow_embedded_docs_index[];
extern const char herdflow_embedded_docs_index_end[];
extern const char herdflow_embedded_docs_init[];
extern const char herdflow_embedded_docs_init_end[];
extern const char herdflow_embedded_swagger_js[];
extern const char herdflow_embedded_swagger_js_end[];
extern const char herdflow_embedded_swagger_css[];
extern const char herdflow_embedded_swagger_css_end[];
extern const char herdflow_embedded_openapi_producer[];
extern const char herdflow_embedded_openapi_producer_end[];
extern const char herdflow_embedded_openapi_backend[];
extern const char herdflow_embedded_openapi_backend_end[];
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

http::Route HealthRoute() {
  http::Route route;
  route.method = "GET";
  route.path = "/healthz";
  route.handle = [](const http::Request&, const http::Respond& respond) {
    respond(http::JsonResponse(200, R"({"status":"ok"})"));
  };
  return route;
}

std::vector<http::Route> PageRoutes(std::string_view document) {
  http::Route root;
  root.method = "GET";
  root.path = "/";
  root.handle = [](const http::Request&, const http::Respond& respond) {
    http::Response response;
    response.status = 307;
    response.headers = {{"Location", "/docs"}};
    respond(std::move(response));
  };
  return {
      std::move(root),
      Asset("/openapi.json", "application/json", document),
      Asset("/docs", "text/html; charset=utf-8",
            Between(herdflow_embedded_docs_index, herdflow_embedded_docs_index_end)),
      Asset("/docs/init.js", "text/javascript; charset=utf-8",
            Between(herdflow_embedded_docs_init, herdflow_embedded_docs_init_end)),
      Asset("/docs/swagger-ui-bundle.js", "text/javascript; charset=utf-8",
            Between(herdflow_embedded_swagger_js, herdflow_embedded_swagger_js_end)),
      Asset("/docs/swagger-ui.css", "text/css; charset=utf-8",
            Between(herdflow_embedded_swagger_css, herdflow_embedded_swagger_css_end)),
  };
}

}  // namespace herdflow::api
