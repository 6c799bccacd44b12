#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "herdflow/core/result.hpp"
#include "herdflow/core/time.hpp"
#include "herdflow/herd/report.hpp"

namespace herdflow::pipeline {

struct ReportData {
  std::optional<herd::DataRange> data;
  std::vector<herd::CowWindow> cows;  ///< By cow id, bytewise.
};

/// What reports are made from. Threads: any.
class ReportQueries {
 public:
  virtual ~ReportQueries() = default;

  /// What the farm's report of `day` is made from; cows without a row in its 30 days are left out.
  virtual Result<ReportData> ReadReportData(std::string_view farm, FarmDay day) = 0;
  virtual Result<std::optional<herd::DataRange>> ReadDataRange(std::string_view farm) = 0;
};

}  // namespace herdflow::pipeline
