#include <algorithm>
#include <array>
#include <utility>

#include "herdflow/sql/sql.hpp"
#include "herdflow/store_sqlite/store.hpp"
#include "migrations.hpp"
#include "transactions.hpp"

namespace herdflow::store_sqlite {
namespace {

using pipeline::PartitionClaim;

/// Most of a year of a herd of a thousand cows stays in memory while it is computed.
constexpr int kWriterCacheKib = 96 * 1024;

/// Brings the file to the newest schema. Two processes that start at once: one waits, then finds
/// nothing to do.
Result<> Migrate(sqlite::Database& database) {
  HERDFLOW_ASSIGN(auto transaction, sqlite::Transaction::BeginImmediate(database));
  HERDFLOW_ASSIGN(const std::int64_t version, database.UserVersion());
  const auto newest = static_cast<std::int64_t>(kMigrations.size());
  if (version > newest) {
    return Fail(ErrorCode::kInvalidInput,
                "opening the store: its schema has version {}, this herdflow knows {}; use the "
                "newer herdflow",
                version, newest);
  }
  if (version == newest) return {};
  for (auto next = static_cast<std::size_t>(version); next < kMigrations.size(); ++next) {
    HERDFLOW_CHECK(database.Execute(kMigrations[next]));
  }
  HERDFLOW_CHECK(database.SetUserVersion(static_cast<std::int32_t>(newest)));
  return transaction.Commit();
}

/// Records a setting that every row depends on, or compares it with the recorded one.
Result<> RecordSetting(Writer& writer, std::string_view name, std::string_view value,
                       std::string_view field) {
  HERDFLOW_ASSIGN(const auto scope, WriteScope::Begin(writer));
  HERDFLOW_ASSIGN(sqlite::Statement * read, scope->Get("read_setting"));
  HERDFLOW_ASSIGN(const bool there, read->Bind(1, name).Step());
  const std::string recorded(there ? read->Text(0) : "");
  read->Reset();
  if (there && recorded != value) {
    return Fail(ErrorCode::kInvalidInput,
                "opening the store: it was filled with {} = {}, the configuration gives {} ({}); "
                "set it back, or stop herdflow, move store.db away, then `herdflow load` and "
                "`herdflow pipeline run`",
                name, recorded, value, field);
  }
  if (there) return {};
  HERDFLOW_ASSIGN(sqlite::Statement * insert, scope->Get("insert_setting"));
  HERDFLOW_CHECK(insert->Bind(1, name).Bind(2, value).Run());
  return scope->Commit();
}

class SqliteLayerStore final : public pipeline::LayerStore {
 public:
  SqliteLayerStore(std::unique_ptr<Session> session, sqlite::WriteTurn turn)
      : writer_(std::move(session), std::move(turn)) {}

  Result<> RecordSettings(const SqliteStoreOptions& options) {
    HERDFLOW_CHECK(RecordSetting(writer_, "rules_version", options.rules_version, "[rules]"));
    return RecordSetting(writer_, "time_zone", options.time_zone, "[herd] time_zone");
  }

  Result<PartitionClaim> Claim(const pipeline::Assigned::Partition& partition, std::int64_t begin,
                               std::string_view owner) override {
    HERDFLOW_ASSIGN(const auto scope, WriteScope::Begin(writer_));
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
      HERDFLOW_ASSIGN(sqlite::Statement * update, scope->Get("claim_partition"));
      BindPartition(*update, claim.stream_id, claim.partition);
      HERDFLOW_CHECK(update->Bind(4, owner).Run());
    } else {
      HERDFLOW_CHECK(InsertPartition(*scope, claim.stream_id, claim.partition, begin, owner));
    }
    HERDFLOW_ASSIGN(sqlite::Statement * read, scope->Get("read_partition"));
    BindPartition(*read, claim.stream_id, claim.partition);
    HERDFLOW_ASSIGN(const bool there, read->Step());
    if (!there) return Fail(ErrorCode::kInternal, "claiming a partition: its row is not there");
    claim.next_offset = read->Int(0);
    claim.last_version = read->Int(1);
    claim.epoch = read->Int(2);
    claim.last_hash = HashIn(read->Blob(3));
    read->Reset();
    HERDFLOW_CHECK(scope->Commit());
    return claim;
  }

  Result<> Adopt(const pipeline::Assigned::Partition& partition, std::int64_t begin) override {
    HERDFLOW_ASSIGN(const auto scope, WriteScope::Begin(writer_));
    HERDFLOW_ASSIGN(const auto current, StreamOfPartition(*scope, partition.partition));
    HERDFLOW_ASSIGN(auto adopted, NewestStreamOf(*scope, partition.partition.topic));
    // Partitions that are adopted one after another become parts of one incarnation.
    const bool is_fresh = adopted && adopted->log_id == partition.stream_id &&
                          (!current || adopted->ref > current->ref);
    if (!is_fresh) {
      HERDFLOW_ASSIGN(sqlite::Statement * count, scope->Get("count_incarnations"));
      count->Bind(1, std::string_view(partition.stream_id));
      HERDFLOW_ASSIGN(const auto incarnations, FirstInt(*count));
      const std::string stream_id =
          incarnations.value_or(0) == 0
              ? partition.stream_id
              : fmt::format("{}#{}", partition.stream_id, *incarnations + 1);
      HERDFLOW_ASSIGN(adopted, InsertStream(*scope, partition, stream_id));
    }
    if (current) {  // Whoever still loads the old one is fenced.
      HERDFLOW_ASSIGN(sqlite::Statement * fence, scope->Get("claim_partition"));
      BindPartition(*fence, current->stream_id, partition.partition);
      HERDFLOW_CHECK(fence->Bind(4, nullptr).Run());
    }
    HERDFLOW_CHECK(InsertPartition(*scope, adopted->stream_id, partition.partition, begin, ""));
    return scope->Commit();
  }

  Result<std::unique_ptr<pipeline::LoadTx>> BeginLoad() override {
    HERDFLOW_ASSIGN(auto scope, WriteScope::Begin(writer_));
    return MakeLoadTx(std::move(scope));
  }
  Result<std::unique_ptr<pipeline::CleanseTx>> BeginCleanse() override {
    HERDFLOW_ASSIGN(auto scope, WriteScope::Begin(writer_));
    return MakeCleanseTx(std::move(scope));
  }
  Result<std::unique_ptr<pipeline::HerdBookTx>> BeginHerdBook() override {
    HERDFLOW_ASSIGN(auto scope, WriteScope::Begin(writer_));
    return MakeHerdBookTx(std::move(scope));
  }
  Result<std::unique_ptr<pipeline::AggregateTx>> BeginAggregate(
      pipeline::AggregateTask task) override {
    HERDFLOW_ASSIGN(auto scope, WriteScope::Begin(writer_));
    return MakeAggregateTx(std::move(scope), task);
  }

  Result<pipeline::CowReservation> ReserveCow(const pipeline::CowWish& wish) override {
    HERDFLOW_ASSIGN(const auto scope, WriteScope::Begin(writer_));
    std::optional<std::int64_t> birthdate;
    if (wish.birthdate) birthdate = wish.birthdate->days;
    if (!wish.idempotency_key.empty()) {
      HERDFLOW_ASSIGN(sqlite::Statement * read, scope->Get("read_cow_request"));
      HERDFLOW_ASSIGN(const bool known,
                      read->Bind(1, std::string_view(wish.idempotency_key)).Step());
      if (known) {
        const bool same = read->Text(0) == wish.name && read->MaybeInt(1) == birthdate;
        pipeline::CowReservation reserved{std::string(read->Text(2)), std::string(read->Text(3))};
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
      HERDFLOW_ASSIGN(sqlite::Statement * highest, scope->Get("read_highest_number"));
      highest->Bind(1, std::string_view(wish.base));
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
    HERDFLOW_ASSIGN(sqlite::Statement * name, scope->Get("write_cow_name"));
    HERDFLOW_CHECK(name->Bind(1, std::string_view(wish.base)).Bind(2, number).Run());
    if (!wish.idempotency_key.empty()) {
      HERDFLOW_ASSIGN(sqlite::Statement * insert, scope->Get("insert_cow_request"));
      HERDFLOW_CHECK(insert->Bind(1, std::string_view(wish.idempotency_key))
                         .Bind(2, std::string_view(wish.name))
                         .Bind(3, birthdate)
                         .Bind(4, std::string_view(reserved.id))
                         .Bind(5, std::string_view(reserved.name))
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

  static void BindPartition(sqlite::Statement& statement, std::string_view stream_id,
                            pipeline::TopicPartition partition) {
    statement.Bind(1, kConsumerGroup).Bind(2, stream_id).Bind(3, partition.partition);
  }

  static Result<> InsertPartition(WriteScope& scope, std::string_view stream_id,
                                  pipeline::TopicPartition partition, std::int64_t begin,
                                  std::string_view owner) {
    HERDFLOW_ASSIGN(sqlite::Statement * insert, scope.Get("insert_partition"));
    BindPartition(*insert, stream_id, partition);
    return insert->Bind(4, begin).Bind(5, owner).Run();
  }

  static Result<std::optional<Stream>> FirstStream(sqlite::Statement& find) {
    HERDFLOW_ASSIGN(const bool there, find.Step());
    if (!there) return std::optional<Stream>();
    Stream stream{pipeline::StreamRef{find.Int(0)}, std::string(find.Text(1)),
                  std::string(find.Text(2))};
    find.Reset();
    return std::optional(std::move(stream));
  }

  /// Under which the partition is loaded, if it was ever claimed.
  static Result<std::optional<Stream>> StreamOfPartition(WriteScope& scope,
                                                         pipeline::TopicPartition partition) {
    HERDFLOW_ASSIGN(sqlite::Statement * find, scope.Get("find_partition_stream"));
    find->Bind(1, kConsumerGroup).Bind(2, Name(partition.topic)).Bind(3, partition.partition);
    return FirstStream(*find);
  }

  static Result<std::optional<Stream>> NewestStreamOf(WriteScope& scope, pipeline::Topic topic) {
    HERDFLOW_ASSIGN(sqlite::Statement * find, scope.Get("find_topic_stream"));
    find->Bind(1, Name(topic));
    return FirstStream(*find);
  }

  Result<std::optional<Stream>> InsertStream(WriteScope& scope,
                                             const pipeline::Assigned::Partition& partition,
                                             const std::string& stream_id) {
    HERDFLOW_ASSIGN(sqlite::Statement * insert, scope.Get("insert_stream"));
    HERDFLOW_CHECK(insert->Bind(1, std::string_view(stream_id))
                       .Bind(2, Name(partition.partition.topic))
                       .Bind(3, std::string_view(partition.stream_id))
                       .Run());
    return std::optional(
        Stream{pipeline::StreamRef{writer_.session->database().last_insert_rowid()}, stream_id,
               partition.stream_id});
  }

  Writer writer_;
};

}  // namespace

Result<std::unique_ptr<pipeline::LayerStore>> MakeSqliteLayerStore(
    const SqliteStoreOptions& options) {
  HERDFLOW_ASSIGN(auto session, Session::Open(options.folder, true, kWriterCacheKib));
  HERDFLOW_CHECK(Migrate(session->database()));
  // From here on the turn waits, not SQLite.
  session->database().SetBusyTimeout(std::chrono::milliseconds(0));
  HERDFLOW_ASSIGN(auto turn, sqlite::WriteTurn::Open(Session::FileIn(options.folder)));
  auto store = std::make_unique<SqliteLayerStore>(std::move(session), std::move(turn));
  HERDFLOW_CHECK(store->RecordSettings(options));
  return store;
}

}  // namespace herdflow::store_sqlite
