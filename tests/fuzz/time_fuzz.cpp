// A text as a day, an instant, a timestamp of a message and a decimal number.

#include <string>
#include <variant>

#include "decimal.hpp"
#include "fuzz.hpp"
#include "herdflow/core/time.hpp"
#include "herdflow/herd/rules.hpp"

namespace herdflow::fuzz {
namespace {

constexpr Instant kReceived = FromMicros(1'717'243'200'000'000);  // 2024-06-01T12:00:00Z

/// What has an ISO text: the years 0 to 9999.
bool HasText(Instant at) {
  return at >= Instant(std::chrono::sys_days(std::chrono::year(0) / 1 / 1)) &&
         at < Instant(std::chrono::sys_days(std::chrono::year(10'000) / 1 / 1));
}

void ReadAsTimestamp(const herd::Field& field) {
  const auto read = herd::ReadTimestamp(field);
  const auto judged = herd::JudgeTimestamp(field, kReceived);
  for (const auto* each : {&read, &judged}) {
    const auto* rejection = std::get_if<herd::Rejection>(each);
    Require(rejection == nullptr || !rejection->reason.empty(), "a refused time says why");
  }
  const auto* at = std::get_if<Instant>(&judged);
  if (at == nullptr) return;
  Require(std::get<Instant>(read) == *at, "a time is judged as it is read");
  const std::string text = FormatInstant(*at);
  const herd::Field written{herd::Field::Kind::kText, text};
  Require(std::get<Instant>(herd::JudgeTimestamp(written, kReceived)) == *at,
          "an accepted time reads the same as it is written");
}

}  // namespace
}  // namespace herdflow::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace herdflow;
  using namespace herdflow::fuzz;
  const std::string_view text = Text(data, size);
  if (const auto day = ParseDate(text)) {
    Require(FormatDate(*day) == text, "a day has one text");
  }
  if (const auto at = ParseInstant(text); at && HasText(*at)) {
    Require(ParseInstant(FormatInstant(*at)) == at, "an instant reads as it is written");
  }
  ReadAsTimestamp({herd::Field::Kind::kText, text});
  if (const auto number = herd::Decimal::Parse(text)) {
    ReadAsTimestamp({herd::Field::Kind::kNumber, text});
    if (const auto millionths = number->Scaled(6)) {
      const std::string written = herd::MillionthsText(*millionths);  // Which a Decimal views.
      const auto again = herd::Decimal::Parse(written);
      Require(again && again->Scaled(6) == millionths, "a number reads as it is written");
    }
  }
  return 0;
}
