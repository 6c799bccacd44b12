#include "router.hpp"

#include <algorithm>
#include <set>

#include "percent.hpp"

namespace herdflow::http {
namespace {

std::string_view WithoutTrailingSlash(std::string_view path) {
  if (path.ends_with('/')) path.remove_suffix(1);
  return path;
}

/// Takes `/segment` off the front of `path`.
std::string_view TakeSegment(std::string_view& path) {
  path.remove_prefix(1);
  const std::string_view segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size());
  return segment;
}

bool IsParameter(std::string_view segment) { return segment.starts_with('{'); }

/// The route of the method, or null; HEAD falls back on GET.
const Route* Choose(const std::vector<const Route*>& routes, std::string_view method) {
  for (const Route* route : routes) {
    if (route->method == method || (method == "HEAD" && route->method == "GET")) return route;
  }
  return nullptr;
}

std::string Allow(const std::vector<const Route*>& routes) {
  std::set<std::string_view> methods;
  for (const Route* route : routes) {
    methods.insert(route->method);
    if (route->method == "GET") methods.insert("HEAD");
  }
  std::string allow;
  for (const std::string_view method : methods) {
    if (!allow.empty()) allow += ", ";
    allow += method;
  }
  return allow;
}

}  // namespace

Router::Router(std::vector<Route> routes) : routes_(std::move(routes)) {
  for (const Route& route : routes_) {
    const std::string_view path = WithoutTrailingSlash(route.path);
    if (path.find('{') == std::string_view::npos) {
      fixed_[std::string(path)].routes.push_back(&route);
      continue;
    }
    std::vector<std::string> segments;
    for (std::string_view rest = path; !rest.empty();) segments.emplace_back(TakeSegment(rest));
    const auto same = std::find_if(open_.begin(), open_.end(), [&](const Pattern& pattern) {
      return pattern.segments == segments;
    });
    Pattern& pattern = same != open_.end() ? *same : open_.emplace_back();
    pattern.segments = std::move(segments);
    pattern.routes.push_back(&route);
  }
}

bool Router::Match(const Pattern& pattern, std::string_view path, Found& found) {
  found.parameters.clear();
  for (const std::string& expected : pattern.segments) {
    if (path.empty()) return false;
    const std::string_view segment = TakeSegment(path);
    if (!IsParameter(expected)) {
      if (segment != expected) return false;
      continue;
    }
    if (segment.empty()) return false;
    found.parameters.emplace_back(expected.substr(1, expected.size() - 2),
                                  PercentDecode(segment).value_or(""));
  }
  return path.empty();
}

Router::Found Router::Find(std::string_view method, std::string_view sent_path) const {
  Found found;
  const auto decoded = DecodeUnreserved(sent_path);
  if (!decoded) {
    found.bad_escape = true;
    return found;
  }
  const std::string_view path = WithoutTrailingSlash(*decoded);
  const std::vector<const Route*>* routes = nullptr;
  if (const auto fixed = fixed_.find(path); fixed != fixed_.end()) {
    routes = &fixed->second.routes;
  } else {
    for (const Pattern& pattern : open_) {
      if (!Match(pattern, path, found)) continue;
      routes = &pattern.routes;
      break;
    }
  }
  if (routes == nullptr) return found;
  found.route = Choose(*routes, method);
  if (found.route == nullptr) found.allow = Allow(*routes);
  return found;
}

}  // namespace herdflow::http
