#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace herdflow::http {

/// Who may ask: everybody, or only who shows the bearer token (RFC 6750).
class Access {
 public:
  static constexpr std::size_t kLeastCharacters = 16;

  /// Everybody.
  Access() = default;
  /// REQUIRES: IsToken(token).
  explicit Access(std::string token) : token_(std::move(token)) {}

  /// A token is at least 16 visible ASCII characters.
  [[nodiscard]] static bool IsToken(std::string_view text);

  [[nodiscard]] bool needs_token() const { return !token_.empty(); }
  /// `authorization`: the value of that header, empty where there is none. Takes as long for a
  /// wrong token as for another of that length.
  [[nodiscard]] bool Admits(std::string_view authorization) const;

 private:
  std::string token_;
};

}  // namespace herdflow::http
