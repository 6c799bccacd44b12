#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
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

  /// One happening of the log: assign, revoke, or one chunk. Returns the messages loaded. Polls the
  /// log also while the store is away, so that it stays a member of its group.
  Result<std::int64_t> Step(std::chrono::milliseconds wait);
  /// Whether a claimed partition's last loaded message is still to be compared with the log's.
  [[nodiscard]] bool IsChecking() const;

  struct Halted {
    TopicPartition partition;
    Error error;
  };
  /// The partitions whose log is not the one that the store was filled from (kConflict), or is
  /// damaged (kCorruptData). The loader says so aloud once, loads the others, and looks every few
  /// seconds whether somebody has adopted or mended them.
  [[nodiscard]] std::vector<Halted> halted() const;

 private:
  using Clock = std::chrono::steady_clock;
  struct Held {
    Assigned::Partition assigned;
    PartitionClaim claim;
    bool to_check = false;  ///< The next message must be the one that was loaded last.
    /// The offset that was missing and was asked for again: missing once more, it is a hole.
    std::optional<std::int64_t> asked_again;
    int fenced = 0;  ///< How often in a row, without a chunk between.
    std::optional<Error> halted_by = std::nullopt;  ///< Before this claim; told already.
  };
  struct Unclaimed {
    Assigned::Partition assigned;
    Clock::time_point not_before{};
    std::optional<Error> halted_by;
    int fenced = 0;
  };

  Result<> ClaimDue();
  Result<> Claim(Unclaimed& unclaimed);
  void Halt(Unclaimed& unclaimed, Error error);
  /// To be claimed anew: what the store holds is read again.
  Result<> GiveUp(std::vector<Held>::iterator held, Clock::duration pause);
  Result<> HaltDamaged(const Damaged& damaged);
  std::vector<Held>::iterator FindHeld(TopicPartition partition);
  void Drop(TopicPartition partition);
  Result<std::int64_t> Store(const MessageBatch& batch);
  /// false: fenced. Moves the claim where it succeeds.
  Result<bool> StoreChunk(PartitionClaim& claim, std::span<const Message> messages);

  LoadContext context_;
  std::vector<Held> claims_;
  std::vector<Unclaimed> unclaimed_;  ///< Assigned, and to be claimed (again).
  herd::MessageParser parser_;
};

/// Load up to the end of the log as it stands now, by this loader or by whichever process holds the
/// partitions. Returns the messages that this loader loaded. kConflict: a partition is not the one
/// that the store was filled from; kCorruptData: it is damaged; the others were loaded.
Result<std::int64_t> LoadToEnd(Loader& loader, TopicAdmin& topics, HerdQueries& queries,
                               const StopRequested& stop, const StepProgress& progress);

/// A partition of the log that is not the one which the store was filled from.
struct LogConflict {
  Assigned::Partition partition;  ///< As LayerStore::Adopt takes it,
  std::int64_t begin = 0;         ///< together with this.
  Error error;                    ///< kConflict or kCorruptData, with the reason.
};
/// What `load --adopt` would take up anew: compares offsets, and the last loaded message's hash.
Result<std::vector<LogConflict>> FindLogConflicts(TopicAdmin& topics, HerdQueries& queries);

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
