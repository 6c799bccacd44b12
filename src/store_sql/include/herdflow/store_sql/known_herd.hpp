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

  /// The session's next transaction, which changes no herd book, has begun: before all others.
  Result<> Begin();
  /// For who looks whether rows are damaged, which no revision tells.
  void Forget();
  /// What a sensor measures, and in what unit; nothing: there is no such sensor.
  Result<std::optional<herd::Measure>> MeasureOf(pipeline::SensorRef sensor);
  /// Whether there is such a cow.
  Result<bool> IsKnown(pipeline::CowRef cow);

 private:
  Session& session_;
  std::int64_t revision_ = -1;  ///< Of all herd books.
  std::unordered_map<pipeline::SensorRef, std::optional<herd::Measure>> measures_;
  std::unordered_map<pipeline::CowRef, bool> cows_;
};

}  // namespace herdflow::store_sql
