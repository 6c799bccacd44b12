#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>

#include "herdflow/core/result.hpp"
#include "herdflow/herd/measure.hpp"
#include "herdflow/pipeline/rows.hpp"

namespace herdflow::store_sql {

class Session;

/// What a session remembers of the herd books from transaction to transaction, as long as none of
/// them changes.
class KnownHerd {
 public:
  explicit KnownHerd(Session& session) : session_(session) {}

  /// The number of the newest change of any, as the transaction sees it, which makes none.
  Result<std::int64_t> Revision();
  /// For who looks whether rows are damaged, which no revision tells.
  void Forget();
  /// What a sensor measures, and in what unit; nothing: there is no such sensor.
  Result<std::optional<herd::Measure>> MeasureOf(pipeline::SensorRef sensor);
  /// Whether there is such a cow.
  Result<bool> IsKnown(pipeline::CowRef cow);
  void EndTransaction() { compared_ = false; }

 private:
  Session& session_;
  std::int64_t revision_ = -1;  ///< What is remembered is of this one.
  bool compared_ = false;       ///< With that of the transaction at hand.
  std::unordered_map<pipeline::SensorRef, std::optional<herd::Measure>> measures_;
  std::unordered_map<pipeline::CowRef, bool> cows_;
};

}  // namespace herdflow::store_sql
