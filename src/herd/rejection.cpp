#include "herdflow/herd/rejection.hpp"

#include <array>

namespace herdflow::herd {
namespace {

constexpr std::array kAllCodes = {
    RejectionCode::kBadJson,     RejectionCode::kBadUtf8,       RejectionCode::kMissing,
    RejectionCode::kTooLong,     RejectionCode::kBadCharacters, RejectionCode::kBadType,
    RejectionCode::kBadDate,     RejectionCode::kBadTimestamp,  RejectionCode::kInFuture,
    RejectionCode::kOutOfRange,  RejectionCode::kNotANumber,    RejectionCode::kNegative,
    RejectionCode::kImplausible, RejectionCode::kBadTimeZone,   RejectionCode::kUnknownFarm,
    RejectionCode::kClosedFarm,  RejectionCode::kOtherFarm,
};

}  // namespace

std::string_view Name(RejectionCode code) {
  switch (code) {
    case RejectionCode::kBadJson:
      return "bad_json";
    case RejectionCode::kBadUtf8:
      return "bad_utf8";
    case RejectionCode::kMissing:
      return "missing";
    case RejectionCode::kTooLong:
      return "too_long";
    case RejectionCode::kBadCharacters:
      return "bad_characters";
    case RejectionCode::kBadType:
      return "bad_type";
    case RejectionCode::kBadDate:
      return "bad_date";
    case RejectionCode::kBadTimestamp:
      return "bad_timestamp";
    case RejectionCode::kInFuture:
      return "in_future";
    case RejectionCode::kOutOfRange:
      return "out_of_range";
    case RejectionCode::kNotANumber:
      return "not_a_number";
    case RejectionCode::kNegative:
      return "negative";
    case RejectionCode::kImplausible:
      return "implausible";
    case RejectionCode::kBadTimeZone:
      return "bad_time_zone";
    case RejectionCode::kUnknownFarm:
      return "unknown_farm";
    case RejectionCode::kClosedFarm:
      return "closed_farm";
    case RejectionCode::kOtherFarm:
      return "other_farm";
  }
  return "";
}

std::optional<RejectionCode> RejectionCodeNamed(std::string_view name) {
  for (const RejectionCode code : kAllCodes) {
    if (Name(code) == name) return code;
  }
  return std::nullopt;
}

}  // namespace herdflow::herd
