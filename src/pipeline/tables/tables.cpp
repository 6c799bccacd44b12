#include <algorithm>

#include "herdflow/pipeline/derived_table.hpp"

namespace herdflow::pipeline {

std::span<const DerivedTable* const> DerivedTables() {
  using herd::PeriodKind;
  static const std::array kAll{&SensorPeriods(PeriodKind::kDay),
                               &SensorPeriods(PeriodKind::kWeek),
                               &SensorPeriods(PeriodKind::kMonth),
                               &SensorPeriods(PeriodKind::kYear),
                               &CowDays(),
                               &HerdDays(),
                               &CowMilkMeans()};
  return kAll;
}

const DerivedTable* FindDerivedTable(std::string_view task) {
  const auto all = DerivedTables();
  const auto found = std::find_if(
      all.begin(), all.end(), [&](const DerivedTable* each) { return each->shape().task == task; });
  return found == all.end() ? nullptr : *found;
}

}  // namespace herdflow::pipeline
