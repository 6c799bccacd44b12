#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "herdflow/pipeline/layer_store.hpp"
#include "scope.hpp"

/// Where the derived tables stand.
namespace herdflow::store_sql {

enum class FeedState : std::int64_t {
  kIdle = 0,
  kNotes = 1,  ///< It goes through the notes of up to `target`,
  kFill = 2,   ///< or through all that there is: of all days, or of periods that touch `days`.
};

/// A table has seen the notes up to `position`. Not idle, it has done what lies before `last`.
struct TablePlace {
  std::int64_t position = 0;
  std::int64_t target = 0;
  FeedState state = FeedState::kIdle;
  pipeline::FeedPlace last;
  std::optional<pipeline::DayRange> days;

  bool operator==(const TablePlace& other) const;
};

/// Nothing: the table has not begun.
Result<std::optional<TablePlace>> ReadPlace(Session& session, const pipeline::DerivedTable& table);
/// The same, and whoever else would write it waits for the end of this transaction.
Result<std::optional<TablePlace>> HoldPlace(WriteScope& scope, const pipeline::DerivedTable& table);
Result<> WritePlace(WriteScope& scope, const pipeline::DerivedTable& table,
                    const TablePlace& place);

/// Lets every table that has begun be filled anew: of all days, or of these.
Result<> RefillFeeds(WriteScope& scope, const std::optional<pipeline::DayRange>& days);

}  // namespace herdflow::store_sql
