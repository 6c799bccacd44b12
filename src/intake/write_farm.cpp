#include "herdflow/intake/write_farm.hpp"

#include <string>
#include <utility>
#include <variant>

#include "append_and_wait.hpp"
#include "herdflow/herd/farm.hpp"
#include "herdflow/intake/intake.hpp"
#include "herdflow/pipeline/gold_rows.hpp"

namespace herdflow::intake {
namespace {

using pipeline::AppendOutcome;
using pipeline::LayerStore;

Result<> WriteThrough(LayerStore& store, const herd::Farm& farm, const AppendOutcome& event) {
  HERDFLOW_ASSIGN(const auto tx, store.BeginHerdBook());
  HERDFLOW_ASSIGN(const pipeline::FarmRef ref, tx->RefOfFarm(farm.id));
  HERDFLOW_CHECK(tx->Merge(ToGold(farm, ref, LineageOf(event), event.broker_time)));
  return tx->Commit();
}

}  // namespace

Result<pipeline::FarmView> FarmMaker::Put(const herd::FarmFields& state) {
  const auto judged = herd::JudgeFarm(state);
  const std::string doing = fmt::format("writing the farm {}", state.id.text);
  if (const auto* rejection = std::get_if<herd::Rejection>(&judged)) {
    return Fail(ErrorCode::kInvalidInput, "{}: {}", doing, rejection->reason);
  }
  const auto& farm = std::get<herd::Farm>(judged);
  pipeline::Event event;
  WriteEvent(state, event.key, event.value);
  HERDFLOW_ASSIGN(const AppendOutcome outcome,
                  AppendAndWait(parts_.writer, pipeline::Topic::kFarms, std::move(event), doing,
                                "doing it again is harmless"));
  // Known at once, not only when the pipeline has run.
  if (const auto written = WriteThrough(parts_.store, farm, outcome); !written) {
    return Fail(ErrorCode::kTimeout,
                "{}: it is in the log, and known when the farm pipeline has run: {}", doing,
                written.error().message());
  }
  HERDFLOW_ASSIGN(auto view, parts_.queries.FindFarm(farm.id));
  if (!view) return Fail(ErrorCode::kInternal, "{}: its row is not there", doing);
  return *std::move(view);
}

}  // namespace herdflow::intake
