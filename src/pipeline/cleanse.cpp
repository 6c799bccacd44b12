#include <algorithm>
#include <future>
#include <optional>
#include <utility>

#include "chunks.hpp"
#include "herdflow/pipeline/pipelines.hpp"
#include "reading_chunk.hpp"

namespace herdflow::pipeline {
namespace {

/// Messages of bronze, judged.
struct JudgedBronze {
  BronzeRead read;
  JudgedReadings readings;
};

/// `from`: what gives them, which judges by the same transaction.
template <class Read>
Result<JudgedBronze> JudgeBronze(Judging& by, herd::FarmCalendars& calendars, const Read& from) {
  ReadingJudge judge(by, calendars);
  JudgedBronze judged;
  HERDFLOW_ASSIGN(judged.read, from([&](const auto& message) { judge.Judge(message); }));
  HERDFLOW_ASSIGN(judged.readings, judge.Take());
  return judged;
}

/// Judges the chunk that comes next on a thread of its own, while the one in hand is merged and
/// written. Threads: one.
class ChunkAhead {
 public:
  explicit ChunkAhead(CleanseContext& context) : context_(context) {}

  /// What comes after this; not where that is not worth a thread.
  void Begin(const BronzeRead& in_hand) {
    BronzePlace place = in_hand.place;
    place.from = in_hand.next;
    const auto few = static_cast<std::int64_t>(context_.chunk / 4);
    if (place.to - place.from <= few) return;
    begun_ = std::async(std::launch::async, [this, place] { return Judge(place); });
  }

  /// What was begun; nothing: whoever judges it in a transaction finds out what is wrong.
  std::optional<JudgedBronze> Wait() {
    if (!begun_.valid()) return {};
    auto judged = begun_.get();
    const bool any = judged && judged->read.count != 0;
    return any ? std::optional(*std::move(judged)) : std::nullopt;
  }

 private:
  Result<JudgedBronze> Judge(const BronzePlace& place) {
    HERDFLOW_ASSIGN(const auto ahead, context_.store.BeginCleanseAhead());
    return JudgeBronze(ahead->judging(), calendars_, [&](const EachMeasurement& each) {
      return ahead->ReadBronze(place, context_.chunk, each);
    });
  }

  CleanseContext& context_;
  herd::FarmCalendars calendars_;  ///< The thread's own.
  std::future<Result<JudgedBronze>> begun_;
};

}  // namespace

Result<std::int64_t> Cleanse(CleanseContext& context, const std::stop_token& stop,
                             const StepProgress& progress) {
  ChunkAhead ahead(context);
  return RunChunks("cleanse", stop, progress, [&]() -> Result<std::size_t> {
    auto next = ahead.Wait();  // Before the step is held, for which others wait.
    HERDFLOW_ASSIGN(const auto tx, context.store.BeginCleanse());
    ReadingChunk anew(context, *tx);
    // What was asked for comes first: newer messages are merged into what is judged by now.
    HERDFLOW_ASSIGN(RejudgePiece piece, tx->TakeRequested(context.chunk, [&](const auto& message) {
      anew.Judge(message);
    }));
    if (piece.size != 0) {
      HERDFLOW_ASSIGN(const SilverChange change, anew.JudgeAnew(std::move(piece)));
      HERDFLOW_CHECK(tx->Write(change));
      HERDFLOW_CHECK(tx->Commit());
      return std::max<std::size_t>(anew.judged(), 1);
    }
    bool is_taken = false;
    if (next) {
      HERDFLOW_ASSIGN(is_taken, tx->Take(next->read));
    }
    if (!is_taken) {
      HERDFLOW_ASSIGN(
          next, JudgeBronze(tx->judging(), context.calendars, [&](const EachMeasurement& each) {
            return tx->ReadBronze(context.chunk, each);
          }));
    }
    const std::size_t count = next->read.count;
    if (count != 0) {
      ahead.Begin(next->read);
      HERDFLOW_ASSIGN(const SilverChange change, MergeNew(*tx, std::move(next->readings)));
      HERDFLOW_CHECK(tx->Write(change));
    }
    HERDFLOW_CHECK(tx->Commit());
    return count;
  });
}

}  // namespace herdflow::pipeline
