#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "herdflow/herd/message.hpp"
#include "herdflow/pipeline/event_log.hpp"
#include "herdflow/pipeline/layer_store.hpp"

namespace herdflow::pipeline {

/// The kinds of `timestamp`, `value` and `deleted` as one number: with the texts, and the ids as
/// texts, they make a canonical message's payload again to the byte.
[[nodiscard]] std::int64_t PackKinds(const herd::MeasurementFields& fields);
/// The inverse: sets the kinds, and every text of a missing kind to nothing.
void UnpackKinds(std::int64_t packed, herd::MeasurementFields& fields);

/// Whether payload and key can be made again from the fields: all ids that there are being good
/// texts, and the farm's another than `default`.
[[nodiscard]] bool IsCanonical(const herd::MeasurementFields& fields, std::string_view key,
                               std::string_view payload, std::string& scratch);

/// FNV-1a, 128 bits, over the key's length in decimal and a blank, the key and the value (RFC
/// draft-eastlake-fnv). Stores keep it, and requests are known by it: it stays as it is.
[[nodiscard]] MessageHash HashOf(std::string_view key, std::string_view value);

}  // namespace herdflow::pipeline
