#pragma once

#include <cstddef>
#include <vector>

#include "herdflow/core/result.hpp"
#include "herdflow/pipeline/pipelines.hpp"
#include "reading_judge.hpp"

namespace herdflow::pipeline {

/// What changes where new messages, as ReadingJudge::Take gives them, are merged into what the
/// layers hold.
Result<SilverChange> MergeNew(CleanseTx& tx, JudgedReadings judged);

/// Readings that are judged again in one transaction of cleanse.
///
/// Threads: one. An error in a message's judging is returned by JudgeAnew.
class ReadingChunk {
 public:
  ReadingChunk(CleanseContext& context, CleanseTx& tx)
      : context_(context), tx_(tx), judge_(tx.judging(), context.calendars) {}

  void Judge(const UnjudgedMeasurement& message) { judge_.Judge(message); }
  [[nodiscard]] std::size_t judged() { return judge_.judged().messages.size(); }

  /// Judges all versions of the readings of the piece, and of those that were judged here, anew.
  /// What changes where the layers come to hold just what comes of it.
  Result<SilverChange> JudgeAnew(RejudgePiece piece);

 private:
  Result<> JudgeMessages(std::vector<Lineage> messages, bool may_lack);
  void LeaveAlone(const DayRange& days);
  Result<> AddUnborneOut(RejudgePiece& piece);

  CleanseContext& context_;
  CleanseTx& tx_;
  ReadingJudge judge_;
  std::vector<Lineage> left_alone_;  ///< Of what was judged, those of other days than asked for.
};

}  // namespace herdflow::pipeline
