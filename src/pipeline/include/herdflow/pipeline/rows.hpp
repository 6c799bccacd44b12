#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "herdflow/core/time.hpp"
#include "herdflow/herd/aggregates.hpp"
#include "herdflow/herd/farm.hpp"
#include "herdflow/herd/message.hpp"
#include "herdflow/herd/rejection.hpp"

/// The rows of the few tables there are, as plain data. Texts outside, integers inside.
namespace herdflow::pipeline {

/// The integers that the store gives to text ids, once and for ever. Those of cows and sensors are
/// of (farm, id).
enum class FarmRef : std::int64_t {};
enum class CowRef : std::int64_t {};
enum class SensorRef : std::int64_t {};
enum class StreamRef : std::int64_t {};

/// `default`'s, in every store.
inline constexpr FarmRef kDefaultFarmRef{1};

/// Which message a row comes from. Of two messages the one with the higher version is newer; ties
/// go to the higher (stream, partition, offset).
struct Lineage {
  std::int64_t version = 0;
  StreamRef stream{};
  std::int32_t partition = 0;
  std::int64_t offset = 0;

  auto operator<=>(const Lineage&) const = default;
};

/// Of a message's key and value: tells whether the log still holds the message that was loaded
/// last.
using MessageHash = std::array<std::uint8_t, 16>;

/// One message of the raw layer, of any topic: what `load` writes.
struct BronzeMessage {
  std::int64_t offset = 0;
  std::int64_t version = 0;
  Instant received_at;       ///< The broker's time.
  std::string_view key;      ///< The exact bytes.
  std::string_view payload;  ///< The exact bytes.
  std::string headers;       ///< Empty: none. Else as `EncodeHeaders` wrote them.
};

/// A measurement's message and its fields. The views live until the next message is parsed.
struct BronzeMeasurement : BronzeMessage {
  herd::MeasurementFields fields;
  std::string_view farm;  ///< `default` where none is named; empty where its id is malformed.
  bool sensor_id_is_good = false;  ///< JudgeId found nothing, and the farm is not empty.
  bool cow_id_is_good = false;
  /// The payload is exactly `herd::WriteMeasurement(fields)` and the key is derived from the ids,
  /// which are good texts, as is the farm's, where it is not `default`: the store may leave both
  /// out and make them again.
  bool is_canonical = false;
};
struct BronzeCow : BronzeMessage {
  herd::CowFields fields;
};
struct BronzeSensor : BronzeMessage {
  herd::SensorFields fields;
};
struct BronzeFarm : BronzeMessage {
  herd::FarmFields fields;
};

/// A measurement of bronze as `cleanse` reads it.
struct UnjudgedMeasurement {
  Lineage lineage;
  Instant received_at;
  std::optional<SensorRef> sensor;  ///< Nothing: the id is missing or malformed.
  std::optional<CowRef> cow;
  std::optional<FarmRef> farm;  ///< The sensor's and the cow's. Nothing: neither is known.
  /// Canonical messages: the fields without the ids. Others: only the payload.
  std::optional<herd::MeasurementFields> fields;
  std::string_view payload;
  /// Canonical messages: the good ids' texts; the farm's is empty for `default`.
  std::string_view farm_id, sensor_id, cow_id;
};

/// A cow's, a sensor's or a farm's message of bronze as its pipeline reads it.
struct UnjudgedRecord {
  Lineage lineage;
  Instant received_at;
  std::string payload;
  /// Loaded before there were farms: `default`'s, whatever a field `farm` says.
  bool before_farms = false;
};

/// The natural key of a reading. The farm follows from the cow and the day from `at`; they stand
/// first because readings come by time and are read by farm and day.
struct ReadingKey {
  FarmRef farm{};
  FarmDay day;
  CowRef cow{};
  SensorRef sensor{};
  Instant at;

  auto operator<=>(const ReadingKey&) const = default;
};

enum class ReadingState : std::uint8_t { kAccepted = 0, kPending = 1, kDeleted = 2 };
[[nodiscard]] std::string_view Name(ReadingState state);

/// One row of silver: the newest valid version of a reading.
struct SilverReading {
  ReadingKey key;
  std::int64_t value_millionths = 0;  ///< 0 where deleted.
  ReadingState state = ReadingState::kAccepted;
  Lineage lineage;
  Instant created_at;  ///< Receipt of the first message of this reading.
  Instant updated_at;  ///< Receipt of the newest.

  bool operator==(const SilverReading&) const = default;
};

/// A valid version whose cow or sensor is not known yet. All versions of such a reading wait, so
/// that the newest valid one can be found when they are judged again from bronze.
struct WaitingVersion {
  ReadingKey key;
  Lineage lineage;
  bool unit_known = false;  ///< It was judged with its sensor's unit: only the cow is missing.

  auto operator<=>(const WaitingVersion&) const = default;
};

/// A valid version, of a reading whose cow and sensor are known, that a newer one displaced: what
/// silver falls back to where that one comes to be refused.
struct DisplacedVersion {
  ReadingKey key;
  Lineage lineage;

  auto operator<=>(const DisplacedVersion&) const = default;
};

enum class QuarantineStatus : std::uint8_t { kOpen = 0, kSuperseded = 1, kDismissed = 2 };

/// One message that was not accepted.
struct QuarantineEntry {
  Lineage lineage;
  Instant received_at;
  std::optional<FarmRef> farm;  ///< Nothing: the message names none that could be read.
  std::optional<SensorRef> sensor;
  std::optional<CowRef> cow;
  std::optional<FarmDay> day;  ///< With `at`, where the timestamp is good.
  std::optional<Instant> at;
  herd::Rejection rejection;
  std::string original;  ///< The message as text; bytes that are no UTF-8 are shown as U+FFFD.
  QuarantineStatus status = QuarantineStatus::kOpen;
};

/// An entry as the store holds it.
struct KnownEntry {
  QuarantineEntry entry;  ///< But for the rejection's code and field, which stand here:
  std::string code, field;
};

/// What a change touches: everything that is derived from it is computed anew.
struct DirtyDay {
  FarmRef farm{};
  FarmDay day;
  CowRef cow{};
  SensorRef sensor{};

  auto operator<=>(const DirtyDay&) const = default;
};

struct GoldCow {
  CowRef cow{};
  std::string name;
  std::optional<FarmDay> birthdate;
  std::optional<Instant> retired_at;
  Lineage lineage;
  Instant created_at;
  Instant updated_at;

  bool operator==(const GoldCow&) const = default;
};

/// `Base #N`, as the seed system numbers cows of one name: no number where the name has none, or
/// one above the largest.
inline constexpr std::int64_t kLargestCowNumber = 999'999'999;
struct CowNameParts {
  std::string_view base;
  std::optional<std::int64_t> number;
};
[[nodiscard]] CowNameParts SplitCowName(std::string_view name);
/// The name as it is where it has a number, else with the largest that it may be given.
[[nodiscard]] std::string LongestNumberedName(std::string_view name);

struct GoldSensor {
  SensorRef sensor{};
  std::string unit;
  std::string kind;  ///< Empty: none was said.
  std::optional<Instant> retired_at;
  Lineage lineage;
  Instant created_at;
  Instant updated_at;

  bool operator==(const GoldSensor&) const = default;
};

/// Two things that events tell, each by its newest: what the farm is, and that it is closed. Apart,
/// so that it does not matter in which order they are judged.
struct GoldFarm {
  FarmRef farm{};
  std::string name;
  herd::FarmRules rules;
  std::optional<Instant> closed_at;  ///< While no event is newer than the one that closed it.
  Lineage lineage;
  /// Of the event that tells what it is. Nothing: none does, and the farm is not known.
  std::optional<Lineage> state;
  Instant created_at;
  Instant updated_at;

  bool operator==(const GoldFarm&) const = default;
};

}  // namespace herdflow::pipeline
