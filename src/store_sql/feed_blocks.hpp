#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "feed_places.hpp"
#include "herdflow/pipeline/derived_table.hpp"
#include "herdflow/store_sql/session.hpp"

/// Where a derived table has something to do, in pieces.
namespace herdflow::store_sql {

/// Up to which note the tables have come that this one reads; nothing: one of them is not filled.
Result<std::optional<std::int64_t>> ReadSeen(Session& session, const pipeline::DerivedTable& table);

/// What lies behind `place`, which moves on, of all that there is, or of the periods that touch
/// `days`. At most about `max` rows are read for it. Nothing: there is no more.
Result<std::optional<pipeline::Block>> NextOfAll(Session& session,
                                                 const pipeline::DerivedTable& table,
                                                 const std::optional<pipeline::DayRange>& days,
                                                 pipeline::FeedPlace& place, std::size_t max);

/// The same of what is noted up to `seen`. Nothing: there is none left, and the place is idle.
Result<std::optional<pipeline::Block>> NextOfNotes(Session& session,
                                                   const pipeline::DerivedTable& table,
                                                   TablePlace& place, std::int64_t seen,
                                                   std::size_t max);

}  // namespace herdflow::store_sql
