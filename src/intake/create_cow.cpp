#include "herdflow/intake/create_cow.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <random>
#include <utility>
#include <vector>

#include "append_and_wait.hpp"
#include "herdflow/core/stop.hpp"
#include "herdflow/herd/farm.hpp"
#include "herdflow/herd/message.hpp"
#include "herdflow/herd/rules.hpp"
#include "herdflow/intake/intake.hpp"
#include "herdflow/pipeline/gold_rows.hpp"

namespace herdflow::intake {
namespace {

using pipeline::AppendOutcome;
using pipeline::CowNameParts;
using pipeline::CowRef;
using pipeline::CowReservation;
using pipeline::CowView;
using pipeline::Event;
using pipeline::FarmRef;
using pipeline::LayerStore;
using pipeline::PartitionProgress;
using pipeline::SplitCowName;
using pipeline::Topic;
using pipeline::TopicDescription;
using Clock = std::chrono::steady_clock;

/// How long the API waits for the cow pipeline.
constexpr std::chrono::milliseconds kPatience{3'000};
constexpr std::chrono::milliseconds kPause{20};

/// Whether everything that the log held of the cows is judged.
bool AreJudged(const TopicDescription& cows, const std::vector<PartitionProgress>& progress) {
  return std::all_of(cows.partitions.begin(), cows.partitions.end(), [&](const auto& partition) {
    if (partition.end == partition.begin) return true;
    return std::any_of(progress.begin(), progress.end(), [&](const PartitionProgress& at) {
      return at.current && at.log_id == cows.stream_id && at.partition == partition.partition &&
             at.judged_offset >= partition.end;
    });
  });
}

/// Whether there is something of the cows to judge.
bool IsSomethingNew(const std::vector<PartitionProgress>& progress) {
  return std::any_of(progress.begin(), progress.end(), [](const PartitionProgress& at) {
    return at.topic == Name(Topic::kCows) && at.judged_offset < at.next_offset;
  });
}

/// Judges the cows that the log holds now, as soon as they are loaded.
Result<> JudgeUpToTheEnd(const CowMakerParts& parts) {
  HERDFLOW_ASSIGN(const TopicDescription cows, parts.topics.Look(Topic::kCows));
  for (const auto& partition : cows.partitions) {
    if (partition.away) return Fail(partition.away->Because("making a cow"));
  }
  const auto deadline = Clock::now() + kPatience;
  while (true) {
    HERDFLOW_ASSIGN(const auto progress, parts.operations.ReadProgress());
    if (AreJudged(cows, progress)) return {};
    if (parts.stop.stop_requested()) {
      return Fail(ErrorCode::kShuttingDown, "making a cow: the process is ending");
    }
    if (Clock::now() > deadline) {
      return Fail(ErrorCode::kUnavailable,
                  "making a cow: the loader is behind the log, so a free name is not known; "
                  "try again");
    }
    if (IsSomethingNew(progress)) {
      const auto judged = JudgeChunk(parts.store, Topic::kCows);
      if (judged) continue;
      if (!IsPassing(judged.error()) || Clock::now() > deadline) return Fail(judged.error());
    }
    SleepFor(kPause, parts.stop);
  }
}

/// A random UUID (RFC 9562, version 4).
std::string NewCowId() {
  std::random_device device;
  std::array<std::uint32_t, 4> words{};
  for (auto& word : words) word = device();
  words[1] = (words[1] & 0xFFFF0FFFu) | 0x4000u;
  words[2] = (words[2] & 0x3FFFFFFFu) | 0x80000000u;
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:04x}{:08x}", words[0], words[1] >> 16,
                     words[1] & 0xFFFFu, words[2] >> 16, words[2] & 0xFFFFu, words[3]);
}

/// Gold's row of a cow whose event is in the log.
Result<> WriteThrough(LayerStore& store, std::string_view farm, const herd::Cow& cow,
                      const AppendOutcome& event) {
  HERDFLOW_ASSIGN(const auto tx, store.BeginHerdBook());
  HERDFLOW_ASSIGN(const FarmRef farm_ref, tx->RefOfFarm(farm));
  HERDFLOW_ASSIGN(const CowRef ref, tx->RefOfCow(farm_ref, cow.id));
  HERDFLOW_CHECK(tx->Merge(ToGold(cow, ref, LineageOf(event), event.broker_time)));
  return tx->Commit();
}

/// The event of a reserved cow, and the cow as the pipeline will judge it: what it would refuse
/// must not be sent.
Result<std::pair<Event, herd::Cow>> EventOf(const NewCow& cow, const CowReservation& reserved) {
  using Kind = herd::Field::Kind;
  const auto born = cow.birthdate;
  const std::string birthdate = born ? FormatDate(*born) : "";
  herd::CowFields fields;
  if (cow.farm != herd::kDefaultFarm) fields.farm = {Kind::kText, cow.farm};
  fields.id = {Kind::kText, reserved.id};
  fields.name = {Kind::kText, reserved.name};
  fields.birthdate = born ? herd::Field{Kind::kText, birthdate} : herd::Field{Kind::kNull, {}};
  auto verdict = herd::JudgeCow(fields, Now());
  if (const auto* rejection = std::get_if<herd::Rejection>(&verdict)) {
    return Fail(ErrorCode::kInvalidInput, "making the cow {}: {}: {}", reserved.name,
                rejection->field, rejection->reason);
  }
  Event event;
  WriteEvent(fields, event.key, event.value);
  return std::pair(std::move(event), std::get<herd::Cow>(std::move(verdict)));
}

}  // namespace

Result<> CowMaker::CatchUp() {
  std::unique_lock lock(mutex_);
  // One that is under way may have looked at the log before this cow's name was free.
  const std::int64_t wanted = begun_ + 1;
  while (ended_ < wanted) {
    if (begun_ > ended_) {
      caught_up_.wait(lock);
      continue;
    }
    ++begun_;
    lock.unlock();
    Result<> caught_up = JudgeUpToTheEnd(parts_);
    lock.lock();
    last_ = std::move(caught_up);
    ++ended_;
    caught_up_.notify_all();
  }
  return last_;
}

Result<CowView> CowMaker::Create(const NewCow& cow) {
  HERDFLOW_CHECK(CatchUp());
  const CowNameParts name = SplitCowName(cow.name);
  HERDFLOW_ASSIGN(const CowReservation reserved,
                  parts_.store.ReserveCow({cow.farm, NewCowId(), cow.name, std::string(name.base),
                                           name.number, cow.birthdate, cow.idempotency_key}));
  if (!cow.idempotency_key.empty()) {
    HERDFLOW_ASSIGN(auto made_before, parts_.herd.FindCow(cow.farm, reserved.id));
    if (made_before) return *std::move(made_before);
  }
  if (cow.is_farm_closed) return Fail(ErrorCode::kConflict, "{}", herd::FarmIsClosed(cow.farm));
  HERDFLOW_ASSIGN(auto made, EventOf(cow, reserved));
  const std::string doing = "making the cow " + reserved.name;
  HERDFLOW_ASSIGN(const AppendOutcome outcome,
                  AppendAndWait(parts_.writer, Topic::kCows, std::move(made.first), doing,
                                "send it again with the same Idempotency-Key"));
  // Visible at once, not only when the pipeline has run.
  if (const auto written = WriteThrough(parts_.store, cow.farm, made.second, outcome); !written) {
    return Fail(ErrorCode::kTimeout,
                "{}: it is in the log, and visible when the cow pipeline has run: {}", doing,
                written.error().message());
  }
  HERDFLOW_ASSIGN(auto view, parts_.herd.FindCow(cow.farm, reserved.id));
  if (!view) return Fail(ErrorCode::kInternal, "{}: its row is not there", doing);
  return *std::move(view);
}

}  // namespace herdflow::intake
