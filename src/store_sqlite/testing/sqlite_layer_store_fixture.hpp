#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "herdflow/sqlite/database.hpp"
#include "herdflow/store_sqlite/store.hpp"
#include "layer_dump.hpp"

namespace herdflow::store_sqlite {

/// A store in a folder that ends with the fixture.
class SqliteLayerStoreFixture : public pipeline::testing::LayerStoreFixture {
 public:
  SqliteLayerStoreFixture() {
    std::string name = (Parent() / "herdflow-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~SqliteLayerStoreFixture() override { std::filesystem::remove_all(folder_); }

  Result<std::unique_ptr<pipeline::LayerStore>> Open(
      const pipeline::testing::StoreSettings& settings) override {
    return MakeSqliteLayerStore(
        {folder_, settings.default_farm, kUsualPatience, settings.use, settings.rules_code});
  }

  pipeline::StoreQueries Queries() override {
    auto queries = MakeSqliteQueries(folder_);
    EXPECT_TRUE(queries) << (queries ? "" : queries.error().message());
    return queries ? std::move(*queries) : pipeline::StoreQueries();
  }

  std::unique_ptr<pipeline::RunLedger> Ledger() override {
    auto ledger = MakeSqliteRunLedger(folder_);
    EXPECT_TRUE(ledger) << (ledger ? "" : ledger.error().message());
    return ledger ? std::move(*ledger) : nullptr;
  }

  std::vector<pipeline::testing::Cells> Query(std::string_view sql, int columns) override {
    std::vector<pipeline::testing::Cells> rows;
    auto statement = Open().Prepare(WithPrefixes(sql));
    EXPECT_TRUE(statement) << (statement ? "" : statement.error().message());
    while (statement) {
      const auto there = statement->Step();
      EXPECT_TRUE(there) << (there ? "" : there.error().message());
      if (!there || !*there) break;
      auto& row = rows.emplace_back();
      for (int i = 0; i < columns; ++i) {
        row.emplace_back(statement->MaybeText(i).value_or("-"));
      }
    }
    return rows;
  }

  [[nodiscard]] const std::string& folder() const { return folder_; }

 private:
  /// The laws need thousands of synced commits: in memory where that is possible.
  static std::filesystem::path Parent() {
    const std::filesystem::path memory = "/dev/shm";
    return ::access(memory.c_str(), W_OK) == 0 ? memory : std::filesystem::temp_directory_path();
  }

  /// The test's own connection.
  sqlite::Database& Open() {
    if (!database_) {
      sqlite::OpenOptions options{};
      options.path = folder_ + "/store.db";
      options.application_id = 0x48465332;
      auto opened = sqlite::Database::Open(options);
      EXPECT_TRUE(opened) << (opened ? "" : opened.error().message());
      database_ = std::make_unique<sqlite::Database>(std::move(*opened));
    }
    return *database_;
  }

  static std::string WithPrefixes(std::string_view sql) {
    std::string text(sql);
    for (const std::string layer : {"bronze", "silver", "gold", "ops"}) {
      for (std::size_t at = 0; (at = text.find("{" + layer + "}", at)) != std::string::npos;) {
        text.replace(at, layer.size() + 2, layer + "_");
      }
    }
    return text;
  }

  std::string folder_;
  std::unique_ptr<sqlite::Database> database_;
};

}  // namespace herdflow::store_sqlite
