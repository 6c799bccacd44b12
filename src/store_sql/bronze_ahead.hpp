#pragma once

#include <cstdint>
#include <future>
#include <memory>
#include <memory_resource>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "herdflow/store_sql/session.hpp"
#include "unjudged.hpp"

namespace herdflow::store_sql {

/// A row of one of the read_bronze_measurement… statements. The views are whoever's made it.
struct BronzeRow {
  pipeline::Lineage lineage;
  Instant received_at;
  std::optional<std::int64_t> sensor, cow;
  std::optional<std::int64_t> kinds;  ///< Of a canonical message's fields; others have a payload.
  std::string_view timestamp, value, deleted, payload;
};
[[nodiscard]] BronzeRow BronzeRowIn(const Statement& row);

/// Rows that own their texts.
struct BronzePiece {
  std::vector<BronzeRow> rows;
  TakenBronze taken;
  std::unique_ptr<std::pmr::monotonic_buffer_resource> texts;
};

/// Reads the rows of measurements that are to be judged next, on a thread of its own, while those
/// before them are merged and written: bronze's rows never change. Threads: whoever holds the step.
class BronzeAhead {
 public:
  explicit BronzeAhead(std::shared_ptr<ReadSessions> sessions) : sessions_(std::move(sessions)) {}

  /// The partition's rows from its `from` on.
  void Begin(const UnjudgedPartition& partition, std::size_t max);
  /// What was begun, if it begins where the partition does and is no more than this; waits for it.
  std::optional<BronzePiece> Take(const UnjudgedPartition& partition, std::size_t max,
                                  std::size_t max_bytes);

 private:
  struct Begun {
    UnjudgedPartition partition;
    std::future<Result<BronzePiece>> piece;
  };
  std::shared_ptr<ReadSessions> sessions_;
  std::optional<Begun> begun_;
};

}  // namespace herdflow::store_sql
