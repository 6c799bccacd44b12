#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "herdflow/core/result.hpp"
#include "herdflow/pipeline/derived_table.hpp"
#include "herdflow/pipeline/event_log.hpp"
#include "herdflow/pipeline/rows.hpp"

namespace herdflow::pipeline {

/// One loader's right to write one partition, and where it stands.
struct PartitionClaim {
  TopicPartition partition;
  std::string stream_id;  ///< The log's, and its incarnation where it was adopted: `…#2`.
  StreamRef stream{};
  std::int64_t epoch = 0;         ///< Raised by every claim: an older owner is fenced.
  std::int64_t next_offset = 0;   ///< The first offset that is not loaded.
  std::int64_t last_offset = -1;  ///< Of the last loaded message; below the first, if none was.
  std::int64_t last_version = 0;
  std::optional<MessageHash> last_hash;  ///< Of the last loaded message, if any was.
};

/// The offsets of a chunk that hold no message for a reader.
struct LeftOut {
  std::int64_t holes = 0;   ///< The log lost them.
  std::int64_t hidden = 0;  ///< Ends of transactions, and messages of aborted ones.
};

/// What every transaction here is. Destroyed uncommitted, it rolls back. Threads: one.
class LayerTx {
 public:
  virtual ~LayerTx() = default;

  /// Called last. kTimeout: the connection or the disk failed while it was committed, so that it
  /// may have happened: read where the store stands before doing any of it again. Any other
  /// failure: nothing of it has happened.
  virtual Result<> Commit() = 0;
};

/// One chunk of `load`.
class LoadTx : public LayerTx {
 public:
  /// The fence, first in the transaction: move the partition from where `claim` stands to where
  /// `after` does. false: somebody claimed the partition since; drop it.
  virtual Result<bool> Advance(const PartitionClaim& claim, const PartitionClaim& after,
                               const LeftOut& left_out) = 0;
  /// One bronze row a message, of the claimed partition. What the row views is copied.
  virtual Result<> Insert(const PartitionClaim& claim, const BronzeMeasurement& row) = 0;
  virtual Result<> Insert(const PartitionClaim& claim, const BronzeCow& row) = 0;
  virtual Result<> Insert(const PartitionClaim& claim, const BronzeSensor& row) = 0;
  virtual Result<> Insert(const PartitionClaim& claim, const BronzeFarm& row) = 0;
};

/// What must be written of one chunk of merged readings.
struct SilverChange {
  std::vector<SilverReading> readings;  ///< To insert or replace, by key ascending.
  std::vector<ReadingKey> removed;      ///< Pending rows all of whose versions were refused.
  std::vector<WaitingVersion> waiting;
  std::vector<DisplacedVersion> displaced;
  std::vector<QuarantineEntry> quarantine;
  std::vector<Lineage> superseded;  ///< Quarantine entries that a newer version overtook.
  std::vector<DirtyDay> dirty;      ///< Ascending, each once.

  // What judging again takes away, before anything is written.
  std::vector<WaitingVersion> no_longer_waiting;
  std::vector<DisplacedVersion> no_longer_displaced;
  std::vector<Lineage> no_longer_refused;
};

/// All that the store holds of some readings. In no order.
struct KnownVersions {
  std::vector<SilverReading> readings;
  std::vector<DisplacedVersion> displaced;
  std::vector<WaitingVersion> waiting;
  std::vector<KnownEntry> entries;  ///< Of every status.
};

/// From one farm day to another, both included.
struct DayRange {
  FarmDay first;
  FarmDay last;

  [[nodiscard]] bool Contains(FarmDay day) const { return first <= day && day <= last; }
};

/// A bounded part of what is to be judged again.
struct RejudgePiece {
  std::size_t size = 0;                    ///< Of what was looked at. 0: nothing is asked for.
  std::vector<ReadingKey> keys;            ///< Readings all of whose versions are judged again.
  std::vector<Lineage> entries;            ///< Quarantine entries whose messages are.
  std::vector<DisplacedVersion> versions;  ///< Those that bronze does not bear out are.
  std::optional<DayRange> days;            ///< Readings of other days are left alone.
  bool all_dirty = false;                  ///< Aggregates depend on more than what silver shows.
  bool heals = false;                      ///< Versions whose messages bronze has not are dropped.
};

/// How far somebody has come who looks at all that could be judged again. The store's own.
struct RejudgePlace {
  std::int64_t phase = 1;
  std::array<std::int64_t, 5> at{};  ///< Stream, partition and offset, or a key.
};

/// An open quarantine entry of a reading whose key is known.
struct OpenEntry {
  ReadingKey key;
  Lineage lineage;
};

/// Measurements [from, to) of one partition of bronze, which were not judged yet.
struct BronzePlace {
  StreamRef stream{};
  std::int32_t partition = 0;
  std::int64_t from = 0;
  std::int64_t to = 0;
};

/// What was read of one such place.
struct BronzeRead {
  BronzePlace place;
  std::int64_t next = 0;  ///< The first offset that was not.
  std::size_t count = 0;
  std::int64_t revision = 0;  ///< Of the herd books that it is judged by.
};

using EachMeasurement = std::function<void(const UnjudgedMeasurement&)>;

/// By what a transaction judges readings.
class Judging {
 public:
  virtual ~Judging() = default;

  virtual Result<FarmRef> RefOfFarm(std::string_view id) = 0;
  /// By what the farm's readings are judged; nullptr while the farm is not known. The pointer lives
  /// as long as the transaction.
  virtual Result<const herd::FarmRules*> RulesOf(FarmRef farm) = 0;
  /// What a known sensor measures; by its farm's density of milk, while that farm is known.
  virtual Result<std::optional<herd::Measure>> MeasureOf(SensorRef sensor) = 0;
  virtual Result<bool> IsKnown(CowRef cow) = 0;
  /// For people: `<id>`.
  virtual Result<std::string> IdOf(FarmRef farm) = 0;
};

/// A snapshot from which the chunk that comes next is judged while the one before it is written.
/// What it gives counts once a CleanseTx takes it. It has no farm's integer to give: kUnavailable
/// of RefOfFarm. Threads: one.
class CleanseAhead {
 public:
  virtual ~CleanseAhead() = default;

  virtual Judging& judging() = 0;
  /// Give up to `max` measurements of the place, or fewer where they are large, in offset order.
  virtual Result<BronzeRead> ReadBronze(const BronzePlace& place, std::size_t max,
                                        const EachMeasurement& each) = 0;
};

/// One chunk of `cleanse`, the only writer of silver. Begun, it holds the step: others wait.
class CleanseTx : public LayerTx {
 public:
  virtual Judging& judging() = 0;
  /// Take the next piece, of about `max`, of what became known or changed: a cow, a sensor, what
  /// it measures, a farm, its rules. Gives messages of bronze whose readings belong to the piece as
  /// well; all versions of a reading belong to one piece.
  virtual Result<RejudgePiece> TakeRequested(std::size_t max, const EachMeasurement& each) = 0;
  /// The piece after `place`, which moves on, of what a rebuild judges, of everything or of these
  /// days; nothing after the last. Of what cleanse has judged so far, for who only looks.
  virtual Result<std::optional<RejudgePiece>> Look(const std::optional<DayRange>& days,
                                                   RejudgePlace& place, std::size_t max,
                                                   const EachMeasurement& each) = 0;
  /// Give up to `max` measurements of bronze after the watermark, or fewer where they are large, in
  /// offset order of each partition, and move the watermark of this transaction past them. Returns
  /// how many in all, with the place that the last of them are of.
  virtual Result<BronzeRead> ReadBronze(std::size_t max, const EachMeasurement& each) = 0;
  /// Move the watermark of this transaction past what was read ahead. false: it stands elsewhere,
  /// or a herd book has changed since.
  virtual Result<bool> Take(const BronzeRead& ahead) = 0;
  /// For people: `<id>`, and before it `<farm>/`, but for `default`.
  virtual Result<std::string> IdOf(CowRef cow) = 0;
  virtual Result<std::string> IdOf(SensorRef sensor) = 0;
  /// What is there of these readings (ascending keys): silver's rows, and the open entries.
  virtual Result<> ReadExisting(std::span<const ReadingKey> keys,
                                std::vector<SilverReading>& readings,
                                std::vector<OpenEntry>& open_entries) = 0;
  /// All that is there of these readings (ascending keys), and the entries of these messages.
  virtual Result<KnownVersions> ReadVersions(std::span<const ReadingKey> keys,
                                             std::span<const Lineage> messages) = 0;
  /// Give these messages of bronze, in no order. Returns how many there are.
  virtual Result<std::size_t> ReadMessages(std::span<const Lineage> messages,
                                           const EachMeasurement& each) = 0;
  virtual Result<> Write(const SilverChange& change) = 0;
};

/// What judging a topic anew has changed.
struct BookDifferences {
  std::vector<CowRef> cows;        ///< Of the topic of cows,
  std::vector<SensorRef> sensors;  ///< of that of sensors,
  std::vector<FarmRef> farms;      ///< of that of farms.
  std::vector<Lineage> entries;
};

/// One chunk of the cow, the sensor or the farm pipeline (and of a cow or a farm made through the
/// API): judges bronze, writes gold's cows, sensors and farms. A row that becomes known, a sensor
/// that comes to measure otherwise (its unit or its kind), and a farm whose rules change leave a
/// request to judge again.
class HerdBookTx : public LayerTx {
 public:
  /// Whether all messages of the topic are to be judged again. If so ReadBronze gives them from the
  /// first on, and the transaction is as if gold held nothing of the topic: what it does not write
  /// until it commits is gone then, but for what bronze may not have yet.
  /// REQUIRES: begun for one topic only, and all of it read.
  virtual Result<bool> BeginAnew(Topic topic) = 0;
  /// Ask for that, in this transaction.
  virtual Result<> RequestAnew(Topic topic) = 0;
  /// What it changes where it is committed now, and only then.
  /// REQUIRES: BeginAnew was asked and said true; called last.
  virtual Result<BookDifferences> EndAnew() = 0;
  /// The next messages of `topic`: of cows and sensors those first that are in quarantine since
  /// their farm was not known, which is now, without their entries; then those after its watermark,
  /// which moves past them.
  virtual Result<std::vector<UnjudgedRecord>> ReadBronze(Topic topic, std::size_t max) = 0;
  virtual Result<FarmRef> RefOfFarm(std::string_view id) = 0;
  virtual Result<bool> IsKnown(FarmRef farm) = 0;
  virtual Result<CowRef> RefOfCow(FarmRef farm, std::string_view id) = 0;
  virtual Result<SensorRef> RefOfSensor(FarmRef farm, std::string_view id) = 0;
  /// Write the cow unless gold holds a newer version. Older quarantine entries are superseded, in
  /// whichever order the two come.
  virtual Result<> Merge(const GoldCow& cow) = 0;
  virtual Result<> Merge(const GoldSensor& sensor) = 0;
  virtual Result<> Merge(const GoldFarm& farm) = 0;
  virtual Result<> Quarantine(std::span<const QuarantineEntry> entries) = 0;
};

/// How far somebody has come who looks at all rows of a derived table.
struct FeedPlace {
  FarmRef farm{};
  FarmDay day{std::numeric_limits<std::int32_t>::min() / 2};  ///< The first of a period.
  CowRef cow = kAllCows.last;  ///< Done of that period: the cows up to this one.

  bool operator==(const FeedPlace&) const = default;
};

/// One block of one derived table. It reads from the snapshot that it is begun with, and nobody
/// waits for that; what it writes is committed only where the table's place is still the one of the
/// snapshot, and no readings are asked for to be judged again by a pass. Else Write or Commit
/// returns kUnavailable, and nothing of it has happened.
class FeedTx : public LayerTx, public FeedReads {
 public:
  /// What has to be computed next, again and again, until about `max` rows are read in this
  /// transaction; committed, the table's place is behind the last of them. A table that is new, or
  /// whose rows a rebuild asks for, is filled from all that there is; then it follows the notes of
  /// what changed, each of which every table sees once, after the tables that it reads have.
  /// Nothing: the transaction is full; or the table is up to date with those that it reads; or
  /// readings are being judged again by a pass, and notes stay until all of them are. Commit also
  /// then: notes go by what is committed.
  virtual Result<std::optional<Block>> Next(std::size_t max) = 0;
  /// Put what the table makes of the block in the place of what is there of it.
  virtual Result<> Write(const Derived& derived) = 0;

  /// For who only looks: the block behind `place`, which moves on, of all rows or of those of
  /// periods that touch these days. Nothing: that was all, or the table is still being filled.
  virtual Result<std::optional<Block>> Look(const std::optional<DayRange>& days, FeedPlace& place,
                                            std::size_t max) = 0;
  /// The rows of the block in hand that the table holds otherwise, but for what is noted and to be
  /// computed still. kUnavailable: readings are being judged again.
  virtual Result<std::vector<DerivedKey>> Otherwise(const Derived& derived) = 0;
};

/// What a store is opened for.
enum class StoreUse : std::uint8_t {
  kJudge,  ///< Its settings become the store's: other ones ask for all to be judged again.
  kLook,   ///< To load, or to look: the store's settings stay as they are.
};

/// What the API asks for a new cow, and what it gets.
struct CowWish {
  std::string farm = std::string(herd::kDefaultFarm);  ///< Names, numbers and keys are its own.
  std::string id;                      ///< A new id, taken unless the key was used before.
  std::string name;                    ///< As asked for; kept where it has a number.
  std::string base;                    ///< `Base` of `Base #N`.
  std::optional<std::int64_t> number;  ///< Nothing: 1 + the highest of the base is added.
  std::optional<FarmDay> birthdate;
  std::string idempotency_key;  ///< Empty: none.
};
struct CowReservation {
  std::string id;
  std::string name;
};

/// The layers. Each Begin… but BeginFeed and BeginCleanseAhead opens one transaction and holds its
/// step until commit or destruction: another process that begins the same step waits for its turn.
///
/// Threads: any; a thread must not begin a second transaction while it holds one.
/// Errors: kUnavailable (locked, full, away): nothing of the transaction happened, do it again.
/// Claim, Adopt, RequestRebuild and ReserveCow commit by themselves; kTimeout: as of LayerTx.
class LayerStore {
 public:
  virtual ~LayerStore() = default;

  /// What tells this store from every other one: random letters and digits, made with it.
  [[nodiscard]] virtual const std::string& id() const = 0;

  /// Become the owner of a partition; older owners are fenced. `begin`: the log's oldest offset,
  /// from which a partition that the store does not know is loaded. kConflict: the store was filled
  /// from another log of this name.
  virtual Result<PartitionClaim> Claim(const Assigned::Partition& partition, std::int64_t begin,
                                       std::string_view owner) = 0;
  /// Take the partition for a new one that begins at `begin`, on purpose: a topic made anew,
  /// trimmed or restored. What was loaded of it stays, under the stream id that it had; owners are
  /// fenced.
  virtual Result<> Adopt(const Assigned::Partition& partition, std::int64_t begin) = 0;
  virtual Result<std::unique_ptr<LoadTx>> BeginLoad() = 0;
  virtual Result<std::unique_ptr<CleanseTx>> BeginCleanse() = 0;
  /// On a thread that holds nothing.
  virtual Result<std::unique_ptr<CleanseAhead>> BeginCleanseAhead() = 0;
  virtual Result<std::unique_ptr<HerdBookTx>> BeginHerdBook() = 0;
  virtual Result<std::unique_ptr<FeedTx>> BeginFeed(const DerivedTable& table) = 0;
  /// Ask for all of bronze to be judged again, or for the readings of these days: cows, sensors,
  /// silver, quarantine and gold become what a store would hold that bronze had just filled. The
  /// counts of rows that are kept are made anew at once.
  virtual Result<> RequestRebuild(const std::optional<DayRange>& days) = 0;
  /// Keep a name and an id for a new cow. A key that was used before gives the same reservation;
  /// kConflict where it was for another cow.
  virtual Result<CowReservation> ReserveCow(const CowWish& wish) = 0;
};

}  // namespace herdflow::pipeline
