#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "errors.hpp"
#include "herdflow/store_mysql/store.hpp"
#include "layer_store_contract.hpp"
#include "migrate.hpp"
#include "mysql_layer_store_fixture.hpp"

namespace herdflow::pipeline::testing {
namespace {

INSTANTIATE_TEST_SUITE_P(MariaDb, LayerStoreContract,
                         ::testing::Values(store_mysql::MakerOf("mariadb")));
INSTANTIATE_TEST_SUITE_P(Mysql, LayerStoreContract,
                         ::testing::Values(store_mysql::MakerOf("mysql")));
INSTANTIATE_TEST_SUITE_P(MariaDb, LayerStoreRevisions,
                         ::testing::Values(store_mysql::MakerOf("mariadb")));
INSTANTIATE_TEST_SUITE_P(Mysql, LayerStoreRevisions,
                         ::testing::Values(store_mysql::MakerOf("mysql")));

TEST(MysqlErrors, AStatementIsShownOnOneLineAndNotWhole) {
  EXPECT_EQ(store_mysql::Shown("-- What it is for.\n-- More.\nSELECT a,\n       b\nFROM t\n"),
            "SELECT a, b FROM t");
  EXPECT_THAT(store_mysql::Shown("SELECT " + std::string(200, 'x')), ::testing::EndsWith("x…"));
}

TEST(MysqlErrors, TellWhatToDo) {
  const Error deadlock = store_mysql::MakeError(1213, "Deadlock found", "writing");
  EXPECT_EQ(deadlock.code(), ErrorCode::kUnavailable);
  EXPECT_EQ(store_mysql::MakeError(1045, "Access denied", "connecting").code(),
            ErrorCode::kInvalidInput);
  EXPECT_EQ(store_mysql::MakeError(1114, "The table is full", "writing").code(),
            ErrorCode::kUnavailable);
  EXPECT_EQ(store_mysql::MakeError(1062, "Duplicate entry", "writing").code(),
            ErrorCode::kConflict);
  EXPECT_TRUE(store_mysql::IsLost(2013));
  EXPECT_FALSE(store_mysql::IsLost(1213));
}

TEST(MysqlErrors, AServerThatHangsUpWhileTlsIsAgreedOnIsAwayAnythingElseIsForSomebodyToMend) {
  for (const char* cut : {"unexpected eof while reading", "Connection timed out (110)"}) {
    EXPECT_EQ(store_mysql::MakeError(2026, fmt::format("TLS/SSL error: {}", cut), "").code(),
              ErrorCode::kUnavailable);
  }
  const Error expired =
      store_mysql::MakeError(2026, "TLS/SSL error: certificate has expired", "connecting");
  EXPECT_EQ(expired.code(), ErrorCode::kInvalidInput);
  EXPECT_THAT(expired.message(), ::testing::StartsWith("connecting: no TLS with it: certificate"));
  EXPECT_THAT(expired.message(), HasSubstr("ca_file"));
  EXPECT_THAT(store_mysql::MakeError(3159, "insecure transport", "connecting").message(),
              HasSubstr("set [mysql] tls to on"));
}

TEST(MysqlOptions, AServerThatIsNotThereIsUnavailableAndSaysWhatToCheck) {
  store_mysql::MysqlStoreOptions options;
  options.server.socket = "/nonexistent/socket";
  const auto store = store_mysql::MakeMysqlLayerStore(options);
  ASSERT_EQ(CodeOf(store), ErrorCode::kUnavailable);
  EXPECT_THAT(store.error().message(), HasSubstr("[mysql]"));
}

TEST(MysqlOptions, APrefixThatIsNoNameIsRefused) {
  store_mysql::MysqlStoreOptions options;
  options.server.prefix = "x`; DROP DATABASE mysql";
  EXPECT_EQ(CodeOf(store_mysql::MakeMysqlLayerStore(options)), ErrorCode::kInvalidInput);
}

/// What a database server has and a file has not.
class MysqlLayerStore : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    auto server = store_mysql::ServerOfStack(GetParam());
    if (!server) {
      SkipWithoutServer();
      return;
    }
    layers_ = std::make_unique<store_mysql::MysqlLayerStoreFixture>(*std::move(server),
                                                                    store_mysql::Tables::kNew);
  }

  void ExpectViewsRead() {
    for (const char* view :
         {"{bronze}farms", "{bronze}cows", "{bronze}sensors", "{bronze}measurements",
          "{silver}measurements", "{silver}quarantine", "{gold}cows", "{gold}sensors",
          "{gold}measurements_daily_aggregations", "{gold}measurements_weekly_aggregations",
          "{gold}measurements_monthly_aggregations", "{gold}measurements_yearly_aggregations",
          "{gold}cow_daily_metrics", "{gold}herd_days", "{gold}cow_milk_means"}) {
      EXPECT_EQ(layers_->Query(std::string("SELECT COUNT(*) FROM ") + view, 1).at(0).at(0), "0");
    }
    EXPECT_EQ(layers_->Query("SELECT id FROM {gold}farms", 1), (std::vector<Cells>{{"default"}}));
  }

  /// A user of this test's own, who may do everything.
  [[nodiscard]] store_mysql::MysqlOptions MakeUser() {
    store_mysql::MysqlOptions options = layers_->options();
    options.user = options.prefix + "u";
    options.password = "only for this test";
    layers_->Query("CREATE USER " + AccountOf(options) + " IDENTIFIED BY 'only for this test'", 0);
    layers_->Query("GRANT ALL ON *.* TO " + AccountOf(options), 0);
    return options;
  }
  void DropUser(const store_mysql::MysqlOptions& options) {
    layers_->Query("DROP USER " + AccountOf(options), 0);
  }
  static std::string AccountOf(const store_mysql::MysqlOptions& options) {
    return "'" + options.user + "'@'localhost'";
  }

  std::unique_ptr<store_mysql::MysqlLayerStoreFixture> layers_;
};

TEST_P(MysqlLayerStore, TwoProcessesThatStartAtOnceMakeTheTablesOnce) {
  std::vector<std::thread> threads;
  std::atomic<int> opened = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      const auto store = layers_->Open({});
      opened += store ? 1 : 0;
      if (!store) ADD_FAILURE() << store.error().message();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(opened, 4);
  EXPECT_EQ(layers_->Query("SELECT COUNT(*) FROM {ops}schema_versions", 1).at(0).at(0),
            std::to_string(store_mysql::kMigrations.size()));
}

TEST_P(MysqlLayerStore, AStoreOfANewerHerdflowIsRefused) {
  Must(layers_->Open({}));
  layers_->Query("INSERT INTO {ops}schema_versions VALUES (99, '2030-01-01')", 0);
  const auto opened = layers_->Open({});
  ASSERT_EQ(CodeOf(opened), ErrorCode::kInvalidInput);
  EXPECT_THAT(opened.error().message(), HasSubstr("99"));
}

TEST_P(MysqlLayerStore, QueriesBeforeAnythingWasLoadedSayWhatToDo) {
  const auto queries = store_mysql::MakeMysqlQueries(layers_->options());
  ASSERT_EQ(CodeOf(queries), ErrorCode::kNotFound);
  EXPECT_THAT(queries.error().message(), HasSubstr("herdflow load"));
}

TEST_P(MysqlLayerStore, ViewsOutliveTheAccountThatMadeThem) {
  const store_mysql::MysqlOptions maker = MakeUser();
  Must(store_mysql::MakeMysqlLayerStore({maker, {}}));
  DropUser(maker);
  ExpectViewsRead();
}

TEST_P(MysqlLayerStore, ATableThatIsNotAsItWasMadeIsRefusedByName) {
  Must(layers_->Open({}));
  layers_->Query("CREATE TABLE {gold}strange (name VARCHAR(9)) ENGINE = MyISAM", 0);
  Must(layers_->Open({}));  // Somebody's own is not herdflow's concern.
  layers_->Query("ALTER TABLE {bronze}measurements_rows ENGINE = MyISAM", 0);
  const auto lossy = layers_->Open({});
  ASSERT_EQ(CodeOf(lossy), ErrorCode::kInvalidInput);
  EXPECT_THAT(lossy.error().message(), HasSubstr("bronze_layer.measurements_rows ENGINE = InnoDB"));
  layers_->Query("ALTER TABLE {bronze}measurements_rows ENGINE = InnoDB", 0);
  layers_->Query(
      "ALTER TABLE {ops}cow_ids CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci", 0);
  const auto alike = layers_->Open({});
  ASSERT_EQ(CodeOf(alike), ErrorCode::kInvalidInput);
  EXPECT_THAT(alike.error().message(), HasSubstr("ops.cow_ids CONVERT TO"));
}

TEST_P(MysqlLayerStore, EveryViewReads) {
  Must(layers_->Open({}));
  ExpectViewsRead();
}

TEST_P(MysqlLayerStore, AStepIsOneTransactionsAtATimeAndOtherStepsGoOn) {
  const auto one = Must(layers_->Open({}));
  const auto two = Must(layers_->Open({}));
  auto held = Must(one->BeginCleanse());
  Must(Must(two->BeginHerdBook())->Commit());
  std::atomic<bool> began = false;
  std::thread waiting([&] {
    auto second = Must(two->BeginCleanse());
    began = true;
    Must(second->Commit());
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  EXPECT_FALSE(began);
  Must(held->Commit());
  waiting.join();
  EXPECT_TRUE(began);
}

TEST_P(MysqlLayerStore, AConnectionThatTheServerClosedIsOpenedAnew) {
  // Whose connections are no other test's.
  const store_mysql::MysqlStoreOptions options{MakeUser(), {}};
  {
    const auto store = Must(store_mysql::MakeMysqlLayerStore(options));
    const auto queries = Must(store_mysql::MakeMysqlQueries(options.server));
    EXPECT_FALSE(Must(queries.herd->FindCow("default", "C1")));
    const auto connections = layers_->Query(
        "SELECT id FROM information_schema.processlist WHERE user = '" + options.server.user + "'",
        1);
    EXPECT_FALSE(connections.empty());
    for (const Cells& row : connections) {
      const auto killed = layers_->Open().Execute("KILL " + row.at(0));
      // Unknown: it was closing already.
      EXPECT_THAT(killed ? "(1094)" : killed.error().message(), HasSubstr("(1094)"));
    }
    // One that was just in use is not asked whether it lives: its next use fails, no later one.
    const auto found = queries.herd->FindCow("default", "C1");
    EXPECT_TRUE(found || found.error().code() == ErrorCode::kUnavailable);
    EXPECT_FALSE(Must(queries.herd->FindCow("default", "C1")));
    const auto tx = store->BeginCleanse();
    EXPECT_TRUE(tx || tx.error().code() == ErrorCode::kUnavailable);
    Must(Must(store->BeginHerdBook())->Commit());
  }
  DropUser(options.server);
}

INSTANTIATE_TEST_SUITE_P(MariaDb, MysqlLayerStore, ::testing::Values("mariadb"));
INSTANTIATE_TEST_SUITE_P(Mysql, MysqlLayerStore, ::testing::Values("mysql"));

}  // namespace
}  // namespace herdflow::pipeline::testing
