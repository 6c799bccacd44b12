#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "herdflow/core/result.hpp"

namespace herdflow::intake {

enum class FarmState : std::uint8_t { kOpen, kClosed, kUnknown };

/// Which farms there are, for whoever takes events of theirs.
///
/// Threads: any; nobody is kept waiting for the store.
class FarmBook {
 public:
  using Found = std::function<void(Result<FarmState>)>;
  virtual ~FarmBook() = default;

  /// Tell how the farm stands: at once where it is remembered, else from a thread of the book's
  /// when the store has said. A farm made or closed by another process is seen within a second, a
  /// new one that is asked for within a tenth of one. kUnavailable: the store does not answer, and
  /// nothing is remembered of this farm. `default` is open, and nobody is asked.
  virtual void Find(std::string_view farm, Found found) = 0;
};

}  // namespace herdflow::intake
