#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "herdflow/core/time.hpp"
#include "herdflow/herd/farm.hpp"
#include "herdflow/herd/message.hpp"
#include "herdflow/herd/rejection.hpp"
#include "herdflow/pipeline/event_log.hpp"

/// The one way in: whoever brings events, be it a request, a file or the API itself, has them made
/// here. Keys and canonical forms are made nowhere else, and the limits of an event hold for all.
namespace herdflow::intake {

/// What tells one request from every other one. It goes along with the request's events into log
/// and bronze, as the header `kRequestIdHeader`.
using RequestId = std::array<std::uint8_t, 16>;
inline constexpr std::string_view kRequestIdHeader = "request_id";

/// Of which request a message is part.
struct Origin {
  RequestId request{};
  std::string_view farm = {};  ///< Well-formed, that its path names; empty: it names none.
};

/// An event that may go to the log, and what is said about it already now: what would keep it out
/// of silver or gold as far as it shows without the store.
struct Taken {
  pipeline::Event event;
  std::string farm{herd::kDefaultFarm};  ///< Whose it is. Whether there is one, a FarmBook knows.
  std::vector<herd::Rejection> warnings;
};

/// Why nothing of a message is taken: each offending field; or, with no field, that no message can
/// be read from the bytes.
struct Refused {
  std::vector<herd::Rejection> reasons;

  [[nodiscard]] bool is_unreadable() const { return reasons.front().field.empty(); }
};

/// Makes events of messages as their senders gave them.
///
/// Threads: one at a time; it keeps its buffers from one message to the next.
class Intake {
 public:
  /// `message`: a JSON object. Without the blanks around it, it is the event's value to the byte;
  /// the farm of the path comes before the sender's fields where they do not name it, and in the
  /// place of a `farm` that is null, or a text for a missing value: the event is then canonical.
  /// `now` stands for the time of its receipt.
  /// Refused: `too_long` (the value has more than pipeline::kMaxEventBytes), what MessageParser
  /// rejects, and each malformed farm, malformed or missing id or time, all at once; `other_farm`:
  /// the path names another one.
  [[nodiscard]] std::variant<Taken, Refused> Take(pipeline::Topic topic, std::string_view message,
                                                  const Origin& origin, Instant now);

 private:
  herd::MessageParser parser_;
};

/// The key and the canonical value of an event that has these fields, in the place of what `key`
/// and `value` held.
///
/// REQUIRES: ids are texts or numbers; else as herd::WriteMeasurement and its like. A malformed
/// farm is for quarantine.
void WriteEvent(const herd::CowFields& fields, std::string& key, std::string& value);
void WriteEvent(const herd::SensorFields& fields, std::string& key, std::string& value);
void WriteEvent(const herd::MeasurementFields& fields, std::string& key, std::string& value);
void WriteEvent(const herd::FarmFields& fields, std::string& key, std::string& value);

}  // namespace herdflow::intake
