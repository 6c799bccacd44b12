#pragma once

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "herdflow/sqlite/database.hpp"
#include "log_file.hpp"

namespace herdflow::log_sqlite {

/// Reads the next piece of a partition on a thread of its own, while the one before is being
/// stored. Threads: one.
class ReadAhead {
 public:
  static Result<std::unique_ptr<ReadAhead>> Make(sqlite::Database database);

  /// REQUIRES: what was begun before is taken, or not wanted any more.
  void Begin(std::string_view stream_id, const Piece& piece);
  /// What Read gives of this piece, if it is the one that was begun; waits for it. A piece that
  /// ended earlier then is the same.
  std::optional<Result<Messages>> Take(std::string_view stream_id, const Piece& piece);

 private:
  struct Begun {
    std::string stream_id;
    Piece piece;
    std::future<Result<Messages>> messages;
  };
  ReadAhead(sqlite::Database database, MessageQuery query)
      : database_(std::move(database)), query_(std::move(query)) {}

  sqlite::Database database_;
  MessageQuery query_;
  std::optional<Begun> begun_;  // Last: its thread uses everything above.
};

}  // namespace herdflow::log_sqlite
