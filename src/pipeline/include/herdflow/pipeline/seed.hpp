#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "herdflow/core/result.hpp"
#include "herdflow/pipeline/event_log.hpp"

namespace herdflow::pipeline {

/// One file of events, read in pieces. Threads: one at a time. Owned by whoever seeds.
class EventSource {
 public:
  virtual ~EventSource() = default;

  [[nodiscard]] virtual const std::string& name() const = 0;  ///< The file's path.
  [[nodiscard]] virtual Topic topic() const = 0;
  [[nodiscard]] virtual std::int64_t rows() const = 0;  ///< In the whole file.
  /// The row that is given next; 0 is the first.
  [[nodiscard]] virtual std::int64_t position() const = 0;
  /// Go on, or back, to this row.
  virtual Result<> Skip(std::int64_t rows) = 0;
  /// The next events in the file's order, at most `max_rows`, each row exactly one event; an empty
  /// batch is the end. kInvalidInput names file, column, row and what was expected.
  virtual Result<EventBatch> Next(std::size_t max_rows) = 0;
};

struct SeedProgress {
  std::string_view file;
  std::int64_t rows_done = 0;  ///< Durable in the log, of this file.
  std::int64_t rows_total = 0;
};

struct SeedResult {
  struct File {
    std::string name;
    Topic topic = Topic::kMeasurements;
    std::int64_t rows = 0;
  };
  std::vector<File> files;
};

/// Where a seed stopped: everything before this row of this file is durable.
struct SeedStop {
  std::string file;
  std::int64_t row = 0;
};

/// Append every row of the sources to its topic, in order, a bounded number in flight, and wait
/// until all are durable. Always appends: a reading sent twice is one reading by its natural key.
///
/// `stop_requested` is asked between batches. On failure or stop `stopped` says where to go on.
Result<SeedResult> Seed(const std::vector<std::unique_ptr<EventSource>>& sources,
                        EventWriter& writer,
                        const std::function<void(const SeedProgress&)>& progress,
                        const std::function<bool()>& stop_requested, SeedStop& stopped);

}  // namespace herdflow::pipeline
