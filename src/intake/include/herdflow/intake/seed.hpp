#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "herdflow/core/result.hpp"
#include "herdflow/pipeline/event_log.hpp"

namespace herdflow::intake {

struct BatchLimits {
  std::size_t rows = 5'000;
  std::size_t bytes = std::size_t{1} << 20;  ///< Keys and values.
};

/// One file of events, read in pieces. Threads: one at a time. Owned by whoever seeds.
class EventSource {
 public:
  virtual ~EventSource() = default;

  [[nodiscard]] virtual const std::string& name() const = 0;  ///< The file's path.
  [[nodiscard]] virtual pipeline::Topic topic() const = 0;
  [[nodiscard]] virtual std::int64_t rows() const = 0;  ///< In the whole file.
  /// The row that is given next; 0 is the first.
  [[nodiscard]] virtual std::int64_t position() const = 0;
  /// Go on, or back, to this row.
  virtual Result<> Skip(std::int64_t rows) = 0;
  /// The next events in the file's order, each row exactly one event, until one of the limits is
  /// reached; one event is given, however large. An empty batch is the end. kInvalidInput names
  /// file, column, row and what was expected.
  virtual Result<pipeline::EventBatch> Next(const BatchLimits& limits) = 0;
};

struct SeedProgress {
  std::string_view file;
  std::int64_t rows_done = 0;  ///< Durable in the log, of this file.
  std::int64_t rows_total = 0;
};

struct SeedResult {
  struct File {
    std::string name;
    pipeline::Topic topic = pipeline::Topic::kMeasurements;
    std::int64_t rows = 0;
    /// Of these rows stand in the log twice: see Seed.
    std::int64_t twice = 0;
    /// Of these rows it is not known whether they do: the log gave no answer the first time.
    std::int64_t perhaps_twice = 0;
  };
  std::vector<File> files;
};

/// Where a seed stopped: everything before this row of this file is durable.
struct SeedStop {
  std::string file;
  std::int64_t row = 0;
  std::int64_t beyond = 0;  ///< So many rows from `row` on are in the log too, or may be.
};

/// Lower comes first: an event that finds its farm, its cow and its sensor known is judged once,
/// another one twice.
[[nodiscard]] int RankOf(pipeline::Topic topic);

/// Append every row of the sources to its topic, in their order and that of their topics, and wait
/// until all are durable. What is in flight is bounded in rows and bytes, below what any log's
/// queue holds.
///
/// A row that the log refused for the moment is sent again, and of what became durable after it
/// only the rows of the same key: else the older row would be the newer message. A row that the log
/// does not know about may be there twice. Either is counted, and harmless: a reading sent twice is
/// one reading by its natural key.
///
/// Asked to stop, what is in flight gets a second to become durable.
/// On failure or stop `stopped` says where to go on.
Result<SeedResult> Seed(const std::vector<std::unique_ptr<EventSource>>& sources,
                        pipeline::EventWriter& writer,
                        const std::function<void(const SeedProgress&)>& progress,
                        const std::stop_token& stop, SeedStop& stopped);

}  // namespace herdflow::intake
