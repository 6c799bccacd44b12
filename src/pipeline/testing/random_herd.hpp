#pragma once

// Small random worlds of messages, and random ways to load and judge them.

#include <fmt/format.h>
#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "fake_event_log.hpp"
#include "herdflow/pipeline/pipelines.hpp"
#include "load_all.hpp"
#include "meddling_store.hpp"

namespace herdflow::pipeline::testing {

inline constexpr Instant kWorldBegin{std::chrono::sys_days(std::chrono::year(2024) / 4 / 10)};

/// One message, made from a few small numbers so that a failing world shrinks to a small one.
struct RandomMessage {
  int kind = 0, partition = 0, second = 0, cow = 0, sensor = 0, at = 0, value = 0, farm = 0;

  [[nodiscard]] TopicPartition To() const {
    const Topic topic = kind < 2    ? Topic::kSensors
                        : kind < 4  ? Topic::kCows
                        : kind < 12 ? Topic::kMeasurements
                                    : Topic::kFarms;
    return {topic, partition};
  }
  /// Broker times collide often, and step back at times.
  [[nodiscard]] Instant BrokerTime() const { return kWorldBegin + std::chrono::seconds(second); }

  [[nodiscard]] std::string Json() const {
    switch (kind) {
      case 0:
      case 1:
        return SensorJson();
      case 2:
      case 3:
        return CowJson();
      case 4:
        return fmt::format(
            R"({{{}"sensor_id":"S{}","cow_id":"C{}","timestamp":{},"deleted":true}})", Farm(),
            sensor, cow, At());
      case 5:
        return Odd();
      case 12:
      case 13:
        return FarmJson();
      default:
        return fmt::format(R"({{{}"sensor_id":"S{}","cow_id":"C{}","timestamp":{},"value":{}}})",
                           Farm(), sensor, cow, At(), Value());
    }
  }

  static constexpr std::array kFarms{"default", "north", "south", "No farm"};

 private:
  /// The field that names the farm.
  [[nodiscard]] std::string Farm() const {
    return farm == 0 ? "" : fmt::format(R"("farm":"{}",)", kFarms[static_cast<std::size_t>(farm)]);
  }
  [[nodiscard]] std::string FarmJson() const {
    static constexpr std::array kRest{
        R"("name":"Home","time_zone":"Europe/Berlin")",
        R"("name":"Home")",
        R"("name":"Away","time_zone":"America/New_York","litre_max":20)",
        R"("name":"Away","time_zone":"Pacific/Auckland","milk_density":1)",
        R"("name":"Home","kilogram_min":0,"kilogram_max":"1000")",
        R"("name":"Home","time_zone":"Berlin")",
        R"("time_zone":"UTC")",
        R"("name":"Home","litre_min":"?")",
        R"("deleted":true)",
        R"("deleted":"yes")",
    };
    return fmt::format(R"({{"id":"{}",{}}})", kFarms[static_cast<std::size_t>(farm)],
                       kRest[static_cast<std::size_t>(value) % kRest.size()]);
  }
  /// A sensor mostly has one unit, however it is written; now and then another kind.
  [[nodiscard]] std::string SensorJson() const {
    static constexpr std::array kUnits{
        R"("L")",     R"("litres")",           R"(" gal ")",
        R"("kg")",    R"("KGM","kind":null)",  R"("lb")",
        R"("steps")", R"("kg","kind":"milk")", R"("L","kind":"weight")"};
    static constexpr std::array kBad{R"("")", "null", R"("more than ten letters")",
                                     R"("L","kind":7)"};
    const auto which = static_cast<std::size_t>(value);
    if (which >= 8) {
      return fmt::format(R"({{{}"id":"S{}","unit":{}}})", Farm(), sensor, kBad[which - 8]);
    }
    return fmt::format(R"({{{}"id":"S{}","unit":{}}})", Farm(), sensor,
                       kUnits[(static_cast<std::size_t>(sensor) * 3 + which / 2) % kUnits.size()]);
  }
  [[nodiscard]] std::string CowJson() const {
    static constexpr std::array kRest{
        R"("name":"Berta")",
        R"("name":"Berta #2")",
        R"("name":" Berta ","birthdate":"2020-02-29")",
        R"("name":"Alma","birthdate":null)",
        R"("name":"Alma","birthdate":"2024-04-10")",
        R"("birthdate":"2020-01-01")",
        R"("name":"Berta","birthdate":"1979-12-31")",
        R"("name":"Berta","birthdate":"2020-02-30")",
        R"("name":"Berta","birthdate":"2024-04-11")",
    };
    return fmt::format(R"({{{}"id":"C{}",{}}})", Farm(), cow,
                       kRest[static_cast<std::size_t>(value) % 9]);
  }
  /// Two at one instant's two notations, both sides of midnight, of a week, of a year, of a change
  /// of the clock, and one that is in the future unless it was received late.
  [[nodiscard]] std::string At() const {
    static constexpr std::array kTimes{
        R"("2024-04-07T05:00:00Z")",        "1712466000",
        R"("2024-04-07T21:59:59.999999Z")", R"("2024-04-07T22:00:00Z")",
        R"("2023-12-31T22:59:59Z")",        R"("2023-12-31T23:00:00Z")",
        R"("2024-03-31T01:00:00Z")",        R"("2024-04-10T00:05:02Z")"};
    return kTimes[static_cast<std::size_t>(at)];
  }
  [[nodiscard]] std::string Value() const {
    static constexpr std::array kValues{"12.5",     R"("30")", "0",       "59.9999999",
                                        "61",       "2000",    "-1",      "null",
                                        R"("nan")", "1000000", "1000001", R"("?")"};
    return kValues[static_cast<std::size_t>(value)];
  }
  /// What no sensor sends.
  [[nodiscard]] std::string Odd() const {
    static const std::array<std::string, 7> kOdd{
        "",
        "{",
        "\xFF{}",
        "[]",
        R"({"sensor_id":"S0","cow_id":" C0","timestamp":1712466000,"value":1})",
        R"({"cow_id":"C1","timestamp":1712466000,"value":1})",
        R"({"sensor_id":"S0","cow_id":"C1","timestamp":1712466000,"value":1,"deleted":"?"})"};
    return kOdd[static_cast<std::size_t>(value) % kOdd.size()];
  }
};

inline std::ostream& operator<<(std::ostream& out, const RandomMessage& message) {
  return out << "\n  " << Name(message.To().topic) << '/' << message.partition << " +"
             << message.second << " s " << message.Json();
}

/// One thing that some process does, and when it is killed in it.
struct RandomAction {
  int what = 0, amount = 0, place = 0, kill = 0;

  /// Half of the actions are left alone.
  [[nodiscard]] int KillAfter() const { return kill < 60 ? kill : MeddlingStore::kNever; }
};

inline std::ostream& operator<<(std::ostream& out, const RandomAction& action) {
  static constexpr std::array kWhat{"load",    "cows",      "sensors", "farms",
                                    "cleanse", "aggregate", "rebuild"};
  out << "\n  " << kWhat[static_cast<std::size_t>(action.what)] << ' ' << action.amount << " at "
      << action.place;
  if (action.kill < 60) out << ", killed after " << action.kill << " calls";
  return out;
}

inline rc::Gen<std::vector<RandomMessage>> RandomWorld() {
  const auto up_to = [](int end) { return rc::gen::inRange(0, end); };
  // The smaller the more often, so that many messages are about one reading.
  const auto mostly_low = [&](int end) {
    return rc::gen::map(rc::gen::pair(up_to(end), up_to(end)),
                        [](const auto& two) { return std::min(two.first, two.second); });
  };
  return rc::gen::container<std::vector<RandomMessage>>(
      rc::gen::build<RandomMessage>(rc::gen::set(&RandomMessage::kind, up_to(14)),
                                    rc::gen::set(&RandomMessage::partition, up_to(3)),
                                    rc::gen::set(&RandomMessage::second, up_to(5)),
                                    rc::gen::set(&RandomMessage::cow, mostly_low(3)),
                                    rc::gen::set(&RandomMessage::sensor, mostly_low(3)),
                                    rc::gen::set(&RandomMessage::at, mostly_low(8)),
                                    rc::gen::set(&RandomMessage::value, up_to(12)),
                                    rc::gen::set(&RandomMessage::farm, mostly_low(4))));
}

inline rc::Gen<std::vector<RandomAction>> RandomActions() {
  const auto up_to = [](int end) { return rc::gen::inRange(0, end); };
  return rc::gen::container<std::vector<RandomAction>>(rc::gen::build<RandomAction>(
      rc::gen::set(&RandomAction::what, up_to(7)), rc::gen::set(&RandomAction::amount, up_to(6)),
      rc::gen::set(&RandomAction::place, up_to(9)), rc::gen::set(&RandomAction::kill, up_to(120))));
}

inline void FillLog(const std::vector<RandomMessage>& world, FakeEventLog& log) {
  for (const RandomMessage& message : world) {
    log.Put(message.To(), message.BrokerTime(), "key", message.Json());
  }
}

/// The processes that load and judge: what was killed goes on where the store stands.
class RandomRun {
 public:
  RandomRun(const FakeEventLog& log, LayerStore& store) : reader_(log), store_(store) {}

  void Do(const RandomAction& action) {
    const auto amount = static_cast<std::size_t>(action.amount) + 1;
    const auto place = static_cast<std::size_t>(action.place);
    reader_.max_batch = amount;
    reader_.pick = [place](std::size_t) { return place; };
    store_.max_records = amount;
    store_.max_feed_rows = amount;
    store_.commit_happens = action.kill % 2 == 0;
    cleanse_.chunk = amount;
    store_.KillAfter(action.KillAfter());
    Check(Once(action));
  }

  /// Everything that is left, in chunks of any size.
  void Finish(std::size_t chunk = 25'000) {
    reader_.max_batch = store_.max_records = store_.max_feed_rows = cleanse_.chunk = chunk;
    std::size_t turn = 0;
    reader_.pick = [&turn](std::size_t) { return turn++; };
    Check(LoadAll(loader_));
    for (const Pipeline pipeline : kAllPipelines) {
      Check(Run(pipeline, cleanse_, {}, kQuiet));
    }
  }

 private:
  inline static const StepProgress kQuiet = [](std::string_view, std::int64_t) {};

  /// As it goes, but of chunks no more than three.
  Result<std::int64_t> Once(const RandomAction& action) {
    std::stop_source stop;
    const StepProgress count = [&stop, left = 1 + action.place % 3](auto...) mutable {
      if (--left == 0) stop.request_stop();
    };
    const std::stop_token soon = stop.get_token();
    switch (action.what) {
      case 0:
        return loader_.Step(std::chrono::milliseconds(0));
      case 1:
        return JudgeCows(store_, soon, count);
      case 2:
        return JudgeSensors(store_, soon, count);
      case 3:
        return JudgeFarms(store_, soon, count);
      case 4:
        return Cleanse(cleanse_, soon, count);
      case 5:
        return Derive(
            store_,
            *DerivedTables()[static_cast<std::size_t>(action.place) % DerivedTables().size()], soon,
            count);
      default: {
        const FarmDay day{19'820 + action.place % 3 * 10};
        const auto asked = store_.RequestRebuild(
            action.amount < 3 ? std::nullopt : std::optional(DayRange{day, day + 9}));
        if (!asked) return Fail(asked.error());
        return 0;
      }
    }
  }

  void Check(const Result<std::int64_t>& done) {
    if (!done && !store_.killed()) RC_FAIL(done.error().message());
    store_.LetLive();
  }

  FakeEventReader reader_;
  MeddlingStore store_;
  Loader loader_{{reader_, store_, "test"}};
  CleanseContext cleanse_{store_};
};

/// What two dumps differ in.
inline std::string Difference(const std::vector<std::string>& expected,
                              const std::vector<std::string>& actual) {
  std::string text;
  const auto without = [&text](std::vector<std::string> all, std::vector<std::string> other,
                               std::string_view mark) {
    std::sort(all.begin(), all.end());
    std::sort(other.begin(), other.end());
    std::vector<std::string> rest;
    std::set_difference(all.begin(), all.end(), other.begin(), other.end(),
                        std::back_inserter(rest));
    for (const std::string& line : rest) text += fmt::format("{} {}\n", mark, line);
  };
  without(expected, actual, "missing:");
  without(actual, expected, "not expected:");
  return text;
}

}  // namespace herdflow::pipeline::testing
