#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "herdflow/core/time.hpp"
#include "herdflow/pipeline/event_log.hpp"
#include "herdflow/sqlite/database.hpp"

namespace herdflow::log_sqlite {

/// Inserts events' rows, many by one statement: SQLite then goes down the table's tree once for all
/// of them.
///
/// Threads: one at a time.
class EventRows {
 public:
  static Result<EventRows> Prepare(sqlite::Database& database);

  /// Nothing of a transaction that was not committed is left to insert.
  void Begin();
  /// Of the transaction at hand. The event stays as it is until Finish.
  Result<> Add(std::int64_t position, Instant broker_time, const pipeline::Event& event);
  /// Everything that was added is inserted.
  Result<> Finish();

 private:
  static constexpr std::size_t kRowsAtOnce = 16;
  struct Row {
    std::int64_t position, broker_time;
    const pipeline::Event* event;
    std::optional<std::string_view> headers;
  };

  EventRows(sqlite::Statement one, sqlite::Statement many)
      : one_(std::move(one)), many_(std::move(many)) {}
  std::optional<std::string_view> EncodedHeaders(const pipeline::Event& event);
  static void Bind(sqlite::Statement& statement, int first, const Row& row);

  sqlite::Statement one_, many_;
  std::vector<Row> rows_;
  std::array<std::string, kRowsAtOnce> headers_;  ///< As they are kept; some rows share one.
};

}  // namespace herdflow::log_sqlite
