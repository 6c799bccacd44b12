#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "herdflow/herd/report.hpp"
#include "herdflow/pipeline/store_queries.hpp"
#include "scope.hpp"

/// The ports of StoreQueries, and what they have in common.
namespace herdflow::store_sql {

std::unique_ptr<pipeline::HerdQueries> MakeHerdQueries(std::shared_ptr<ReadSessions> sessions);
std::unique_ptr<pipeline::ReportQueries> MakeReportQueries(std::shared_ptr<ReadSessions> sessions);
std::unique_ptr<pipeline::OperationsQueries> MakeOperationsQueries(
    std::shared_ptr<ReadSessions> sessions);

[[nodiscard]] FarmDay DayIn(const Statement& row, int column);
[[nodiscard]] std::optional<Instant> MaybeInstantIn(const Statement& row, int column);

/// The farm's integer, if it has one: a farm that a message named, known or not.
Result<std::optional<std::int64_t>> FindFarmRef(Session& session, std::string_view farm);
/// The first and the last day that the farm has data of.
Result<std::optional<herd::DataRange>> FindDataRange(Session& session, std::int64_t farm);

}  // namespace herdflow::store_sql
