#include <algorithm>
#include <utility>

#include "chunks.hpp"
#include "herdflow/pipeline/pipelines.hpp"
#include "reading_chunk.hpp"

namespace herdflow::pipeline {

Result<std::int64_t> Cleanse(CleanseContext& context, const std::stop_token& stop,
                             const StepProgress& progress) {
  return RunChunks("cleanse", stop, progress, [&]() -> Result<std::size_t> {
    HERDFLOW_ASSIGN(const auto tx, context.store.BeginCleanse());
    ReadingChunk chunk(context, *tx);
    const auto judge = [&](const UnjudgedMeasurement& message) { chunk.Judge(message); };
    // What was asked for comes first: newer messages are merged into what is judged by now.
    HERDFLOW_ASSIGN(RejudgePiece piece, tx->TakeRequested(context.chunk, judge));
    if (piece.size != 0) {
      HERDFLOW_ASSIGN(const SilverChange change, chunk.JudgeAnew(std::move(piece)));
      HERDFLOW_CHECK(tx->Write(change));
      HERDFLOW_CHECK(tx->Commit());
      return std::max<std::size_t>(chunk.judged(), 1);
    }
    HERDFLOW_ASSIGN(const std::size_t count, tx->ReadBronze(context.chunk, judge));
    if (count != 0) {
      HERDFLOW_ASSIGN(const SilverChange change, chunk.Merge());
      HERDFLOW_CHECK(tx->Write(change));
    }
    HERDFLOW_CHECK(tx->Commit());
    return count;
  });
}

}  // namespace herdflow::pipeline
