#include "readers.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <thread>
#include <vector>

#include "herdflow/store_sql/sql_files.hpp"
#include "sqlite_layer_store_fixture.hpp"

namespace herdflow::store_sqlite {
namespace {

using namespace std::chrono_literals;

class SqliteReadersTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(layers_.Open({}));
    auto readers = SqliteReaders::Open({layers_.folder(), 512, 4});
    ASSERT_TRUE(readers);
    readers_ = std::move(*readers);
  }
  /// How many farms the snapshot shows.
  static std::int64_t Farms(store_sql::Transaction& snapshot) {
    const auto read = snapshot.session().Get(store_sql::sql::kListFarms);
    EXPECT_TRUE(read);
    std::int64_t farms = 0;
    while (*(*read)->Step()) ++farms;
    return farms;
  }

  SqliteLayerStoreFixture layers_;
  std::shared_ptr<SqliteReaders> readers_;
};

TEST_F(SqliteReadersTest, FourReadAtTheSameTimeAndAFifthWaitsForOneOfThem) {
  std::vector<std::unique_ptr<store_sql::Transaction>> snapshots;
  for (int i = 0; i < 4; ++i) {
    snapshots.push_back(*readers_->BeginRead());
    EXPECT_EQ(Farms(*snapshots.back()), 1);
  }
  std::atomic<bool> has_read = false;
  std::thread fifth([&] {
    EXPECT_EQ(Farms(**readers_->BeginRead()), 1);
    has_read = true;
  });
  std::this_thread::sleep_for(50ms);
  EXPECT_FALSE(has_read);
  snapshots.erase(snapshots.begin());
  fifth.join();
  EXPECT_TRUE(has_read);
}

TEST_F(SqliteReadersTest, EachSnapshotStaysAsItWas) {
  const auto before = *readers_->BeginRead();
  EXPECT_EQ(Farms(*before), 1);
  layers_.Query("INSERT INTO {ops}farm_ids VALUES (2, 'north')", 0);
  layers_.Query(
      "INSERT INTO {gold}farms_rows SELECT 2, name, time_zone, litre_min, litre_max,"
      " kilogram_min, kilogram_max, milk_density, closed_at, rules_version, version,"
      " stream_id, topic_partition, topic_offset, created_at, updated_at, state_version,"
      " state_stream, state_partition, state_offset FROM {gold}farms_rows",
      0);
  const auto after = *readers_->BeginRead();
  EXPECT_EQ(Farms(*after), 2);
  EXPECT_EQ(Farms(*before), 1);
}

TEST_F(SqliteReadersTest, NoneIsOpenedToAnotherFileThanTheFirst) {
  const auto first = *readers_->BeginRead();
  const std::filesystem::path file = layers_.folder() + "/store.db";
  std::filesystem::rename(file, layers_.folder() + "/moved.db");
  SqliteLayerStoreFixture other;
  ASSERT_TRUE(other.Open({}));
  std::filesystem::copy(other.folder() + "/store.db", file);
  const auto second = readers_->BeginRead();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace herdflow::store_sqlite
