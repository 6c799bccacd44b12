#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "herdflow/intake/farm_book.hpp"
#include "herdflow/intake/intake.hpp"
#include "herdflow/pipeline/event_log.hpp"

namespace herdflow::intake {

/// How many messages stand in one body.
enum class BulkForm : std::uint8_t {
  kJson,   ///< An object, or an array of at most kMostInArray.
  kLines,  ///< A message a line (NDJSON); empty lines are none. Any number of them.
};
inline constexpr std::int64_t kMostInArray = 10'000;

/// What is said of one item. `index` counts the items of the body from 0.
struct ItemRejection {
  std::int64_t index = 0;
  herd::Rejection rejection;
};

/// The first of what is said, and how many more there were.
struct ItemRejections {
  std::vector<ItemRejection> first;
  std::int64_t left_out = 0;
};

/// What became of a body.
struct BulkResult {
  enum class End : std::uint8_t {
    kWhole,    ///< Each item is durable, or refused.
    kBroken,   ///< `error`: the body is no list of items from `items` on.
    kRefused,  ///< `error`: the log took no more, or nobody knows the farms; what was not accepted
               ///< is not in it.
    kUnknown,  ///< `error`: the log gave no answer about some of them; sending all again is
               ///< harmless.
    kCut,      ///< The rest of the body never came.
    kNoFarm,   ///< The farm that the path names is `farm`: nothing was taken.
  };
  End end = End::kWhole;
  FarmState farm = FarmState::kOpen;  ///< Of kNoFarm.
  std::optional<Error> error;

  std::int64_t items = 0;     ///< That were read.
  std::int64_t accepted = 0;  ///< Of them are known to be durable.
  std::int64_t refused = 0;
  ItemRejections refusals;  ///< Each offending field of a refused item.
  ItemRejections warnings;
  /// Where the accepted ones stand: by partition, ascending, as few ranges as there can be.
  std::map<std::int32_t, std::vector<pipeline::OffsetRange>> positions;
  std::int64_t ranges_left_out = 0;
};

struct BulkOptions {
  pipeline::Topic topic = pipeline::Topic::kMeasurements;
  BulkForm form = BulkForm::kJson;
  RequestId request{};
  std::string farm;  ///< Well-formed, that the path names; empty: it names none.
};

/// What bodies are brought into the log with. All of it outlives them.
struct BulkParts {
  pipeline::EventWriter& writer;
  FarmBook& farms;
};

/// Brings the items of one body into the log, piece by piece.
///
/// Items of a farm that is unknown or closed are refused; who is not known to be, is waited for,
/// and what follows waits behind it.
///
/// Memory: bounded, whatever comes: an item that is cut, some batches in flight, and lists that are
/// capped. Threads: Take, Finish, Cut and Leave one at a time; `more` and `done` are called by any
/// thread. Delivery: an accepted item is durable. Order is kept within a key.
class Bulk {
 public:
  /// `done` is called once, when everything that was sent has its outcome, or by Leave.
  static std::shared_ptr<Bulk> Make(const BulkParts& parts, const BulkOptions& options,
                                    std::function<void(BulkResult)> done);
  virtual ~Bulk() = default;

  /// The next bytes of the body. `more` is called when the ones after them may come; never, if
  /// nothing more is wanted, since `done` is on its way.
  virtual void Take(std::string_view bytes, std::function<void()> more) = 0;
  /// There are no more.
  virtual void Finish() = 0;
  /// The rest never comes.
  virtual void Cut() = 0;
  /// Nobody waits any longer, before or after Finish or Cut: nothing more is sent, and `done` is
  /// called at once if it was not, with what is known by now. kUnknown: something was on its way.
  virtual void Leave() = 0;
};

}  // namespace herdflow::intake
