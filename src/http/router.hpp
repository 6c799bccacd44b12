#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "herdflow/http/route.hpp"

namespace herdflow::http {

/// Finds the route of a request. Built once; then any thread.
class Router {
 public:
  explicit Router(std::vector<Route> routes);

  struct Found {
    const Route* route = nullptr;
    std::vector<NamedText> parameters;
    std::string allow;        ///< Path known, method not: the methods it has.
    bool bad_escape = false;  ///< The path has a `%` that is no escape, so it is no path.
  };
  /// `sent_path`: percent-encoded, without the query. `HEAD` is answered by a `GET` route.
  [[nodiscard]] Found Find(std::string_view method, std::string_view sent_path) const;

 private:
  struct Pattern {
    std::vector<std::string> segments;  ///< `{name}` is a parameter.
    std::vector<const Route*> routes;
  };
  static bool Match(const Pattern& pattern, std::string_view path, Found& found);

  std::vector<Route> routes_;
  std::map<std::string, Pattern, std::less<>> fixed_;  ///< By path without trailing slash.
  std::vector<Pattern> open_;                          ///< With parameters.
};

}  // namespace herdflow::http
