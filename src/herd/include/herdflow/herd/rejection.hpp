#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace herdflow::herd {

/// Why a message was not accepted (the data dictionary says what each means).
enum class RejectionCode : std::uint8_t {
  kBadJson,
  kBadUtf8,
  kMissing,
  kTooLong,
  kBadCharacters,
  kBadType,
  kBadDate,
  kBadTimestamp,
  kInFuture,
  kOutOfRange,
  kNotANumber,
  kNegative,
  kImplausible,
  kBadTimeZone,
  kUnknownFarm,
  kClosedFarm,  ///< Of a request alone.
  kOtherFarm,   ///< Of a request alone: its path names another farm.
};

/// `bad_json`, `missing`, …: the text stored in quarantine and sent in API errors.
[[nodiscard]] std::string_view Name(RejectionCode code);
[[nodiscard]] std::optional<RejectionCode> RejectionCodeNamed(std::string_view name);

/// The first rule that a message broke.
struct Rejection {
  RejectionCode code = RejectionCode::kBadJson;
  std::string_view field;  ///< A field's name, a literal; empty where the whole message is meant.
  std::string reason;      ///< A sentence for a person: what is wrong, and what was expected.
};

}  // namespace herdflow::herd
