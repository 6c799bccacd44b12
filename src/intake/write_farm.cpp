#include "herdflow/intake/write_farm.hpp"

#include <array>
#include <optional>
#include <utility>
#include <variant>

#include "append_and_wait.hpp"
#include "farm_events.hpp"
#include "herdflow/herd/aggregates.hpp"
#include "herdflow/herd/farm.hpp"
#include "herdflow/intake/intake.hpp"
#include "herdflow/pipeline/gold_rows.hpp"

namespace herdflow::intake {
namespace {

using herd::FarmFields;
using herd::Field;
using pipeline::AppendOutcome;
using pipeline::FarmView;
using pipeline::HerdBookTx;

constexpr std::array kStateFields = {
    &FarmFields::name,         &FarmFields::time_zone,    &FarmFields::litre_min,
    &FarmFields::litre_max,    &FarmFields::kilogram_min, &FarmFields::kilogram_max,
    &FarmFields::milk_density,
};

/// The fields of a farm's whole state, which view into it.
class WholeState {
 public:
  explicit WholeState(const FarmView& farm) {
    const herd::Bounds& bounds = farm.rules.bounds;
    fields_.name = {Field::Kind::kText, farm.name};
    fields_.time_zone = {Field::Kind::kText, farm.rules.time_zone};
    fields_.litre_min = Number(0, bounds.litre_min);
    fields_.litre_max = Number(1, bounds.litre_max);
    fields_.kilogram_min = Number(2, bounds.kilogram_min);
    fields_.kilogram_max = Number(3, bounds.kilogram_max);
    fields_.milk_density = Number(4, farm.rules.density_millionths);
  }
  WholeState(const WholeState&) = delete;
  WholeState& operator=(const WholeState&) = delete;

  /// With what is said in the place of what was.
  [[nodiscard]] FarmFields With(const FarmFields& said) const {
    FarmFields state = fields_;
    state.id = said.id;
    for (const auto field : kStateFields) {
      if ((said.*field).kind != Field::Kind::kAbsent) state.*field = said.*field;
    }
    return state;
  }

 private:
  Field Number(std::size_t place, std::int64_t millionths) {
    numbers_[place] = herd::ShortestDecimal(herd::Shown(millionths));
    return {Field::Kind::kNumber, numbers_[place]};
  }

  std::array<std::string, 5> numbers_;
  FarmFields fields_;
};

Result<herd::Farm> Judge(const FarmFields& fields, std::string_view doing) {
  auto judged = herd::JudgeFarm(fields);
  if (const auto* rejection = std::get_if<herd::Rejection>(&judged)) {
    return Fail(ErrorCode::kInvalidInput, "{}: {}", doing, rejection->reason);
  }
  return std::get<herd::Farm>(std::move(judged));
}

/// Gold's row of an event that is in the log.
Result<> WriteThrough(HerdBookTx& tx, const FarmEvent& event) {
  HERDFLOW_ASSIGN(const pipeline::FarmRef ref, tx.RefOfFarm(event.farm.id));
  return tx.Merge(ToGold(event.farm, ref, event.lineage, event.at));
}

}  // namespace

Result<FarmView> FarmMaker::Put(const FarmFields& said) { return Write(Wish::kPut, said); }

Result<FarmView> FarmMaker::Create(const FarmFields& said) { return Write(Wish::kCreate, said); }

Result<FarmView> FarmMaker::Change(const FarmFields& said) { return Write(Wish::kChange, said); }

Result<FarmView> FarmMaker::Close(std::string_view id) {
  FarmFields closed;
  closed.id = {Field::Kind::kText, id};
  closed.deleted = {Field::Kind::kTrue, {}};
  return Put(closed);
}

Result<FarmView> FarmMaker::Write(Wish wish, const FarmFields& said) {
  const std::string doing = fmt::format("writing the farm {}", said.id.text);
  // Before the herd book is held: what is refused whatever is known, and a log that is away.
  if (const auto rejection = herd::JudgeFarmId(said.id, "id")) {
    return Fail(ErrorCode::kInvalidInput, "{}: {}", doing, rejection->reason);
  }
  if (wish == Wish::kPut) HERDFLOW_CHECK(Judge(said, doing));
  HERDFLOW_CHECK(parts_.topics.Look(pipeline::Topic::kFarms));
  HERDFLOW_ASSIGN(const auto tx, parts_.store.BeginHerdBook());
  HERDFLOW_ASSIGN(const auto known, CatchUp(*tx, said.id.text));
  HERDFLOW_CHECK(Fits(wish, known, said.id.text, doing));
  std::optional<WholeState> before;
  if (wish != Wish::kPut && known) before.emplace(*known);
  const FarmFields state = before ? before->With(said) : said;
  HERDFLOW_ASSIGN(auto farm, Judge(state, doing));
  if (farm.closed && !known) {
    return Fail(ErrorCode::kNotFound, "{}: {}", doing, herd::NoSuchFarm(farm.id));
  }
  if (farm.closed && known->closed_at) return *known;
  pipeline::Event message;
  WriteEvent(state, message.key, message.value);
  HERDFLOW_ASSIGN(const AppendOutcome outcome,
                  AppendAndWait(parts_.writer, pipeline::Topic::kFarms, std::move(message), doing,
                                "doing it again is harmless"));
  const FarmEvent event{std::move(farm), LineageOf(outcome), outcome.broker_time};
  // Known at once, not only when the pipeline has run.
  auto written = WriteThrough(*tx, event);
  if (written) written = tx->Commit();
  if (!written) {
    return Fail(ErrorCode::kTimeout,
                "{}: it is in the log, and known when the farm pipeline has run: {}", doing,
                written.error().message());
  }
  return After(known, event);
}

Result<std::optional<FarmView>> FarmMaker::CatchUp(HerdBookTx& tx, std::string_view id) {
  HERDFLOW_ASSIGN(auto known, parts_.herd.FindFarm(id));
  HERDFLOW_ASSIGN(const auto unjudged, ReadUnjudged(parts_.topics, parts_.operations, id));
  for (const FarmEvent& event : unjudged) {
    HERDFLOW_CHECK(WriteThrough(tx, event));
    known = After(known, event);
  }
  return known;
}

Result<> FarmMaker::Fits(Wish wish, const std::optional<FarmView>& known, std::string_view id,
                         std::string_view doing) {
  if (wish == Wish::kPut || (wish == Wish::kCreate && !known)) return {};
  if (!known) return Fail(ErrorCode::kNotFound, "{}: {}", doing, herd::NoSuchFarm(id));
  if (wish == Wish::kCreate && !known->closed_at) {
    return Fail(ErrorCode::kConflict, "{0}: there is one; `herdflow farm change {1}` changes it",
                doing, id);
  }
  if (wish == Wish::kChange && known->closed_at) {
    return Fail(ErrorCode::kConflict, "{}: {}", doing, herd::FarmIsClosed(id));
  }
  return {};
}

}  // namespace herdflow::intake
