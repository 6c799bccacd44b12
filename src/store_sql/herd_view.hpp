#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "herdflow/pipeline/layer_store.hpp"
#include "herdflow/store_sql/session.hpp"

namespace herdflow::store_sql {

/// The farms and their herd books as one transaction of a session sees them, which changes none of
/// them; and messages of bronze with the ids that they name.
///
/// Threads: the session's.
class HerdView final : public pipeline::Judging {
 public:
  /// `gives_refs`: the transaction writes, and a farm that is new is given its integer.
  HerdView(Session& session, bool gives_refs) : session_(session), gives_refs_(gives_refs) {}

  Result<pipeline::FarmRef> RefOfFarm(std::string_view id) override;
  Result<const herd::FarmRules*> RulesOf(pipeline::FarmRef farm) override;
  Result<std::optional<herd::Measure>> MeasureOf(pipeline::SensorRef sensor) override;
  Result<bool> IsKnown(pipeline::CowRef cow) override;
  Result<std::string> IdOf(pipeline::FarmRef farm) override;

  /// Gives the message in hand of one of the read_bronze_measurement… statements.
  Result<> Give(const Statement& row, const pipeline::EachMeasurement& each);

 private:
  Session& session_;
  const bool gives_refs_;
  std::unordered_map<pipeline::FarmRef, std::optional<herd::FarmRules>> rules_;
};

}  // namespace herdflow::store_sql
