#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "herdflow/core/result.hpp"
#include "herdflow/herd/farm_calendar.hpp"
#include "herdflow/herd/message.hpp"
#include "herdflow/herd/rules.hpp"
#include "herdflow/pipeline/event_log.hpp"
#include "herdflow/pipeline/herd_queries.hpp"
#include "herdflow/pipeline/layer_store.hpp"

/// The steps of the way of the data, as plain functions. Each is idempotent, incremental and
/// transactional: it reads what is new since its watermark, writes its result and moves the
/// watermark in one transaction a chunk; killed anywhere, it goes on where it committed last.
namespace herdflow::pipeline {

/// Told after every committed chunk; `step` is a literal such as "cleanse".
using StepProgress = std::function<void(std::string_view step, std::int64_t rows)>;
/// Asked between chunks.
using StopRequested = std::function<bool()>;

struct LoadContext {
  EventReader& reader;
  LayerStore& store;
  std::string owner;  ///< For people: "<host>:<pid>".
};

/// event log → bronze: rows and offset go in one transaction behind the epoch fence.
///
/// Threads: one. Delivery: every message exactly once in bronze, whatever is killed when. After an
/// error the next Step goes on from where the store stands; kUnavailable wants a pause before it.
class Loader {
 public:
  explicit Loader(LoadContext context) : context_(std::move(context)) {}

  /// One happening of the log: assign, revoke, or one chunk. Returns the messages loaded.
  /// kConflict: the log is not the one that the store was filled from.
  Result<std::int64_t> Step(std::chrono::milliseconds wait);
  /// Whether a claimed partition's last loaded message is still to be compared with the log's.
  [[nodiscard]] bool IsChecking() const;

 private:
  struct Held {
    Assigned::Partition assigned;
    PartitionClaim claim;
    bool to_check = false;  ///< The next message must be the one that was loaded last.
  };

  Result<> ClaimAgain();
  void Drop(TopicPartition partition);
  Result<std::int64_t> Store(const MessageBatch& batch);
  /// false: fenced. Moves the claim where it succeeds.
  Result<bool> StoreChunk(PartitionClaim& claim, const MessageBatch& batch);

  LoadContext context_;
  std::vector<Held> claims_;
  std::vector<Assigned::Partition> unclaimed_;  ///< Assigned, and to be claimed (again).
  herd::MessageParser parser_;
};

/// Load up to the end of the log as it stands now, by this loader or by whichever process holds the
/// partitions. Returns the messages that this loader loaded.
Result<std::int64_t> LoadToEnd(Loader& loader, TopicAdmin& topics, HerdQueries& queries,
                               const StopRequested& stop, const StepProgress& progress);

/// Judging needs to know the farm's day and its bounds.
struct CleanseContext {
  LayerStore& store;
  herd::FarmCalendar calendar;
  herd::Bounds bounds;
  std::size_t chunk = 25'000;
};

/// bronze → silver, quarantine, dirty days, until nothing is new. Returns the versions judged.
Result<std::int64_t> Cleanse(CleanseContext& context, const StopRequested& stop,
                             const StepProgress& progress);

/// silver → one gold table, over its dirty days. Returns the dirty days done.
Result<std::int64_t> Aggregate(LayerStore& store, AggregateTask task, const StopRequested& stop,
                               const StepProgress& progress);

/// bronze → gold's cows. Returns the messages judged.
Result<std::int64_t> JudgeCows(LayerStore& store, const StopRequested& stop,
                               const StepProgress& progress);
/// bronze → gold's sensors.
Result<std::int64_t> JudgeSensors(LayerStore& store, const StopRequested& stop,
                                  const StepProgress& progress);

/// The seed system's three pipelines, in the order in which they run.
enum class Pipeline : std::uint8_t { kCows, kSensors, kMeasurements };
inline constexpr std::array kAllPipelines{Pipeline::kCows, Pipeline::kSensors,
                                          Pipeline::kMeasurements};
/// `cow_data_pipeline`, `sensor_data_pipeline`, `measurement_data_pipeline`.
[[nodiscard]] std::string_view Name(Pipeline pipeline);

/// Run one pipeline to the end. Returns the messages judged and dirty days done.
Result<std::int64_t> Run(Pipeline pipeline, CleanseContext& context, const StopRequested& stop,
                         const StepProgress& progress);

}  // namespace herdflow::pipeline
