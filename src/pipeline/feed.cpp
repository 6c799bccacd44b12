#include <algorithm>

#include "chunks.hpp"
#include "herdflow/pipeline/pipelines.hpp"

namespace herdflow::pipeline {

Result<std::int64_t> Derive(LayerStore& store, const DerivedTable& table,
                            const std::stop_token& stop, const StepProgress& progress) {
  const auto blocks = [&]() -> Result<std::size_t> {
    HERDFLOW_ASSIGN(const auto tx, store.BeginFeed(table));
    std::size_t rows = 0;
    while (true) {
      HERDFLOW_ASSIGN(const auto next, tx->Next(kFeedRows));
      if (!next) break;
      HERDFLOW_ASSIGN(const Derived derived, table.Compute(*tx, *next));
      HERDFLOW_CHECK(tx->Write(derived));
      rows += std::max<std::size_t>({derived.keys.size(), derived.rows.size(), 1});
    }
    // Also where nothing is left: the table's place has moved up to the notes of now.
    HERDFLOW_CHECK(tx->Commit());
    return rows;
  };
  // A look more than there is to do: notes go only by what every table has committed.
  for (std::int64_t done = 0;;) {
    const auto show = [&](std::string_view step, std::int64_t rows) {
      progress(step, done + rows);
    };
    HERDFLOW_ASSIGN(const std::int64_t rows, RunChunks(table.shape().task, stop, show, blocks));
    if (rows == 0) return done;
    done += rows;
  }
}

}  // namespace herdflow::pipeline
