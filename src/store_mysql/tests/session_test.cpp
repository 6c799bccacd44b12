#include "session.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "layer_store_contract/fixture.hpp"
#include "mysql_layer_store_fixture.hpp"
#include "pool.hpp"
#include "statement.hpp"

namespace herdflow::pipeline::testing {
namespace {

using store_mysql::MysqlSession;
using store_mysql::MysqlStatement;
using store_sql::Value;

/// 300 rows of a kilobyte for each of these.
std::string RowsOfAKilobyte(int times_300) {
  return fmt::format(
      "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) "
      "SELECT REPEAT('x', 1000) FROM n a JOIN n b ON b.i <= {}",
      times_300);
}

std::int64_t ResidentMegabytes() {
  std::int64_t total = 0;
  std::int64_t resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * ::sysconf(_SC_PAGESIZE) / (1 << 20);
}

class MysqlSessions : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    const auto server = store_mysql::ServerOfStack(GetParam());
    if (!server) {
      SkipWithoutServer();
      return;
    }
    layers_ = std::make_unique<store_mysql::MysqlLayerStoreFixture>(*server,
                                                                    store_mysql::Tables::kEmptied);
    Must(layers_->Open({}));
    databases_ = std::make_unique<store_mysql::Databases>(layers_->options().prefix);
    session_ = std::make_unique<MysqlSession>(
        Must(store_mysql::Connection::Open(layers_->options())), *databases_);
  }

  std::unique_ptr<MysqlStatement> Prepare(std::string_view sql) {
    return Must(MysqlStatement::Prepare(session_->connection(), sql));
  }
  /// What the server counts for this session under these names.
  std::int64_t Counted(std::string_view names) {
    const auto counters = Must(session_->connection().Query(
        fmt::format("SHOW SESSION STATUS WHERE Variable_name IN ({})", names)));
    std::int64_t total = 0;
    for (const auto& counter : counters) total += Number(counter[1]);
    return total;
  }
  /// Ten cows of a farm, each with a row of gold a day for 300 days.
  void WriteHistories() {
    for (const char* sql : {
             "INSERT INTO {ops}cow_ids (id, farm, text_id) WITH RECURSIVE n (i) AS "
             "(SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10) SELECT i, 1, i FROM n",
             "INSERT INTO {gold}cows_rows (cow_id, name, version, stream_id, topic_partition, "
             "topic_offset, created_at, updated_at) "
             "SELECT id, text_id, 1, 1, 0, 0, 0, 0 FROM {ops}cow_ids",
             "INSERT INTO {gold}measurements_daily_aggregations_rows WITH RECURSIVE n (i) AS "
             "(SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) "
             "SELECT id, i, 1, 1, 1, 1, 1 FROM {ops}cow_ids, n",
             "INSERT INTO {gold}cow_daily_metrics_rows SELECT cow_id, first_day, 1, 1, 0, 0, "
             "NULL, NULL FROM {gold}measurements_daily_aggregations_rows",
         }) {
      Must(session_->connection().Execute(store_sql::WithSchemas(sql, databases_->schemas())));
    }
  }

  std::unique_ptr<store_mysql::MysqlLayerStoreFixture> layers_;
  std::unique_ptr<store_mysql::Databases> databases_;
  std::unique_ptr<MysqlSession> session_;
};

TEST_P(MysqlSessions, ManyRowsAreReadInLittleMemory) {
  constexpr int kTimes = 200;
  const auto read = Prepare(RowsOfAKilobyte(kTimes));
  const std::int64_t before = ResidentMegabytes();
  std::int64_t rows = 0;
  while (Must(read->Step())) ++rows;
  EXPECT_EQ(rows, 300 * kTimes);
  EXPECT_LT(ResidentMegabytes() - before, 20);
}

TEST_P(MysqlSessions, OtherStatementsRunWhileRowsAreStillToCome) {
  const auto read = Prepare(RowsOfAKilobyte(10));
  const auto again = Prepare(RowsOfAKilobyte(10));
  std::int64_t rows = 0;
  for (; rows < 10; ++rows) ASSERT_TRUE(Must(read->Step()));
  ASSERT_TRUE(Must(again->Step()));
  EXPECT_EQ(read->Bytes(0), std::string(1'000, 'x'));
  EXPECT_EQ(Must(session_->connection().QueryText("SELECT 7")), "7");
  const auto other = Prepare("SELECT CAST(?1 AS SIGNED)");
  ASSERT_TRUE(Must(other->Bind(1, 8).Step()));
  EXPECT_EQ(other->Int(0), 8);
  while (Must(read->Step())) ++rows;
  EXPECT_EQ(rows, 3'000);
  for (rows = 1; Must(again->Step()); ++rows) {
  }
  EXPECT_EQ(rows, 3'000);
}

TEST_P(MysqlSessions, RowsThatNobodyWantsAreLeft) {
  const auto read = Prepare(RowsOfAKilobyte(10));
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(Must(read->Step()));
    read->Reset();
  }
  ASSERT_TRUE(Must(read->Step()));
  EXPECT_EQ(Must(session_->connection().QueryText("SELECT 7")), "7");
  read->Reset();
  EXPECT_EQ(Must(session_->connection().QueryText("SELECT 7")), "7");
  Must(read->Run());
}

TEST_P(MysqlSessions, TheLastRowMayBeInHandWhenAnotherStatementRuns) {
  const auto read = Prepare("SELECT 7");
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(Must(read->Step()));
    EXPECT_EQ(Must(session_->connection().QueryText("SELECT 8")), "8");
    EXPECT_EQ(read->Int(0), 7);
    read->Reset();
  }
}

TEST_P(MysqlSessions, OneThatLayIdleHasItsSettingsAgain) {
  store_mysql::MysqlPool pool(layers_->options(), std::chrono::milliseconds(0));
  const auto ask = [&](std::string_view sql) {
    const auto transaction = Must(pool.BeginWrite(""));
    auto& connection = static_cast<MysqlSession&>(transaction->session()).connection();
    return Must(connection.QueryText(sql)) + " of " +
           Must(connection.QueryText("SELECT CONNECTION_ID()"));
  };
  const std::string before = ask("SELECT @@SESSION.sql_select_limit");
  {
    const auto transaction = Must(pool.BeginWrite(""));
    auto& connection = static_cast<MysqlSession&>(transaction->session()).connection();
    Must(connection.Execute("SET SESSION sql_select_limit = 1"));
  }
  EXPECT_EQ(ask("SELECT @@SESSION.sql_select_limit"), before);
}

TEST_P(MysqlSessions, OneWhoseTlsBreaksIsLostAsAnyOther) {
  const auto connection =
      Must(store_mysql::Connection::Open(*store_mysql::ServerOfStackByTls(GetParam())));
  ASSERT_EQ(::shutdown(mysql_get_socket(connection->handle()), SHUT_RD), 0);
  const auto slept = connection->Execute("DO SLEEP(0.2)");
  ASSERT_FALSE(slept);
  EXPECT_EQ(slept.error().code(), ErrorCode::kUnavailable) << slept.error().message();
  EXPECT_TRUE(connection->broken());
}

TEST_P(MysqlSessions, AFailureAmongTheRowsIsToldAndTheConnectionGoesOn) {
  const auto read = Prepare(
      "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) "
      "SELECT a.i, CASE WHEN a.i = 300 THEN (SELECT 1 UNION SELECT 2) ELSE 0 END FROM n a");
  Result<bool> there = true;
  while (there && *there) there = read->Step();
  EXPECT_FALSE(there);
  EXPECT_EQ(Must(session_->connection().QueryText("SELECT 7")), "7");
}

TEST_P(MysqlSessions, RowsAreDeletedManyAtOnce) {
  constexpr std::size_t kKeys = 1'000;
  std::vector<Value> rows;
  std::vector<Value> keys;
  for (std::size_t i = 0; i < kKeys; ++i) {
    rows.insert(rows.end(), {i, 1, 1, 1, 1, 1, 1});
    if (i % 10 != 0) keys.insert(keys.end(), {i, 1, 1});
  }
  Must(session_->RunForRows(store_sql::sql::kWriteDaily, 7, rows));
  constexpr std::string_view kStatements = "'Com_stmt_execute'";
  const std::int64_t before = Counted(kStatements);
  Must(session_->RunForRows(store_sql::sql::kDeleteDaily, 3, keys));
  EXPECT_LT(Counted(kStatements) - before, 20);
  EXPECT_EQ(layers_
                ->Query("SELECT COUNT(*), MAX(cow_id % 10) FROM "
                        "{gold}measurements_daily_aggregations_rows",
                        2)
                .at(0),
            (Cells{"100", "0"}));
}

TEST_P(MysqlSessions, TheDaysOfAFarmsDataAreReadAtTheEndsOfItsCowsHistories) {
  WriteHistories();
  constexpr std::string_view kRows = "'Handler_read_next', 'Handler_read_prev'";
  const std::int64_t before = Counted(kRows);
  auto* const read = Must(session_->Get(store_sql::sql::kReadDataRange));
  ASSERT_TRUE(Must(read->Bind(1, 1).Step()));
  EXPECT_EQ(read->Int(0), 1);
  EXPECT_EQ(read->Int(1), 300);
  read->Reset();
  EXPECT_LT(Counted(kRows) - before, 50);
}

TEST_P(MysqlSessions, TheCowsOfAReportComeInTheirOrderUnsorted) {
  WriteHistories();
  const std::int64_t before = Counted("'Sort_rows'");
  auto* const read = Must(session_->Get(store_sql::sql::kReadReportDays));
  read->Bind(1, 1).Bind(2, 271).Bind(3, 300);
  int rows = 0;
  while (Must(read->Step())) ++rows;
  EXPECT_EQ(rows, 300);
  EXPECT_EQ(Counted("'Sort_rows'"), before);
}

INSTANTIATE_TEST_SUITE_P(MariaDb, MysqlSessions, ::testing::Values("mariadb"));
INSTANTIATE_TEST_SUITE_P(Mysql, MysqlSessions, ::testing::Values("mysql"));

}  // namespace
}  // namespace herdflow::pipeline::testing
