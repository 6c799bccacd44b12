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
/// Appends the columns of a key.
void AddKey(const pipeline::DerivedTable& of, const pipeline::DerivedKey& key,
            std::vector<Value>& values);
/// The first days of the table's rows whose periods begin in these days.
[[nodiscard]] std::vector<FarmDay> PeriodsIn(const pipeline::DerivedTable& of, herd::Period days);

/// The rows of these keys.
Result<> ReadRows(Session& session, const pipeline::DerivedTable& of,
                  std::span<const pipeline::DerivedKey> keys,
                  const pipeline::FeedReads::EachRow& each);
/// The rows of a block that is whole.
Result<> ReadWhole(Session& session, const pipeline::DerivedTable& of, const pipeline::Block& block,
                   const pipeline::FeedReads::EachRow& each);
/// The rows of one table that those of another with these keys are made from.
Result<> ReadSourceRows(Session& session, const pipeline::DerivedTable& of,
                        const pipeline::DerivedTable& into,
                        std::span<const pipeline::DerivedKey> keys,
                        const pipeline::FeedReads::EachRow& each);

}  // namespace herdflow::store_sql
