#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "herdflow/core/result.hpp"
#include "herdflow/herd/farm_calendar.hpp"
#include "herdflow/herd/message.hpp"
#include "herdflow/herd/rejection.hpp"
#include "herdflow/pipeline/layer_store.hpp"
#include "merge.hpp"

namespace herdflow::pipeline {

/// What came of judging messages.
struct JudgedReadings {
  std::vector<Candidate> candidates;        ///< Those with a good key.
  std::vector<QuarantineEntry> quarantine;  ///< What of them is refused.
  std::vector<Lineage> messages;            ///< All that were judged.
};

/// Judges messages one by one, by what the store knows of farms, sensors and cows.
///
/// Threads: one. Both arguments outlive it.
class ReadingJudge {
 public:
  ReadingJudge(Judging& by, herd::FarmCalendars& calendars) : by_(by), calendars_(calendars) {}

  /// After an error, which Check and Take return, nothing is judged any more.
  void Judge(const UnjudgedMeasurement& message);
  [[nodiscard]] Result<> Check() const;
  [[nodiscard]] JudgedReadings& judged() { return judged_; }
  /// All that came of it, for MergeNew.
  Result<JudgedReadings> Take();

 private:
  struct Known {
    bool cow = false;
    bool sensor = false;
  };
  /// By what a message is judged.
  struct Farm {
    FarmRef ref{};
    const herd::FarmRules* rules = nullptr;  ///< With the calendar; none: it is not known.
    const herd::FarmCalendar* calendar = nullptr;
  };

  Result<> TryJudge(const UnjudgedMeasurement& message);
  Result<> JudgeParsed(const UnjudgedMeasurement& message, const herd::MeasurementFields& fields);
  Result<> LookAtFarm(FarmRef farm);
  void Accept(const UnjudgedMeasurement& message, const herd::Reading& reading, Known known);
  /// `key`: of the reading, where ids and timestamp are good.
  void Refuse(const UnjudgedMeasurement& message, const herd::MeasurementFields& fields,
              herd::Rejection rejection, std::optional<FarmRef> farm,
              const std::optional<ReadingKey>& key, Known known);
  [[nodiscard]] std::optional<ReadingKey> KeyOfRefused(const UnjudgedMeasurement& message,
                                                       const herd::MeasurementFields& fields) const;
  [[nodiscard]] ReadingKey KeyOf(const UnjudgedMeasurement& message, Instant at) const;

  Judging& by_;
  herd::FarmCalendars& calendars_;
  herd::MessageParser parser_;
  std::optional<Farm> farm_;  ///< Of the message in hand.
  JudgedReadings judged_;
  std::optional<Error> failure_;
};

}  // namespace herdflow::pipeline
