#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <random>
#include <utility>

#include "gold_rows.hpp"
#include "herdflow/core/logging.hpp"
#include "herdflow/core/retry.hpp"
#include "herdflow/store_sql/store.hpp"
#include "rejudge_queue.hpp"
#include "transactions.hpp"

namespace herdflow::store_sql {
namespace {

using pipeline::PartitionClaim;

// Who holds one of these excludes all others that begin it; the aggregate tasks have their names.
constexpr std::string_view kSettingsStep = "settings";
constexpr std::string_view kClaimStep = "claim";
constexpr std::string_view kCleanseStep = "cleanse";
constexpr std::string_view kHerdBookStep = "herd_book";
/// Several may load at once: the partition's row is the fence.
constexpr std::string_view kLoadStep = "";

constexpr std::string_view kRulesCode = "rules_code";
/// What a store recorded before there were farms: by which rules and in which zone it judged.
constexpr std::string_view kRulesVersion = "rules_version";
constexpr std::string_view kTimeZone = "time_zone";

Result<std::optional<std::string>> ReadSetting(WriteScope& scope, std::string_view name) {
  HERDFLOW_ASSIGN(Statement * read, scope.Get("read_setting"));
  HERDFLOW_ASSIGN(const bool there, read->Bind(1, name).Step());
  if (!there) return std::optional<std::string>();
  std::string value(read->Bytes(0));
  read->Reset();
  return std::optional(std::move(value));
}

Result<> WriteSetting(WriteScope& scope, std::string_view name, std::string_view value) {
  HERDFLOW_ASSIGN(const auto recorded, ReadSetting(scope, name));
  if (recorded == value) return {};
  HERDFLOW_ASSIGN(Statement * write, scope.Get(recorded ? "write_setting" : "insert_setting"));
  return write->Bind(1, name).Bind(2, value).Run();
}

Result<> DeleteSetting(WriteScope& scope, std::string_view name) {
  HERDFLOW_ASSIGN(Statement * remove, scope.Get("delete_setting"));
  return remove->Bind(1, name).Run();
}

/// The number with which a text begins; 0 where there is none.
std::int64_t NumberIn(std::string_view text) {
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

/// The store's id, made by whoever opens it first.
Result<std::string> RecordId(WriteScope& scope) {
  constexpr std::string_view kName = "store_id";
  HERDFLOW_ASSIGN(const auto recorded, ReadSetting(scope, kName));
  if (recorded) return *recorded;
  std::random_device random;
  const std::string id = fmt::format("{:08x}{:08x}", random(), random());
  HERDFLOW_ASSIGN(Statement * insert, scope.Get("insert_setting"));
  HERDFLOW_CHECK(insert->Bind(1, kName).Bind(2, std::string_view(id)).Run());
  return id;
}

Result<> RequestHerdBook(WriteScope& scope) {
  for (const auto topic :
       {pipeline::Topic::kFarms, pipeline::Topic::kCows, pipeline::Topic::kSensors}) {
    HERDFLOW_CHECK(RequestTopic(scope, topic));
  }
  return {};
}

/// By what `default` is judged: made with these rules if the store has it not yet, or has it from a
/// migration alone, which knew no configuration.
Result<herd::FarmRules> RecordDefaultFarm(WriteScope& scope, const herd::FarmRules& rules) {
  HERDFLOW_ASSIGN(const auto recorded, ReadGoldFarm(scope, pipeline::kDefaultFarmRef));
  if (recorded && recorded->lineage.version >= 0) return recorded->rules;
  pipeline::GoldFarm made;
  made.farm = pipeline::kDefaultFarmRef;
  made.name = herd::kDefaultFarm;
  made.rules = rules;
  HERDFLOW_CHECK(WriteGold(scope, made));
  return rules;
}

/// The rules of a farm say by which code they are.
Result<> WriteRulesVersions(WriteScope& scope) {
  std::vector<pipeline::GoldFarm> farms;
  HERDFLOW_ASSIGN(Statement * read, scope.Get("read_gold_farms"));
  while (true) {
    HERDFLOW_ASSIGN(const bool there, read->Step());
    if (!there) break;
    farms.push_back(FarmIn(*read));
  }
  for (const auto& farm : farms) HERDFLOW_CHECK(WriteGold(scope, farm));
  return {};
}

/// One warning of all in which the configuration differs from the farm that it once made. What is
/// as built in counts as not configured; the density of milk cannot be.
void WarnOfDifferences(const herd::FarmRules& farm, const herd::FarmRules& configured) {
  const herd::FarmRules built_in;
  std::vector<std::string> differences;
  const auto compare = [&](std::string_view name, const auto& of, const auto& shown) {
    const auto& wanted = of(configured);
    if (wanted == of(built_in) || wanted == of(farm)) return;
    differences.push_back(fmt::format("{} {} (not {})", name, shown(of(farm)), shown(wanted)));
  };
  const auto zone = [](const herd::FarmRules& rules) { return rules.time_zone; };
  compare("time_zone", zone, [](const std::string& text) { return text; });
  const std::pair<std::string_view, std::int64_t herd::Bounds::*> bounds[] = {
      {"litre_min", &herd::Bounds::litre_min},
      {"litre_max", &herd::Bounds::litre_max},
      {"kilogram_min", &herd::Bounds::kilogram_min},
      {"kilogram_max", &herd::Bounds::kilogram_max}};
  for (const auto& [name, bound] : bounds) {
    const auto of = [member = bound](const herd::FarmRules& rules) { return rules.bounds.*member; };
    compare(name, of, herd::Shown);
  }
  if (differences.empty()) return;
  Log(LogLevel::kWarning,
      "the farm {0} has {1}: what the configuration says counts only until there is that farm; "
      "`herdflow farm change {0} …` changes it, or let the configuration say the same",
      herd::kDefaultFarm, fmt::join(differences, ", "));
}

class SqlLayerStore final : public pipeline::LayerStore {
 public:
  SqlLayerStore(std::shared_ptr<WriteSessions> sessions, StoreSettings settings)
      : sessions_(std::move(sessions)), settings_(std::move(settings)) {}

  Result<> RecordSettings() {
    HERDFLOW_ASSIGN(const auto scope, Begin(kSettingsStep));
    HERDFLOW_ASSIGN(const herd::FarmRules rules, RecordDefaultFarm(*scope, settings_.default_farm));
    const bool judges = settings_.use == pipeline::StoreUse::kJudge;
    if (judges) HERDFLOW_CHECK(RecordHowToJudge(*scope, rules));
    HERDFLOW_ASSIGN(id_, RecordId(*scope));
    HERDFLOW_CHECK(scope->Commit());
    if (judges) WarnOfDifferences(rules, settings_.default_farm);
    return {};
  }

  Result<> RequestRebuild(const std::optional<pipeline::DayRange>& days) override {
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
      HERDFLOW_ASSIGN(Statement * update, scope->Get("claim_partition"));
      BindPartition(*update, claim.stream_id, claim.partition);
      HERDFLOW_CHECK(update->Bind(4, owner).Bind(5, ToMicros(Now())).Run());
    } else {
      HERDFLOW_CHECK(InsertPartition(*scope, claim.stream_id, claim.partition, begin, owner));
    }
    HERDFLOW_ASSIGN(Statement * read, scope->Get("read_partition"));
    BindPartition(*read, claim.stream_id, claim.partition);
    HERDFLOW_ASSIGN(const bool there, read->Step());
    if (!there) return Fail(ErrorCode::kInternal, "claiming a partition: its row is not there");
    claim.next_offset = read->Int(0);
    claim.last_version = read->Int(1);
    claim.epoch = read->Int(2);
    claim.last_hash = HashIn(read->Bytes(3));
    claim.last_offset = read->Int(4);
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
      HERDFLOW_ASSIGN(Statement * count, scope->Get("count_incarnations"));
      count->Bind(1, std::string_view(partition.stream_id));
      HERDFLOW_ASSIGN(const auto incarnations, FirstInt(*count));
      const std::string stream_id =
          incarnations.value_or(0) == 0
              ? partition.stream_id
              : fmt::format("{}#{}", partition.stream_id, *incarnations + 1);
      HERDFLOW_ASSIGN(adopted, InsertStream(*scope, partition, stream_id));
    }
    if (current) {  // Whoever still loads the old one is fenced.
      HERDFLOW_ASSIGN(Statement * fence, scope->Get("claim_partition"));
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
  Result<std::unique_ptr<pipeline::HerdBookTx>> BeginHerdBook() override {
    HERDFLOW_ASSIGN(auto scope, Begin(kHerdBookStep));
    return MakeHerdBookTx(std::move(scope));
  }
  Result<std::unique_ptr<pipeline::AggregateTx>> BeginAggregate(
      pipeline::AggregateTask task) override {
    HERDFLOW_ASSIGN(auto scope, Begin(Name(task)));
    return MakeAggregateTx(std::move(scope), task);
  }

  Result<pipeline::CowReservation> ReserveCow(const pipeline::CowWish& wish) override {
    HERDFLOW_ASSIGN(const auto scope, Begin(kHerdBookStep));
    std::optional<std::int64_t> birthdate;
    if (wish.birthdate) birthdate = wish.birthdate->days;
    HERDFLOW_ASSIGN(const pipeline::FarmRef farm, FarmRefOf(*scope, wish.farm));
    if (!wish.idempotency_key.empty()) {
      HERDFLOW_ASSIGN(Statement * read, scope->Get("read_cow_request"));
      HERDFLOW_ASSIGN(const bool known,
                      read->Bind(1, farm).Bind(2, std::string_view(wish.idempotency_key)).Step());
      if (known) {
        const bool same = read->Bytes(0) == wish.name && read->MaybeInt(1) == birthdate;
        pipeline::CowReservation reserved{std::string(read->Bytes(2)), std::string(read->Bytes(3))};
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
      HERDFLOW_ASSIGN(Statement * highest, scope->Get("read_highest_number"));
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
    HERDFLOW_ASSIGN(Statement * name, scope->Get("write_cow_name"));
    HERDFLOW_CHECK(name->Bind(1, farm).Bind(2, std::string_view(wish.base)).Bind(3, number).Run());
    if (!wish.idempotency_key.empty()) {
      HERDFLOW_ASSIGN(Statement * insert, scope->Get("insert_cow_request"));
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

  /// What was judged by an older code's rules, or before there were farms by other rules or in
  /// another zone than those that `default` was made with, is asked for to be judged again.
  Result<> RecordHowToJudge(WriteScope& scope, const herd::FarmRules& rules) const {
    const std::int64_t code = settings_.rules_code;
    HERDFLOW_ASSIGN(const auto recorded, ReadSetting(scope, kRulesCode));
    HERDFLOW_ASSIGN(const auto version, ReadSetting(scope, kRulesVersion));
    HERDFLOW_ASSIGN(const auto zone, ReadSetting(scope, kTimeZone));
    const std::int64_t before = recorded ? NumberIn(*recorded) : NumberIn(version.value_or(""));
    if (before > code) {
      return Fail(ErrorCode::kInvalidInput,
                  "opening the store: its readings were judged by the rules of a newer herdflow "
                  "({} {}, this one has {}); use that one",
                  kRulesCode, before, code);
    }
    const bool is_other_code = (recorded || version) && before < code;
    if (is_other_code) HERDFLOW_CHECK(RequestHerdBook(scope));
    if (is_other_code || (version && *version != herd::RulesVersion(rules)) ||
        (zone && *zone != rules.time_zone)) {
      Log(LogLevel::kInfo, "the rules changed: all readings are judged again");
      HERDFLOW_CHECK(RequestPass(scope));
    }
    HERDFLOW_CHECK(DeleteSetting(scope, kRulesVersion));
    HERDFLOW_CHECK(DeleteSetting(scope, kTimeZone));
    HERDFLOW_CHECK(WriteSetting(scope, kRulesCode, std::to_string(code)));
    return is_other_code ? WriteRulesVersions(scope) : Result<>();
  }

  static void BindPartition(Statement& statement, std::string_view stream_id,
                            pipeline::TopicPartition partition) {
    statement.Bind(1, kConsumerGroup).Bind(2, stream_id).Bind(3, partition.partition);
  }

  static Result<> InsertPartition(WriteScope& scope, std::string_view stream_id,
                                  pipeline::TopicPartition partition, std::int64_t begin,
                                  std::string_view owner) {
    HERDFLOW_ASSIGN(Statement * insert, scope.Get("insert_partition"));
    BindPartition(*insert, stream_id, partition);
    return insert->Bind(4, begin)
        .Bind(5, owner)
        .Bind(6, ToMicros(Now()))
        .Bind(7, Name(partition.topic))
        .Run();
  }

  static Result<std::optional<Stream>> FirstStream(Statement& find) {
    HERDFLOW_ASSIGN(const bool there, find.Step());
    if (!there) return std::optional<Stream>();
    Stream stream{pipeline::StreamRef{find.Int(0)}, std::string(find.Bytes(1)),
                  std::string(find.Bytes(2))};
    find.Reset();
    return std::optional(std::move(stream));
  }

  /// Under which the partition is loaded, if it was ever claimed.
  static Result<std::optional<Stream>> StreamOfPartition(WriteScope& scope,
                                                         pipeline::TopicPartition partition) {
    HERDFLOW_ASSIGN(Statement * find, scope.Get("find_partition_stream"));
    find->Bind(1, kConsumerGroup).Bind(2, Name(partition.topic)).Bind(3, partition.partition);
    return FirstStream(*find);
  }

  static Result<std::optional<Stream>> NewestStreamOf(WriteScope& scope, pipeline::Topic topic) {
    HERDFLOW_ASSIGN(Statement * find, scope.Get("find_topic_stream"));
    find->Bind(1, Name(topic));
    return FirstStream(*find);
  }

  static Result<std::optional<Stream>> InsertStream(WriteScope& scope,
                                                    const pipeline::Assigned::Partition& partition,
                                                    const std::string& stream_id) {
    HERDFLOW_ASSIGN(Statement * insert, scope.Get("insert_stream"));
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
  const StoreSettings settings_;
  std::string id_;
};

}  // namespace

Result<std::unique_ptr<pipeline::LayerStore>> MakeSqlLayerStore(
    std::shared_ptr<WriteSessions> sessions, const StoreSettings& settings) {
  auto store = std::make_unique<SqlLayerStore>(std::move(sessions), settings);
  // Several processes that start at once may stand in each other's way.
  Retry retry("opening the store", {.tries = 6, .only_passing = true, .ends_at_once = true});
  HERDFLOW_CHECK(retry.Until({}, [&] { return store->RecordSettings(); }));
  return store;
}

}  // namespace herdflow::store_sql
