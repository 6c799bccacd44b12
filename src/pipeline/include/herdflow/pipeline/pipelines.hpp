#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "herdflow/core/result.hpp"
#include "herdflow/herd/farm_calendar.hpp"
#include "herdflow/herd/message.hpp"
#include "herdflow/pipeline/event_log.hpp"
#include "herdflow/pipeline/layer_store.hpp"
#include "herdflow/pipeline/operations_queries.hpp"

/// The steps of the way of the data, as plain functions. Each is idempotent, incremental and
/// transactional: it reads what is new since its watermark, writes its result and moves the
/// watermark in one transaction a chunk; killed anywhere, it goes on where it committed last.
namespace herdflow::pipeline {

/// Told after every committed chunk; `step` is a literal such as "cleanse".
using StepProgress = std::function<void(std::string_view step, std::int64_t rows)>;

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
  /// The claimed partitions whose last loaded message is still to be compared with the log's.
  [[nodiscard]] std::vector<TopicPartition> checking() const;
  [[nodiscard]] const std::string& owner() const { return context_.owner; }

  struct Halted {
    TopicPartition partition;
    Error error;
  };
  /// The partitions that cannot be loaded now: their log is not the one that the store was filled
  /// from (kConflict) or is damaged (kCorruptData), the store refuses their messages for good, or
  /// no broker has them (kUnavailable). The loader says so once, loads the others, and tries again,
  /// ever more seldom.
  [[nodiscard]] std::vector<Halted> halted() const;

 private:
  using Clock = std::chrono::steady_clock;
  /// What went wrong with a partition since its last chunk.
  struct Trouble {
    int fenced = 0, failed = 0;  ///< How often in a row.
    std::optional<Error> error;
    bool until_stored = false;  ///< Over only when a chunk is stored.
  };
  struct Held {
    Assigned::Partition assigned;
    PartitionClaim claim;
    bool to_check = false;  ///< The next message must be the one that was loaded last.
    /// What the reader left out when it was last asked: left out once more, it is no mistake.
    std::vector<OffsetRange> doubted;
    bool hides = false;  ///< Something was left out that nobody gets to read.
    Trouble trouble;
  };
  struct Unclaimed {
    Assigned::Partition assigned;
    Clock::time_point not_before{};
    Trouble trouble;
  };
  struct Chunk {
    std::span<const Message> messages;
    std::int64_t end = 0;
    std::vector<OffsetRange> left_out;
    std::vector<OffsetRange> doubted;  ///< Behind `end`, to be asked for again.
  };

  Result<> ClaimDue();
  Result<> Claim(Unclaimed& unclaimed);
  void Halt(Unclaimed& unclaimed, Error error);
  static void EndTrouble(TopicPartition partition, Trouble& trouble);
  /// To be claimed anew: what the store holds is read again.
  Result<> GiveUp(std::vector<Held>::iterator held, Clock::duration pause);
  Result<> HaltDamaged(const Damaged& damaged);
  std::vector<Held>::iterator FindHeld(TopicPartition partition);
  Result<> GiveUpFailed(std::vector<Held>::iterator held, Error error);
  void Drop(TopicPartition partition);
  Result<std::int64_t> Store(const MessageBatch& batch);
  static Chunk ChunkOf(const Held& held, const MessageBatch& batch);
  Result<LeftOut> CountLeftOut(Held& held, const Chunk& chunk);
  /// false: fenced. Moves the claim where it succeeds.
  Result<bool> StoreChunk(Held& held, const Chunk& chunk);

  LoadContext context_;
  std::vector<Held> claims_;
  std::vector<Unclaimed> unclaimed_;  ///< Assigned, and to be claimed (again).
  herd::MessageParser parser_;
};

/// Load up to the end of the log as it stands now, by this loader or by whichever process holds the
/// partitions. Returns the messages that this loader loaded. An error of one partition (kConflict:
/// it is not the one that the store was filled from; kCorruptData: it is damaged; kUnavailable: no
/// broker has it, or has it any more) is returned when the others were loaded.
Result<std::int64_t> LoadToEnd(Loader& loader, TopicAdmin& topics, OperationsQueries& queries,
                               const std::stop_token& stop, const StepProgress& progress);

/// A partition of the log that is not the one which the store was filled from.
struct LogConflict {
  Assigned::Partition partition;  ///< As LayerStore::Adopt takes it,
  std::int64_t begin = 0;         ///< together with this.
  Error error;                    ///< kConflict or kCorruptData, with the reason.
};
/// What `load --adopt` would take up anew: compares offsets, and the last loaded message's hash.
Result<std::vector<LogConflict>> FindLogConflicts(TopicAdmin& topics, OperationsQueries& queries);

/// What judging works with from chunk to chunk. By which rules is the store's to tell, farm by
/// farm.
struct CleanseContext {
  LayerStore& store;
  std::size_t chunk = 25'000;
  herd::FarmCalendars calendars = {};
};

/// bronze → silver, quarantine, dirty days, until nothing is new. Returns the versions judged.
Result<std::int64_t> Cleanse(CleanseContext& context, const std::stop_token& stop,
                             const StepProgress& progress);

/// silver → one table of gold, block by block, until nothing is left that changed. Returns the rows
/// computed.
Result<std::int64_t> Derive(LayerStore& store, const DerivedTable& table,
                            const std::stop_token& stop, const StepProgress& progress);

/// bronze → gold's cows. Returns the messages judged.
Result<std::int64_t> JudgeCows(LayerStore& store, const std::stop_token& stop,
                               const StepProgress& progress);
/// bronze → gold's cows, sensors or farms, one chunk of it. Returns how many messages; 0: all were
/// judged.
Result<std::size_t> JudgeChunk(LayerStore& store, Topic topic);
/// bronze → gold's sensors.
Result<std::int64_t> JudgeSensors(LayerStore& store, const std::stop_token& stop,
                                  const StepProgress& progress);
/// bronze → gold's farms.
Result<std::int64_t> JudgeFarms(LayerStore& store, const std::stop_token& stop,
                                const StepProgress& progress);

/// The rows of one table that are not what is made of the layer before it.
struct TableDifference {
  std::string table;                  ///< `gold_cows`, …
  std::int64_t rows = 0;              ///< At most kMostDifferences.
  std::vector<std::string> examples;  ///< The first of them, for people.
};
inline constexpr std::int64_t kMostDifferences = 10'000;

/// Compare farms, cows, sensors, silver and the quarantine with what bronze makes of them now, and
/// the aggregates with what silver does: of everything, or of the readings of these days. Of what
/// was judged so far; days that are noted to be computed still are left out. Writes nothing; others
/// go on meanwhile. Returns the tables that differ. kUnavailable: readings wait to be judged again.
Result<std::vector<TableDifference>> Verify(CleanseContext& context,
                                            const std::optional<DayRange>& days,
                                            const std::stop_token& stop,
                                            const StepProgress& progress);

/// The farms' pipeline and the seed system's three, in the order in which they run.
enum class Pipeline : std::uint8_t { kFarms, kCows, kSensors, kMeasurements };
inline constexpr std::array kAllPipelines{Pipeline::kFarms, Pipeline::kCows, Pipeline::kSensors,
                                          Pipeline::kMeasurements};
/// `farm_data_pipeline`, `cow_data_pipeline`, `sensor_data_pipeline`, `measurement_data_pipeline`.
[[nodiscard]] std::string_view Name(Pipeline pipeline);

/// What pipelines are made of, as far as it runs and is retried by itself: the judging of a topic,
/// or what keeps a derived table.
using Step = std::variant<Topic, const DerivedTable*>;
/// `cleanse_farms`, `cleanse_cows`, `cleanse_sensors`, `cleanse_measurements`; else the task of the
/// table.
[[nodiscard]] std::string_view Name(const Step& step);
/// In the order in which they run: each stands behind those whose rows it reads.
[[nodiscard]] std::span<const Step> StepsOf(Pipeline pipeline);

/// Run one step to the end. Returns the messages judged, or the rows computed.
Result<std::int64_t> Run(const Step& step, CleanseContext& context, const std::stop_token& stop,
                         const StepProgress& progress);
/// Run the steps of a pipeline. Returns the sum of theirs.
Result<std::int64_t> Run(Pipeline pipeline, CleanseContext& context, const std::stop_token& stop,
                         const StepProgress& progress);

}  // namespace herdflow::pipeline
