#include "session_settings.hpp"

#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "connection.hpp"
#include "layer_store_contract/fixture.hpp"
#include "mysql_layer_store_fixture.hpp"
#include "reference_layers.hpp"

namespace herdflow::pipeline::testing {
namespace {

using store_mysql::Connection;
using store_mysql::NeededSetting;

constexpr std::chrono::seconds kStatementTimeout{60};

/// A value of the server's for sessions that begin later, put back in the end.
class GlobalSetting {
 public:
  GlobalSetting(Connection& connection, std::string name, const std::string& value)
      : connection_(connection), name_(std::move(name)) {
    before_ = Must(connection_.QueryText("SELECT QUOTE(@@GLOBAL." + name_ + ")"));
    set_ = Set(value);
    EXPECT_TRUE(set_) << set_.error().message();
  }
  ~GlobalSetting() {
    if (set_) Must(Set(before_));
  }
  GlobalSetting(const GlobalSetting&) = delete;
  GlobalSetting& operator=(const GlobalSetting&) = delete;

 private:
  /// A number is one without its quotes.
  Result<> Set(std::string value) {
    if (auto done = connection_.Execute(fmt::format("SET GLOBAL {} = {}", name_, value)))
      return done;
    std::erase(value, '\'');
    return connection_.Execute(fmt::format("SET GLOBAL {} = {}", name_, value));
  }

  Connection& connection_;
  std::string name_, before_;
  Result<> set_;
};

/// What herdflow's sessions inherit from a server. The servers' own settings are changed meanwhile,
/// so nothing else may use them.
class SessionSettings : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    const auto server = store_mysql::ServerOfStack(GetParam());
    if (!server) {
      SkipWithoutServer();
      return;
    }
    server_ = *server;
    admin_ = Must(Connection::Open(server_));
  }

  [[nodiscard]] std::vector<NeededSetting> Needed() const {
    return store_mysql::NeededSettings(admin_->is_mariadb(), kStatementTimeout);
  }

  /// Values that change what statements mean; those of the other server are left out.
  [[nodiscard]] std::map<std::string, std::string> HostileValues() const {
    std::map<std::string, std::string> values{
        {"sql_mode", "'ANSI,PAD_CHAR_TO_FULL_LENGTH,NO_AUTO_VALUE_ON_ZERO'"},
        {"sql_select_limit", "3"},
        {"max_join_size", "1"},
        {"sql_safe_updates", "1"},
        {"sql_auto_is_null", "1"},
        {"max_sort_length", "64"},
        {"character_set_client", "latin1"},
        {"character_set_connection", "latin1"},
        {"character_set_results", "utf16"},
        {"collation_connection", "latin1_swedish_ci"},
        {"time_zone", "'+05:00'"},
        {"autocommit", "0"},
        {"completion_type", "'CHAIN'"},
        {"unique_checks", "0"},
        {"foreign_key_checks", "0"},
        {"default_storage_engine", "MyISAM"},
        {"binlog_format", "'STATEMENT'"},
        {"innodb_lock_wait_timeout", "1"},
        {"lock_wait_timeout", "1"},
        {"net_read_timeout", "1"},
        {"net_write_timeout", "1"},
    };
    if (admin_->is_mariadb()) {
      values.insert({{"old_mode", "'NO_DUP_KEY_WARNINGS_WITH_IGNORE'"},
                     {"sql_if_exists", "1"},
                     {"tx_read_only", "1"},
                     {"innodb_snapshot_isolation", "1"},
                     {"enforce_storage_engine", "Aria"},
                     {"wsrep_dirty_reads", "1"},
                     {"idle_transaction_timeout", "1"},
                     {"idle_readonly_transaction_timeout", "1"},
                     {"idle_write_transaction_timeout", "1"},
                     {"max_session_mem_used", "100000"},
                     {"tmp_disk_table_size", "1024"},
                     {"max_statement_time", "0.1"}});
    } else {
      values.insert({{"transaction_read_only", "1"}, {"max_execution_time", "100"}});
    }
    return values;
  }

  static std::string Value(Connection& connection, std::string_view name) {
    const auto rows = Must(connection.Query(fmt::format("SHOW SESSION VARIABLES LIKE '{}'", name)));
    return rows.empty() ? "there is none" : rows.at(0).at(1);
  }

  /// That it is as it must be, under the server's present settings.
  void ExpectAsNeeded(Connection& connection) const {
    const bool logs = Value(connection, "log_bin") == "ON";
    for (const NeededSetting& setting : Needed()) {
      if (setting.name == "binlog_format" && !logs) continue;
      const std::string value = Value(connection, setting.name);
      EXPECT_TRUE(value == setting.value || value == setting.does_too)
          << setting.name << " is " << value;
    }
  }

  static Result<> LoadAndRun(LayerStoreFixture& layers, EventReader& reader) {
    HERDFLOW_ASSIGN(const auto store, layers.Open({}));
    Loader loader(LoadContext{reader, *store, "test"});
    HERDFLOW_CHECK(LoadAll(loader));
    HERDFLOW_CHECK(JudgeCows(*store, Never, Quiet));
    HERDFLOW_CHECK(JudgeSensors(*store, Never, Quiet));
    CleanseContext context{*store};
    HERDFLOW_CHECK(Cleanse(context, Never, Quiet));
    for (const DerivedTable* table : DerivedTables()) {
      HERDFLOW_CHECK(Derive(*store, *table, Never, Quiet));
    }
    return {};
  }

  store_mysql::MysqlOptions server_;
  std::unique_ptr<Connection> admin_;
};

TEST_P(SessionSettings, EveryOneThatASessionInheritsIsSetOrKnownToBeHarmless) {
  std::set<std::string, std::less<>> known;
  for (const auto& setting : Needed()) known.emplace(setting.name);
  for (const auto& group : store_mysql::HarmlessSessionSettings()) {
    std::istringstream names{std::string(group.names)};
    for (std::string name; names >> name;) {
      EXPECT_TRUE(known.insert(name).second) << name << " stands there twice";
    }
  }
  std::size_t inherited = 0;
  for (const auto& row : Must(admin_->Query("SHOW SESSION VARIABLES"))) {
    const std::string& name = row.at(0);
    // Only one that both scopes have is inherited.
    if (!admin_->Execute(fmt::format("SELECT @@SESSION.{0}, @@GLOBAL.{0}", name))) continue;
    ++inherited;
    EXPECT_TRUE(known.contains(name))
        << "this server has a session variable that herdflow does not know: " << name
        << " (= " << row.at(1) << "). Does it change what a statement of herdflow means? Say so in "
        << "session_settings.cpp.";
  }
  EXPECT_GT(inherited, 100U);
}

TEST_P(SessionSettings, ASessionHasWhatItNeeds) { ExpectAsNeeded(*admin_); }

TEST_P(SessionSettings, NoneOfAHostileServerIsInherited) {
  for (const auto& [name, value] : HostileValues()) {
    const GlobalSetting hostile(*admin_, name, value);
    const auto opened = Connection::Open(server_);
    ASSERT_TRUE(opened) << opened.error().message();
    ExpectAsNeeded(**opened);
  }
}

TEST_P(SessionSettings, AnOrdinaryUserSetsThemOrIsToldByName) {
  constexpr std::string_view kAccount = "'ordinary'@'localhost'";
  Must(admin_->Execute(fmt::format("DROP USER IF EXISTS {}", kAccount)));
  Must(admin_->Execute(fmt::format("CREATE USER {} IDENTIFIED BY 'only for this test'", kAccount)));
  store_mysql::MysqlOptions ordinary = server_;
  ordinary.user = "ordinary";
  ordinary.password = "only for this test";
  std::set<std::string> refused;
  for (const auto& [name, value] : HostileValues()) {
    const GlobalSetting hostile(*admin_, name, value);
    const auto opened = Connection::Open(ordinary);
    if (opened) {
      ExpectAsNeeded(**opened);
      continue;
    }
    EXPECT_EQ(opened.error().code(), ErrorCode::kInvalidInput);
    EXPECT_THAT(opened.error().message(), HasSubstr("the server's " + name + " is"));
    refused.insert(name);
  }
  Must(admin_->Execute(fmt::format("DROP USER {}", kAccount)));
  // MariaDB's formats do not matter without a binary log, MySQL always lets SHOW tell its own.
  EXPECT_THAT(refused, ::testing::IsSubsetOf({"enforce_storage_engine", "binlog_format"}));
}

TEST_P(SessionSettings, AHostileServerHasTheLayersOfTheDataContract) {
  store_mysql::MysqlLayerStoreFixture layers(server_, store_mysql::Tables::kNew);
  std::vector<std::unique_ptr<GlobalSetting>> hostile;
  for (const auto& [name, value] : HostileValues()) {
    hostile.push_back(std::make_unique<GlobalSetting>(*admin_, name, value));
  }
  FakeEventLog log;
  FakeEventReader reader(log);
  // More than any limit, ids that are alike for long, and one letter that is no ASCII.
  const std::string alike(200, 'c');
  for (int cow = 0; cow < 9; ++cow) {
    const std::string id = fmt::format("{}ü{}", alike, cow);
    log.Put({Topic::kCows, cow % 3}, log.clock, id,
            fmt::format(R"({{"id":"{}","name":"Mücke #{}"}})", id, cow));
    log.Put({Topic::kSensors, 0}, log.clock, "S",
            fmt::format(R"({{"id":"S{}","unit":"{}"}})", cow, cow % 2 == 0 ? "L" : "kg"));
    for (int hour = 0; hour < 24; ++hour) {
      log.Put(kReadings, log.clock, "key",
              Reading(fmt::format("S{}", cow), id, fmt::format("2024-04-08T{:02}:00:00Z", hour),
                      hour == 7 ? "-1" : "21.5"));
    }
  }
  const auto run = LoadAndRun(layers, reader);
  ASSERT_TRUE(run) << run.error().message();
  EXPECT_EQ(DumpLayers(layers), ReferenceLayers(log, {}).Dump());
  const auto queries = store_mysql::MakeMysqlQueries(layers.options());
  ASSERT_TRUE(queries) << queries.error().message();
  const auto report = queries->report->ReadReportData("default", *ParseDate("2024-04-08"));
  ASSERT_TRUE(report) << report.error().message();
  ASSERT_THAT(report->cows, SizeIs(9));
  for (std::size_t cow = 0; cow < 9; ++cow) {
    EXPECT_EQ(report->cows[cow].cow_id, fmt::format("{}ü{}", alike, cow));
    EXPECT_EQ(report->cows[cow].cow_name, fmt::format("Mücke #{}", cow));
  }
}

TEST_P(SessionSettings, ARowAboveMaxAllowedPacketIsRefusedByNameAndSmallerOnesAreSplit) {
  store_mysql::MysqlLayerStoreFixture layers(server_, store_mysql::Tables::kEmptied);
  const GlobalSetting small(*admin_, "max_allowed_packet", "1048576");
  const FakeEventLog log;
  const auto store = layers.Open({});
  ASSERT_TRUE(store) << store.error().message();
  const auto claim = (*store)->Claim(log.Assignment(kReadings), 0, "test");
  ASSERT_TRUE(claim) << claim.error().message();
  const auto load = [&](int rows, std::size_t bytes) -> Result<> {
    PartitionClaim after = *claim;
    after.next_offset = rows;
    HERDFLOW_ASSIGN(const auto tx, (*store)->BeginLoad());
    HERDFLOW_CHECK(tx->Advance(*claim, after, {}));
    const std::string payload(bytes, 'x');
    for (int i = 0; i < rows; ++i) {
      BronzeMeasurement row;
      row.offset = i;
      row.payload = payload;
      HERDFLOW_CHECK(tx->Insert(*claim, row));
    }
    return tx->Commit();
  };
  const auto refused = load(1, std::size_t{5} << 20);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kInvalidInput);
  EXPECT_THAT(refused.error().message(), HasSubstr("set max_allowed_packet = 6M"));
  const auto split = load(8, 400'000);
  EXPECT_TRUE(split) << split.error().message();
  EXPECT_EQ(layers.Query("SELECT SUM(LENGTH(payload)) FROM {bronze}measurements_rows", 1),
            std::vector<Cells>{{"3200000"}});
}

TEST_P(SessionSettings, AServerThatTakesTooLittleAtOnceIsRefused) {
  const GlobalSetting tiny(*admin_, "max_allowed_packet", "16384");
  const auto opened = Connection::Open(server_);
  ASSERT_EQ(CodeOf(opened), ErrorCode::kInvalidInput);
  EXPECT_THAT(opened.error().message(), HasSubstr("max_allowed_packet is 16384"));
}

INSTANTIATE_TEST_SUITE_P(MariaDb, SessionSettings, ::testing::Values("mariadb"));
INSTANTIATE_TEST_SUITE_P(Mysql, SessionSettings, ::testing::Values("mysql"));

}  // namespace
}  // namespace herdflow::pipeline::testing
