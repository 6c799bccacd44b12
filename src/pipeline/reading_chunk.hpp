#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "herdflow/core/result.hpp"
#include "herdflow/herd/message.hpp"
#include "herdflow/herd/rejection.hpp"
#include "herdflow/pipeline/pipelines.hpp"
#include "merge.hpp"

namespace herdflow::pipeline {

/// Judges the messages of one transaction of cleanse and tells what the layers must hold of them.
///
/// Threads: one. An error in a message's judging is returned by what is asked for next.
class ReadingChunk {
 public:
  ReadingChunk(CleanseContext& context, CleanseTx& tx) : context_(context), tx_(tx) {}

  void Judge(const UnjudgedMeasurement& message);
  [[nodiscard]] std::size_t judged() const { return judged_; }

  /// What changes where these messages are merged into what the layers hold.
  Result<SilverChange> Merge();
  /// Judges all versions of the readings of the piece, and of those that were judged here, anew.
  /// What changes where the layers come to hold just what comes of it.
  Result<SilverChange> JudgeAnew(RejudgePiece piece);

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

  [[nodiscard]] std::vector<ReadingKey> Keys(std::vector<ReadingKey> keys) const;
  Result<> JudgeMessages(std::vector<Lineage> messages, bool may_lack);
  void LeaveAlone(const DayRange& days);
  Result<> AddUnborneOut(RejudgePiece& piece);
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

  CleanseContext& context_;
  CleanseTx& tx_;
  herd::MessageParser parser_;
  std::optional<Farm> farm_;  ///< Of the message in hand.
  std::vector<Candidate> candidates_;
  SilverChange change_;
  std::size_t judged_ = 0;
  std::vector<Lineage> messages_;    ///< That were judged.
  std::vector<Lineage> left_alone_;  ///< Of them, those of other days than are asked for.
  std::optional<Error> failure_;
};

}  // namespace herdflow::pipeline
