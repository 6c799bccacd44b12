#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "herdflow/pipeline/derived_table.hpp"
#include "herdflow/store_sql/session.hpp"

/// Rows of derived tables, read by their keys.
namespace herdflow::store_sql {

[[nodiscard]] FarmDay DayOf(std::int64_t days);
/// The row in the columns of one of the read_… statements of DerivedSql.
[[nodiscard]] pipeline::DerivedRow DerivedRowIn(const pipeline::DerivedTable& of,
                                                const Statement& row);
/// The days that a table's rows may have; of many, without the long gaps between those that they
/// have.
Result<std::vector<FarmDay>> DaysOf(Session& session, const pipeline::DerivedTable& of,
                                    pipeline::FarmRef farm, herd::Period period);
/// As FeedReads::ReadRows.
Result<> ReadDerivedRows(Session& session, const pipeline::DerivedTable& of, pipeline::FarmRef farm,
                         herd::Period days, std::span<const pipeline::CowRange> cows,
                         const pipeline::FeedReads::EachRow& each);

}  // namespace herdflow::store_sql
