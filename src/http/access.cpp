#include "herdflow/http/access.hpp"

#include <algorithm>

#include "herdflow/http/message.hpp"

namespace herdflow::http {
namespace {

/// How long it takes depends on the lengths alone.
bool SameText(std::string_view sent, std::string_view token) {
  volatile std::size_t difference = sent.size() ^ token.size();
  for (std::size_t i = 0; i < sent.size(); ++i) {
    difference = difference | static_cast<unsigned char>(sent[i] ^ token[i % token.size()]);
  }
  return difference == 0;
}

}  // namespace

bool Access::IsToken(std::string_view text) {
  return text.size() >= kLeastCharacters &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '!' && c <= '~'; });
}

bool Access::Admits(std::string_view authorization) const {
  constexpr std::string_view kScheme = "Bearer ";
  if (!needs_token()) return true;
  if (!EqualsIgnoringCase(authorization.substr(0, kScheme.size()), kScheme)) return false;
  authorization.remove_prefix(kScheme.size());
  while (authorization.starts_with(' ')) authorization.remove_prefix(1);
  return SameText(authorization, token_);
}

}  // namespace herdflow::http
