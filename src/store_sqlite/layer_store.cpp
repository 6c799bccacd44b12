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

  Result<PartitionClaim> Claim(const pipeline::Assigned::Partition& partition,
                               std::string_view owner) override {
    HERDFLOW_ASSIGN(const auto scope, WriteScope::Begin(writer_));
    PartitionClaim claim;
    claim.partition = partition.partition;
    claim.stream_id = partition.stream_id;
    HERDFLOW_ASSIGN(claim.stream, StreamOf(*scope, partition));
    HERDFLOW_ASSIGN(sqlite::Statement * update, scope->Get("claim_partition"));
    BindPartition(*update, claim);
    HERDFLOW_CHECK(update->Bind(4, owner).Run());
    if (writer_.session->database().changes() == 0) {
      HERDFLOW_ASSIGN(sqlite::Statement * insert, scope->Get("insert_partition"));
      BindPartition(*insert, claim);
      HERDFLOW_CHECK(insert->Bind(4, partition.begin).Bind(5, owner).Run());
    }
    HERDFLOW_ASSIGN(sqlite::Statement * read, scope->Get("read_partition"));
    BindPartition(*read, claim);
    HERDFLOW_ASSIGN(const bool there, read->Step());
    if (!there) return Fail(ErrorCode::kInternal, "claiming a partition: its row is not there");
    claim.next_offset = read->Int(0);
    claim.last_version = read->Int(1);
    claim.epoch = read->Int(2);
    if (const std::string_view hash = read->Blob(3); hash.size() == sizeof(pipeline::MessageHash)) {
      claim.last_hash.emplace();
      std::copy(hash.begin(), hash.end(), claim.last_hash->begin());
    }
    read->Reset();
    if (claim.next_offset < partition.begin || claim.next_offset > partition.end) {
      return Fail(ErrorCode::kConflict,
                  "loading {}/{}: the store has loaded up to offset {}, the log holds {} to {}; it "
                  "was cut or restored from another copy: bring back the log.db that belongs to "
                  "this store.db",
                  Name(claim.partition.topic), claim.partition.partition, claim.next_offset,
                  partition.begin, partition.end);
    }
    HERDFLOW_CHECK(scope->Commit());
    return claim;
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
  static void BindPartition(sqlite::Statement& statement, const PartitionClaim& claim) {
    statement.Bind(1, kConsumerGroup)
        .Bind(2, std::string_view(claim.stream_id))
        .Bind(3, claim.partition.partition);
  }

  /// The stream's integer. A second stream of one topic is another log: never mixed in silently.
  Result<pipeline::StreamRef> StreamOf(WriteScope& scope,
                                       const pipeline::Assigned::Partition& partition) {
    const std::string_view topic = Name(partition.partition.topic);
    HERDFLOW_ASSIGN(sqlite::Statement * find, scope.Get("find_stream"));
    find->Bind(1, std::string_view(partition.stream_id));
    HERDFLOW_ASSIGN(const auto known, FirstInt(*find));
    if (known) return pipeline::StreamRef{*known};
    HERDFLOW_ASSIGN(sqlite::Statement * other, scope.Get("find_other_stream"));
    HERDFLOW_ASSIGN(const bool another,
                    other->Bind(1, topic).Bind(2, std::string_view(partition.stream_id)).Step());
    if (another) {
      const std::string filled_from(other->Text(0));
      other->Reset();
      return Fail(
          ErrorCode::kConflict,
          "loading {}: the store was filled from the log {}, this one is {}; bring back the "
          "log.db that belongs to this store.db, or move store.db away to load this log",
          topic, filled_from, partition.stream_id);
    }
    HERDFLOW_ASSIGN(sqlite::Statement * insert, scope.Get("insert_stream"));
    HERDFLOW_CHECK(insert->Bind(1, std::string_view(partition.stream_id)).Bind(2, topic).Run());
    return pipeline::StreamRef{writer_.session->database().last_insert_rowid()};
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
