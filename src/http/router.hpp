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
    bool bad_escape = false;  ///< The path has a `%` that is no escape.
  };
  /// `path`: percent-encoded, without the query. `HEAD` is answered by a `GET` route.
  [[nodiscard]] Found Find(std::string_view method, std::string_view path) const;

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

/// `%C3%A9` → `é`; nothing where a `%` is not followed by two hexadecimal digits.
[[nodiscard]] bool PercentDecode(std::string_view text, std::string& out);

}  // namespace herdflow::http
