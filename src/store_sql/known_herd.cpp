#include "herdflow/store_sql/known_herd.hpp"

#include "gold_rows.hpp"
#include "herdflow/store_sql/session.hpp"
#include "scope.hpp"

namespace herdflow::store_sql {
namespace {

/// Beyond this many the memory is emptied: it is there for speed only.
constexpr std::size_t kMaxRemembered = 200'000;

}  // namespace

Result<std::int64_t> KnownHerd::Revision() {
  if (compared_) return revision_;
  HERDFLOW_ASSIGN(Statement * read, session_.Get(sql::kReadRevisionOfHerdBooks));
  HERDFLOW_ASSIGN(const auto found, FirstInt(*read));
  const std::int64_t revision = found.value_or(0);
  if (revision != revision_ || measures_.size() + cows_.size() >= kMaxRemembered) Forget();
  revision_ = revision;
  compared_ = true;
  return revision;
}

void KnownHerd::Forget() {
  measures_.clear();
  cows_.clear();
}

Result<std::optional<herd::Measure>> KnownHerd::MeasureOf(pipeline::SensorRef sensor) {
  HERDFLOW_CHECK(Revision());
  if (const auto known = measures_.find(sensor); known != measures_.end()) return known->second;
  HERDFLOW_ASSIGN(const auto measure, ReadMeasure(session_, sensor));
  measures_.emplace(sensor, measure);
  return measure;
}

Result<bool> KnownHerd::IsKnown(pipeline::CowRef cow) {
  HERDFLOW_CHECK(Revision());
  if (const auto known = cows_.find(cow); known != cows_.end()) return known->second;
  HERDFLOW_ASSIGN(Statement * read, session_.Get(sql::kReadCowKnown));
  HERDFLOW_ASSIGN(const auto found, FirstInt(read->Bind(1, cow)));
  cows_.emplace(cow, found.has_value());
  return found.has_value();
}

}  // namespace herdflow::store_sql
