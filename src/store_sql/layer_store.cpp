#include <utility>

#include "herdflow/core/retry.hpp"
#include "herdflow/store_sql/columns.hpp"
#include "herdflow/store_sql/store.hpp"
#include "rejudge_queue.hpp"
#include "row_counts.hpp"
#include "store_settings.hpp"
#include "transactions.hpp"

namespace herdflow::store_sql {
namespace {

using pipeline::PartitionClaim;

// Who holds one of these excludes all others that begin it; the tasks of derived tables have their
// names.
constexpr std::string_view kSettingsStep = "settings";
constexpr std::string_view kClaimStep = "claim";
constexpr std::string_view kCleanseStep = "cleanse";
constexpr std::string_view kHerdBookStep = "herd_book";
/// Several may load at once: the partition's row is the fence.
constexpr std::string_view kLoadStep = "";

class SqlLayerStore final : public pipeline::LayerStore {
 public:
  SqlLayerStore(std::shared_ptr<WriteSessions> sessions, std::shared_ptr<ReadSessions> readers,
                StoreSettings settings)
      : sessions_(std::move(sessions)),
        readers_(std::move(readers)),
        settings_(std::move(settings)) {}

  Result<> RecordSettings() {
    HERDFLOW_CHECK(RecordRulesVersions());
    HERDFLOW_ASSIGN(const auto scope, Begin(kSettingsStep));
    const bool judges = settings_.use == pipeline::StoreUse::kJudge;
    HERDFLOW_ASSIGN(const herd::FarmRules rules,
                    RecordDefaultFarm(*scope, settings_.default_farm, judges));
    if (judges) HERDFLOW_CHECK(RecordHowToJudge(*scope, settings_.rules_code, rules));
    HERDFLOW_ASSIGN(id_, RecordId(*scope));
    HERDFLOW_CHECK(scope->Commit());
    if (judges) WarnOfDifferences(rules, settings_.default_farm);
    return {};
  }

  Result<> RequestRebuild(const std::optional<pipeline::DayRange>& days) override {
    HERDFLOW_CHECK(CountAnew());
    HERDFLOW_ASSIGN(const auto scope, Begin(kSettingsStep));
    HERDFLOW_CHECK(RequestHerdBook(*scope));
    HERDFLOW_CHECK(RequestPassOrLetGoOn(*scope, days));
    return scope->Commit();
  }

  [[nodiscard]] const std::string& id() const override { return id_; }

  Result<PartitionClaim> Claim(const pipeline::Assigned::Partition& partition, std::int64_t begin,
                               std::string_view owner) override {
    HERDFLOW_ASSIGN(const auto scope, Begin(kClaimStep));
    PartitionClaim claim;
    claim.partition = partition.partition;
    HERDFLOW_ASSIGN(auto stream, StreamOfPartition(*scope, partition.partition));
    const bool is_known = stream.has_value();
    if (!stream) {
      HERDFLOW_ASSIGN(stream, NewestStreamOf(*scope, partition.partition.topic));
    }
    if (stream && stream->log_id != partition.stream_id) {
      return Fail(ErrorCode::kConflict,
                  "loading {}/{}: the store was filled from the log {}, this one is {}; bring back "
                  "the log that belongs to this store, or go on with this one on purpose by "
                  "`herdflow load --adopt`",
                  Name(partition.partition.topic), partition.partition.partition, stream->log_id,
                  partition.stream_id);
    }
    if (!stream) {
      HERDFLOW_ASSIGN(stream, InsertStream(*scope, partition, partition.stream_id));
    }
    claim.stream_id = stream->stream_id;
    claim.stream = stream->ref;
    if (is_known) {
      HERDFLOW_ASSIGN(Statement * update, scope->Get(sql::kClaimPartition));
      BindPartition(*update, claim.stream_id, claim.partition);
      HERDFLOW_CHECK(update->Bind(4, owner).Bind(5, ToMicros(Now())).Run());
    } else {
      HERDFLOW_CHECK(InsertPartition(*scope, claim.stream_id, claim.partition, begin, owner));
    }
    static constexpr Columns kOf(sql::kReadPartition);
    HERDFLOW_ASSIGN(Statement * read, scope->Get(sql::kReadPartition));
    BindPartition(*read, claim.stream_id, claim.partition);
    HERDFLOW_ASSIGN(const bool there, read->Step());
    if (!there) return Fail(ErrorCode::kInternal, "claiming a partition: its row is not there");
    claim.next_offset = read->Int(kOf["next_offset"]);
    claim.last_version = read->Int(kOf["last_version"]);
    claim.epoch = read->Int(kOf["epoch"]);
    claim.last_hash = HashIn(read->Bytes(kOf["last_hash"]));
    claim.last_offset = read->Int(kOf["last_offset"]);
    read->Reset();
    HERDFLOW_CHECK(scope->Commit());
    return claim;
  }

  Result<> Adopt(const pipeline::Assigned::Partition& partition, std::int64_t begin) override {
    HERDFLOW_ASSIGN(const auto scope, Begin(kClaimStep));
    HERDFLOW_ASSIGN(const auto current, StreamOfPartition(*scope, partition.partition));
    HERDFLOW_ASSIGN(auto adopted, NewestStreamOf(*scope, partition.partition.topic));
    // Partitions that are adopted one after another become parts of one incarnation.
    const bool is_fresh = adopted && adopted->log_id == partition.stream_id &&
                          (!current || adopted->ref > current->ref);
    if (!is_fresh) {
      HERDFLOW_ASSIGN(Statement * count, scope->Get(sql::kCountIncarnations));
      count->Bind(1, std::string_view(partition.stream_id));
      HERDFLOW_ASSIGN(const auto incarnations, FirstInt(*count));
      const std::string stream_id =
          incarnations.value_or(0) == 0
              ? partition.stream_id
              : fmt::format("{}#{}", partition.stream_id, *incarnations + 1);
      HERDFLOW_ASSIGN(adopted, InsertStream(*scope, partition, stream_id));
    }
    if (current) {  // Whoever still loads the old one is fenced.
      HERDFLOW_ASSIGN(Statement * fence, scope->Get(sql::kClaimPartition));
      BindPartition(*fence, current->stream_id, partition.partition);
      HERDFLOW_CHECK(fence->Bind(4, nullptr).Bind(5, ToMicros(Now())).Run());
    }
    HERDFLOW_CHECK(InsertPartition(*scope, adopted->stream_id, partition.partition, begin, ""));
    return scope->Commit();
  }

  Result<std::unique_ptr<pipeline::LoadTx>> BeginLoad() override {
    HERDFLOW_ASSIGN(auto scope, Begin(kLoadStep));
    return MakeLoadTx(std::move(scope));
  }
  Result<std::unique_ptr<pipeline::CleanseTx>> BeginCleanse() override {
    HERDFLOW_ASSIGN(auto scope, Begin(kCleanseStep));
    return MakeCleanseTx(std::move(scope));
  }
  Result<std::unique_ptr<pipeline::CleanseAhead>> BeginCleanseAhead() override {
    return MakeCleanseAhead(*readers_);
  }
  Result<std::unique_ptr<pipeline::HerdBookTx>> BeginHerdBook() override {
    HERDFLOW_ASSIGN(auto scope, Begin(kHerdBookStep));
    return MakeHerdBookTx(std::move(scope));
  }
  Result<std::unique_ptr<pipeline::FeedTx>> BeginFeed(
      const pipeline::DerivedTable& table) override {
    return MakeFeedTx({sessions_, readers_}, table);
  }

  Result<pipeline::CowReservation> ReserveCow(const pipeline::CowWish& wish) override {
    HERDFLOW_ASSIGN(const auto scope, Begin(kHerdBookStep));
    std::optional<std::int64_t> birthdate;
    if (wish.birthdate) birthdate = wish.birthdate->days;
    HERDFLOW_ASSIGN(const pipeline::FarmRef farm, FarmRefOf(scope->session(), wish.farm));
    if (!wish.idempotency_key.empty()) {
      static constexpr Columns kOf(sql::kReadCowRequest);
      HERDFLOW_ASSIGN(Statement * read, scope->Get(sql::kReadCowRequest));
      HERDFLOW_ASSIGN(const bool known,
                      read->Bind(1, farm).Bind(2, std::string_view(wish.idempotency_key)).Step());
      if (known) {
        const bool same = read->Bytes(kOf["wanted_name"]) == wish.name &&
                          read->MaybeInt(kOf["birthdate"]) == birthdate;
        pipeline::CowReservation reserved{std::string(read->Bytes(kOf["cow_id"])),
                                          std::string(read->Bytes(kOf["name"]))};
        read->Reset();
        if (same) return reserved;
        return Fail(ErrorCode::kConflict,
                    "making a cow: this Idempotency-Key was used for another cow ({}); take a new "
                    "key",
                    reserved.name);
      }
    }
    std::int64_t number = wish.number.value_or(0);
    if (!wish.number) {
      HERDFLOW_ASSIGN(Statement * highest, scope->Get(sql::kReadHighestNumber));
      highest->Bind(1, farm).Bind(2, std::string_view(wish.base));
      HERDFLOW_ASSIGN(const auto found, FirstInt(*highest));
      number = found.value_or(0) + 1;
    }
    if (number > pipeline::kLargestCowNumber) {
      return Fail(ErrorCode::kConflict,
                  "making a cow: the numbers of the name {} are used up; give a name with a number",
                  wish.base);
    }
    const pipeline::CowReservation reserved{
        wish.id, wish.number ? wish.name : fmt::format("{} #{}", wish.base, number)};
    HERDFLOW_ASSIGN(Statement * name, scope->Get(sql::kWriteCowName));
    HERDFLOW_CHECK(name->Bind(1, farm).Bind(2, std::string_view(wish.base)).Bind(3, number).Run());
    if (!wish.idempotency_key.empty()) {
      HERDFLOW_ASSIGN(Statement * insert, scope->Get(sql::kInsertCowRequest));
      HERDFLOW_CHECK(insert->Bind(1, farm)
                         .Bind(2, std::string_view(wish.idempotency_key))
                         .Bind(3, std::string_view(wish.name))
                         .Bind(4, birthdate)
                         .Bind(5, std::string_view(reserved.id))
                         .Bind(6, std::string_view(reserved.name))
                         .Run());
    }
    HERDFLOW_CHECK(scope->Commit());
    return reserved;
  }

 private:
  struct Stream {
    pipeline::StreamRef ref{};
    std::string stream_id, log_id;
  };

  /// Whatever the kept counts of rows say. Each step's in a transaction of its own.
  Result<> CountAnew() {
    HERDFLOW_CHECK(CountBronzeAnew(*sessions_));
    for (const std::string_view step : {kCleanseStep, kHerdBookStep}) {
      HERDFLOW_ASSIGN(const auto scope, Begin(step));
      HERDFLOW_ASSIGN(const RowCounts counts, step == kCleanseStep
                                                  ? CountReadingsAndEntries(scope->session())
                                                  : CountHerdBook(scope->session()));
      HERDFLOW_CHECK(ReplaceRowCounts(*scope, counts));
      HERDFLOW_CHECK(scope->Commit());
    }
    for (const pipeline::DerivedTable* table : pipeline::DerivedTables()) {
      HERDFLOW_ASSIGN(const auto scope, Begin(table->shape().task));
      HERDFLOW_ASSIGN(const RowCounts counts, CountDerived(scope->session(), *table));
      HERDFLOW_CHECK(ReplaceRowCounts(*scope, counts));
      HERDFLOW_CHECK(scope->Commit());
    }
    return {};
  }

  /// Before a newer code is recorded, in the step that writes farms.
  Result<> RecordRulesVersions() {
    if (settings_.use != pipeline::StoreUse::kJudge) return {};
    {
      HERDFLOW_ASSIGN(const auto scope, Begin(kSettingsStep));
      HERDFLOW_ASSIGN(const auto recorded, ReadRulesCode(*scope));
      if (!recorded || *recorded >= settings_.rules_code) return {};
    }
    HERDFLOW_ASSIGN(const auto scope, Begin(kHerdBookStep));
    HERDFLOW_CHECK(WriteRulesVersions(*scope));
    return scope->Commit();
  }

  static void BindPartition(Statement& statement, std::string_view stream_id,
                            pipeline::TopicPartition partition) {
    statement.Bind(1, kConsumerGroup).Bind(2, stream_id).Bind(3, partition.partition);
  }

  static Result<> InsertPartition(WriteScope& scope, std::string_view stream_id,
                                  pipeline::TopicPartition partition, std::int64_t begin,
                                  std::string_view owner) {
    HERDFLOW_ASSIGN(Statement * insert, scope.Get(sql::kInsertPartition));
    BindPartition(*insert, stream_id, partition);
    return insert->Bind(4, begin)
        .Bind(5, owner)
        .Bind(6, ToMicros(Now()))
        .Bind(7, Name(partition.topic))
        .Run();
  }

  static Result<std::optional<Stream>> FirstStream(Statement& find) {
    static constexpr Columns kOf(sql::kFindPartitionStream);
    static_assert(SameColumns(sql::kFindPartitionStream, sql::kFindTopicStream));
    HERDFLOW_ASSIGN(const bool there, find.Step());
    if (!there) return std::optional<Stream>();
    Stream stream{pipeline::StreamRef{find.Int(kOf["id"])},
                  std::string(find.Bytes(kOf["stream_id"])),
                  std::string(find.Bytes(kOf["log_id"]))};
    find.Reset();
    return std::optional(std::move(stream));
  }

  /// Under which the partition is loaded, if it was ever claimed.
  static Result<std::optional<Stream>> StreamOfPartition(WriteScope& scope,
                                                         pipeline::TopicPartition partition) {
    HERDFLOW_ASSIGN(Statement * find, scope.Get(sql::kFindPartitionStream));
    find->Bind(1, kConsumerGroup).Bind(2, Name(partition.topic)).Bind(3, partition.partition);
    return FirstStream(*find);
  }

  static Result<std::optional<Stream>> NewestStreamOf(WriteScope& scope, pipeline::Topic topic) {
    HERDFLOW_ASSIGN(Statement * find, scope.Get(sql::kFindTopicStream));
    find->Bind(1, Name(topic));
    return FirstStream(*find);
  }

  static Result<std::optional<Stream>> InsertStream(WriteScope& scope,
                                                    const pipeline::Assigned::Partition& partition,
                                                    const std::string& stream_id) {
    HERDFLOW_ASSIGN(Statement * insert, scope.Get(sql::kInsertStream));
    HERDFLOW_CHECK(insert->Bind(1, std::string_view(stream_id))
                       .Bind(2, Name(partition.partition.topic))
                       .Bind(3, std::string_view(partition.stream_id))
                       .Run());
    return std::optional(Stream{pipeline::StreamRef{scope.session().last_insert_id()}, stream_id,
                                partition.stream_id});
  }

  Result<std::unique_ptr<WriteScope>> Begin(std::string_view step) {
    return WriteScope::Begin(*sessions_, step);
  }

  std::shared_ptr<WriteSessions> sessions_;
  std::shared_ptr<ReadSessions> readers_;
  const StoreSettings settings_;
  std::string id_;
};

}  // namespace

Result<std::unique_ptr<pipeline::LayerStore>> MakeSqlLayerStore(
    std::shared_ptr<WriteSessions> sessions, std::shared_ptr<ReadSessions> readers,
    const StoreSettings& settings) {
  auto store = std::make_unique<SqlLayerStore>(std::move(sessions), std::move(readers), settings);
  // Several processes that start at once may stand in each other's way.
  Retry retry("opening the store", {.tries = 6, .only_passing = true, .ends_at_once = true});
  HERDFLOW_CHECK(retry.Until({}, [&] { return store->RecordSettings(); }));
  return store;
}

}  // namespace herdflow::store_sql
