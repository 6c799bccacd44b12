#pragma once

#include <string>
#include <string_view>

namespace herdflow::pipeline {

/// The text with every byte that is not part of a UTF-8 character shown as U+FFFD.
[[nodiscard]] std::string ReplaceBadUtf8(std::string_view bytes);

}  // namespace herdflow::pipeline
