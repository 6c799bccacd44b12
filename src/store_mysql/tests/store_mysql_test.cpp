#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "errors.hpp"
#include "herdflow/store_mysql/store.hpp"
#include "layer_store_contract.hpp"
#include "mysql_layer_store_fixture.hpp"

namespace herdflow::pipeline::testing {
namespace {

INSTANTIATE_TEST_SUITE_P(MariaDb, LayerStoreContract,
                         ::testing::Values(store_mysql::MakerOf("mariadb")));
INSTANTIATE_TEST_SUITE_P(Mysql, LayerStoreContract,
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
  EXPECT_EQ(layers_->Query("SELECT COUNT(*) FROM {ops}schema_versions", 1).at(0).at(0), "3");
}

TEST_P(MysqlLayerStore, AMigrationThatWasCutShortIsDoneAgain) {
  Must(layers_->Open({}));
  layers_->Query("DELETE FROM {ops}schema_versions", 0);
  layers_->Query("DROP VIEW {gold}cow_daily_metrics", 0);
  Must(layers_->Open({}));
  EXPECT_EQ(layers_->Query("SELECT COUNT(*) FROM {gold}cow_daily_metrics", 1).at(0).at(0), "0");
}

TEST_P(MysqlLayerStore, AStoreOfANewerHerdflowIsRefused) {
  Must(layers_->Open({}));
  layers_->Query("INSERT INTO {ops}schema_versions VALUES (99, '2030-01-01')", 0);
  const auto opened = layers_->Open({});
  ASSERT_EQ(CodeOf(opened), ErrorCode::kInvalidInput);
  EXPECT_THAT(opened.error().message(), HasSubstr("99"));
}

TEST_P(MysqlLayerStore, QueriesBeforeAnythingWasLoadedSayWhatToDo) {
  const auto queries = store_mysql::MakeMysqlHerdQueries(layers_->options());
  ASSERT_EQ(CodeOf(queries), ErrorCode::kNotFound);
  EXPECT_THAT(queries.error().message(), HasSubstr("herdflow load"));
}

TEST_P(MysqlLayerStore, EveryViewReads) {
  const auto store = Must(layers_->Open({}));
  for (const char* view :
       {"{bronze}cows", "{bronze}sensors", "{bronze}measurements", "{silver}measurements",
        "{silver}quarantine", "{gold}cows", "{gold}sensors",
        "{gold}measurements_daily_aggregations", "{gold}measurements_weekly_aggregations",
        "{gold}measurements_monthly_aggregations", "{gold}measurements_yearly_aggregations",
        "{gold}cow_daily_metrics"}) {
    EXPECT_EQ(layers_->Query(std::string("SELECT COUNT(*) FROM ") + view, 1).at(0).at(0), "0");
  }
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
  // A user of its own, whose connections are no other test's.
  store_mysql::MysqlStoreOptions options{layers_->options(), "rules", "UTC"};
  options.server.user = options.server.prefix + "u";
  options.server.password = "only for this test";
  const std::string account = "'" + options.server.user + "'@'localhost'";
  layers_->Query("CREATE USER " + account + " IDENTIFIED BY 'only for this test'", 0);
  layers_->Query("GRANT ALL ON *.* TO " + account, 0);
  {
    const auto store = Must(store_mysql::MakeMysqlLayerStore(options));
    const auto queries = Must(store_mysql::MakeMysqlHerdQueries(options.server));
    EXPECT_FALSE(Must(queries->FindCow("C1")));
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
    const auto found = queries->FindCow("C1");
    EXPECT_TRUE(found || found.error().code() == ErrorCode::kUnavailable);
    EXPECT_FALSE(Must(queries->FindCow("C1")));
    const auto tx = store->BeginCleanse();
    EXPECT_TRUE(tx || tx.error().code() == ErrorCode::kUnavailable);
    Must(Must(store->BeginHerdBook())->Commit());
  }
  layers_->Query("DROP USER " + account, 0);
}

INSTANTIATE_TEST_SUITE_P(MariaDb, MysqlLayerStore, ::testing::Values("mariadb"));
INSTANTIATE_TEST_SUITE_P(Mysql, MysqlLayerStore, ::testing::Values("mysql"));

}  // namespace
}  // namespace herdflow::pipeline::testing
