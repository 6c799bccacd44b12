#pragma once

// What the layers must hold once everything is loaded and judged: the data contract written down a
// second time, over all messages at once, with nothing remembered between them.

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "fake_event_log.hpp"
#include "herdflow/herd/farm.hpp"
#include "herdflow/herd/farm_calendar.hpp"
#include "herdflow/herd/rules.hpp"
#include "layer_dump.hpp"

namespace herdflow::pipeline::testing {

/// Ids of another farm than `default` have that farm before them: `<farm>/<id>`.
///
/// REQUIRES: no cow or sensor is retired, timestamps have no other defect than that they are
/// missing or in the future.
class ReferenceLayers {
 public:
  ReferenceLayers(const FakeEventLog& log, const herd::FarmRules& default_rules) {
    for (const TopicPartition partition : log.Partitions()) {
      std::int64_t version = 0;
      for (const auto& message : log.Messages(partition)) {
        version = std::max(version + 1, ToMicros(message.broker_time));
        messages_[partition.topic].push_back(
            {{version, partition.partition, message.offset}, message.broker_time, message.value});
        if (partition.topic == Topic::kMeasurements) {
          received_at_[messages_[partition.topic].back().place] = message.broker_time;
        }
      }
    }
    JudgeFarms(default_rules);
    JudgeCows();
    JudgeSensors();
    JudgeReadings();
  }

  /// As DumpLayers.
  [[nodiscard]] Lines Dump() const {
    Lines dump;
    const auto add = [&dump](std::string_view table, Lines lines) {
      std::sort(lines.begin(), lines.end());
      for (const std::string& line : lines) dump.push_back(fmt::format("{}: {}", table, line));
    };
    add("silver", silver_);
    add("quarantine", quarantine_);
    for (const char* kind : {"daily", "weekly", "monthly", "yearly"}) {
      Lines lines;
      for (const auto& [key, statistics] : aggregates_.at(kind)) {
        const auto& [cow, first, sensor] = key;
        lines.push_back(
            fmt::format("{} {} {} {} count {} sum {} min {} max {}", kind, cow, FormatDate(first),
                        sensor, statistics.count, Value(statistics.sum_millionths),
                        Value(statistics.min_millionths), Value(statistics.max_millionths)));
      }
      add("gold", lines);
    }
    add("cow day", CowDays());
    add("herd day", HerdDays());
    add("milk mean", MilkMeans());
    add("cow", cow_lines_);
    add("sensor", sensor_lines_);
    add("farm", farm_lines_);
    add("waiting", waiting_);
    add("displaced", displaced_);
    add("receipt", receipts_);
    return dump;
  }

 private:
  using Place = std::tuple<std::int64_t, std::int32_t, std::int64_t>;  // version, partition, offset
  struct Judged {
    Place place;
    Instant received_at;
    std::string value;
  };
  struct Weight {
    Instant at;
    std::string sensor;
    std::int64_t value = 0;
  };
  struct Farm;
  struct Day {
    const Farm* farm = nullptr;  ///< The cow's.
    std::int64_t milk_count = 0, milk = 0;
    std::vector<Weight> weights;
  };

  static std::string Value(std::int64_t millionths) {
    return ValueCell(std::to_string(millionths));
  }

  void Refuse(Topic topic, const Place& place, const herd::Rejection& rejection, bool superseded,
              const std::string& of) {
    quarantine_.push_back(fmt::format("{}/{}/{} {} {} {} of {}", Name(topic), std::get<1>(place),
                                      std::get<2>(place), Name(rejection.code),
                                      rejection.field.empty() ? "-" : rejection.field,
                                      superseded ? "superseded" : "open", of));
  }

  /// `<farm>/<id>`, `<id>` of `default`.
  static std::string Named(std::string_view farm, std::string_view id) {
    std::string name;
    herd::WriteRecordKey(farm, id, name);
    return name;
  }

  struct Farm {
    herd::FarmRules rules;
    herd::FarmCalendar calendar;
  };

  void JudgeFarms(const herd::FarmRules& default_rules) {
    std::map<std::string, std::pair<Place, herd::Farm>> newest;
    std::map<std::string, Place> closed;
    newest["default"] = {{}, {"default", "default", default_rules, false}};
    struct Refused {
      Place place;
      herd::Rejection rejection;
      std::string id;
    };
    std::vector<Refused> refused;
    herd::MessageParser parser;
    for (const Judged& message : messages_[Topic::kFarms]) {
      const auto parsed = parser.Farm(message.value);
      if (const auto* rejection = std::get_if<herd::Rejection>(&parsed)) {
        refused.push_back({message.place, *rejection, ""});
        continue;
      }
      const auto& fields = std::get<herd::FarmFields>(parsed);
      const auto verdict = herd::JudgeFarm(fields);
      if (const auto* farm = std::get_if<herd::Farm>(&verdict)) {
        if (farm->closed) {
          closed[farm->id] = std::max(closed[farm->id], message.place);
          continue;
        }
        auto& known = newest[farm->id];
        if (known.first < message.place) known = {message.place, *farm};
      } else {
        refused.push_back({message.place, std::get<herd::Rejection>(verdict),
                           herd::JudgeFarmId(fields.id, "id") ? "" : std::string(fields.id.text)});
      }
    }
    const auto told_after = [](const auto& places, const std::string& id, const Place& place) {
      const auto told = places.find(id);
      return told != places.end() && place < told->second;
    };
    std::map<std::string, Place> states;
    for (const auto& [id, row] : newest) states[id] = row.first;
    for (const auto& [place, rejection, id] : refused) {
      Refuse(Topic::kFarms, place, rejection,
             told_after(states, id, place) || told_after(closed, id, place), "- - -");
    }
    for (const auto& [id, row] : newest) {
      const herd::FarmRules& rules = row.second.rules;
      const herd::Bounds& bounds = rules.bounds;
      farms_.emplace(id, Farm{rules, *herd::FarmCalendar::Make(rules.time_zone)});
      farm_lines_.push_back(fmt::format(
          "{} {} in {} litres {} to {} kilograms {} to {} density {}{}", id, row.second.name,
          rules.time_zone, Value(bounds.litre_min), Value(bounds.litre_max),
          Value(bounds.kilogram_min), Value(bounds.kilogram_max), Value(rules.density_millionths),
          told_after(closed, id, row.first) ? ", closed" : ""));
    }
  }

  /// What is wrong with the farm of a message, if anything.
  template <class Fields>
  std::optional<herd::Rejection> FarmFault(const Fields& fields) const {
    if (auto rejection = herd::JudgeFarmOf(fields.farm)) return rejection;
    const std::string_view farm = herd::FarmNamed(fields.farm);
    return farms_.contains(std::string(farm)) ? std::nullopt
                                              : std::optional(herd::UnknownFarm(farm));
  }

  /// The id with its farm, or "-" where either is malformed.
  template <class Fields>
  static std::string Shown(const Fields& fields, const herd::Field& id) {
    if (herd::JudgeFarmOf(fields.farm) || herd::JudgeId(id, "id")) return "-";
    return Named(herd::FarmNamed(fields.farm), id.text);
  }

  /// Of each id the newest valid message, and every refused one.
  template <class Row, class Parse, class Judge>
  std::map<std::string, std::pair<Place, Row>> Newest(Topic topic, Parse parse, Judge judge) {
    std::map<std::string, std::pair<Place, Row>> newest;
    std::vector<std::tuple<Place, std::string, herd::Rejection>> refused;
    herd::MessageParser parser;
    for (const Judged& message : messages_[topic]) {
      const auto parsed = parse(parser, message.value);
      if (const auto* rejection = std::get_if<herd::Rejection>(&parsed)) {
        refused.emplace_back(message.place, "-", *rejection);
        continue;
      }
      const auto& fields = std::get<0>(parsed);
      if (const auto fault = FarmFault(fields)) {
        refused.emplace_back(message.place, Shown(fields, fields.id), *fault);
        continue;
      }
      const auto verdict = judge(fields, message.received_at);
      if (const auto* row = std::get_if<Row>(&verdict)) {
        const auto [at, added] = newest.try_emplace(Shown(fields, fields.id), message.place, *row);
        if (!added && at->second.first < message.place) at->second = {message.place, *row};
      } else {
        refused.emplace_back(message.place, Shown(fields, fields.id),
                             std::get<herd::Rejection>(verdict));
      }
    }
    for (const auto& [place, id, rejection] : refused) {
      const auto valid = newest.find(id);
      Refuse(topic, place, rejection, valid != newest.end() && place < valid->second.first,
             topic == Topic::kCows ? id + " - -" : "- " + id + " -");
    }
    return newest;
  }

  void JudgeCows() {
    cows_ = Newest<herd::Cow>(
        Topic::kCows, [](auto& parser, const auto& json) { return parser.Cow(json); },
        [](const auto& fields, Instant at) { return herd::JudgeCow(fields, at); });
    for (const auto& [id, row] : cows_) {
      const herd::Cow& cow = row.second;
      cow_lines_.push_back(fmt::format("{} {} born {}", id, cow.name,
                                       cow.birthdate ? FormatDate(*cow.birthdate) : "-"));
    }
  }

  void JudgeSensors() {
    sensors_ = Newest<herd::Sensor>(
        Topic::kSensors, [](auto& parser, const auto& json) { return parser.Sensor(json); },
        [](const auto& fields, Instant) { return herd::JudgeSensor(fields); });
    for (const auto& [id, row] : sensors_) {
      const herd::Sensor& sensor = row.second;
      sensor_lines_.push_back(
          fmt::format("{} {} {}", id, sensor.unit, sensor.kind.empty() ? "-" : sensor.kind));
    }
  }

  using Key = std::tuple<std::string, std::string, Instant>;  // cow, sensor, at
  struct Refusal {
    Place place;
    herd::Rejection rejection;
  };
  struct Versions {
    std::map<Place, herd::Reading> valid;
    std::vector<Refusal> refused;
  };

  /// `sensor`: of this farm.
  [[nodiscard]] std::optional<herd::Measure> MeasureOf(const std::string& sensor,
                                                       const Farm& farm) const {
    const auto known = sensors_.find(sensor);
    if (known == sensors_.end()) return std::nullopt;
    const herd::Sensor& of = known->second.second;
    return herd::MeasureOf(of.unit, of.kind, farm.rules.density_millionths);
  }

  void JudgeReadings() {
    std::map<Key, Versions> readings;
    std::map<Key, const Farm*> farms;
    herd::MessageParser parser;
    for (const Judged& message : messages_[Topic::kMeasurements]) {
      const auto parsed = parser.Measurement(message.value);
      if (const auto* rejection = std::get_if<herd::Rejection>(&parsed)) {
        Refuse(Topic::kMeasurements, message.place, *rejection, false, "- - -");
        continue;
      }
      const auto& fields = std::get<herd::MeasurementFields>(parsed);
      const std::string sensor = Shown(fields, fields.sensor_id);
      const std::string cow = Shown(fields, fields.cow_id);
      if (const auto fault = FarmFault(fields)) {
        Refuse(Topic::kMeasurements, message.place, *fault, false,
               fmt::format("{} {} -", cow, sensor));
        continue;
      }
      const Farm& farm = farms_.at(std::string(herd::FarmNamed(fields.farm)));
      const auto verdict = herd::JudgeReading(fields, message.received_at, MeasureOf(sensor, farm),
                                              farm.rules.bounds);
      const auto at = herd::JudgeTimestamp(fields.timestamp, message.received_at);
      if (const auto* reading = std::get_if<herd::Reading>(&verdict)) {
        farms[{cow, sensor, reading->at}] = &farm;
        readings[{cow, sensor, reading->at}].valid[message.place] = *reading;
      } else if (sensor != "-" && cow != "-" && std::holds_alternative<Instant>(at)) {
        farms[{cow, sensor, std::get<Instant>(at)}] = &farm;
        readings[{cow, sensor, std::get<Instant>(at)}].refused.push_back(
            {message.place, std::get<herd::Rejection>(verdict)});
      } else {
        Refuse(Topic::kMeasurements, message.place, std::get<herd::Rejection>(verdict), false,
               fmt::format("{} {} -", cow, sensor));
      }
    }
    for (const char* kind : {"daily", "weekly", "monthly", "yearly"}) aggregates_[kind];
    for (const auto& [key, versions] : readings) Merge(key, versions, *farms.at(key));
  }

  void Merge(const Key& key, const Versions& versions, const Farm& farm) {
    const auto& [cow, sensor, at] = key;
    const auto measure = MeasureOf(sensor, farm);
    const bool known = measure && cows_.contains(cow);
    std::optional<Place> settled;
    for (const auto& [place, reading] : versions.valid) {
      if (known) settled = place;
      if (!known) {
        waiting_.push_back(fmt::format("{} {} {} of {}/{}, unit {}", cow, sensor, FormatInstant(at),
                                       std::get<1>(place), std::get<2>(place),
                                       measure ? "known" : "unknown"));
      }
    }
    bool is_refused = false;
    for (const Refusal& refusal : versions.refused) {
      const bool overtaken = settled && refusal.place < *settled;
      is_refused = is_refused || !overtaken;
      Refuse(Topic::kMeasurements, refusal.place, refusal.rejection, overtaken,
             fmt::format("{} {} {}", cow, sensor, FormatInstant(at)));
    }
    if (is_refused) ++HerdDayOf(farm, at).refused;
    if (versions.valid.empty()) return;
    const auto& [place_of_newest, newest] = *versions.valid.rbegin();
    std::vector<Instant> received;
    for (const auto& [place, reading] : versions.valid) {
      received.push_back(received_at_.at(place));
      if (known && place != place_of_newest) {
        displaced_.push_back(fmt::format("{} {} {} of {}/{}", cow, sensor, FormatInstant(at),
                                         std::get<1>(place), std::get<2>(place)));
      }
    }
    const auto [first, last] = std::minmax_element(received.begin(), received.end());
    receipts_.push_back(fmt::format("{} {} {} from {}/{}, received {} to {}", cow, sensor,
                                    FormatInstant(at), std::get<1>(place_of_newest),
                                    std::get<2>(place_of_newest), FormatInstant(*first),
                                    FormatInstant(*last)));
    const FarmDay day = farm.calendar.DayOf(at);
    silver_.push_back(fmt::format("{} {} {} {} {} on {}", cow, sensor, FormatInstant(at),
                                  Value(newest.value_millionths),
                                  newest.taken_back ? "deleted"
                                  : known           ? "accepted"
                                                    : "pending",
                                  FormatDate(day)));
    if (newest.taken_back || !known) return;
    const std::int64_t value = newest.value_millionths;
    using herd::PeriodKind;
    for (const auto& [kind, period] :
         {std::pair("daily", PeriodKind::kDay), std::pair("weekly", PeriodKind::kWeek),
          std::pair("monthly", PeriodKind::kMonth), std::pair("yearly", PeriodKind::kYear)}) {
      aggregates_[kind][{cow, herd::PeriodOf(period, day).first, sensor}].Add(value);
    }
    ++HerdDayOf(farm, at).readings;
    const std::int64_t converted = herd::Converted(value, *measure);
    if (measure->metric == herd::Metric::kMilk) {
      days_[{cow, day}].farm = &farm;
      days_[{cow, day}].milk_count += 1;
      days_[{cow, day}].milk += converted;
    } else if (measure->metric == herd::Metric::kWeight) {
      days_[{cow, day}].farm = &farm;
      days_[{cow, day}].weights.push_back({at, sensor, converted});
    }
  }

  struct HerdDay {
    std::int64_t readings = 0, refused = 0;
  };
  HerdDay& HerdDayOf(const Farm& farm, Instant at) {
    return herd_days_[{&farm, farm.calendar.DayOf(at)}];
  }

  [[nodiscard]] static const Weight* LastOf(const Day& day) {
    const Weight* last = nullptr;
    for (const Weight& weight : day.weights) {
      const bool newer = last == nullptr || weight.at > last->at ||
                         (weight.at == last->at && weight.sensor < last->sensor);
      if (newer) last = &weight;
    }
    return last;
  }

  [[nodiscard]] Lines HerdDays() const {
    Lines lines;
    for (const auto& [key, herd_day] : herd_days_) {
      const auto farm = std::find_if(farms_.begin(), farms_.end(),
                                     [&](const auto& each) { return &each.second == key.first; });
      std::int64_t milk = 0, milked = 0, weight = 0, weighed = 0;
      for (const auto& [cow_day, day] : days_) {
        if (day.farm != key.first || cow_day.second != key.second) continue;
        milk += day.milk;
        milked += day.milk_count > 0 ? 1 : 0;
        if (const Weight* last = LastOf(day)) {
          weight += last->value;
          ++weighed;
        }
      }
      lines.push_back(fmt::format("{}herd {} milk {} of {} weight {} of {} readings {} refused {}",
                                  farm->first == "default" ? "" : farm->first + "/",
                                  FormatDate(key.second), Value(milk), milked, Value(weight),
                                  weighed, herd_day.readings, herd_day.refused));
    }
    return lines;
  }

  [[nodiscard]] Lines MilkMeans() const {
    Lines lines;
    for (const auto& [key, day] : days_) {
      std::int64_t milk = 0, count = 0;
      for (FarmDay at = key.second;; at = at - 1) {
        const auto before = days_.find({key.first, at});
        if (before == days_.end() || before->second.milk_count == 0) break;
        milk += before->second.milk;
        ++count;
      }
      if (count == 0) continue;
      lines.push_back(fmt::format("{} {} milk {} of {} days", key.first, FormatDate(key.second),
                                  Value(milk), count));
    }
    return lines;
  }

  [[nodiscard]] Lines CowDays() const {
    Lines lines;
    for (const auto& [key, day] : days_) {
      std::int64_t sum = 0;
      for (const Weight& weight : day.weights) sum += weight.value;
      const Weight* const last = LastOf(day);
      lines.push_back(fmt::format("{} {} milk {}/{} weight {}/{} last {} at {}", key.first,
                                  FormatDate(key.second), Value(day.milk), day.milk_count,
                                  Value(sum), day.weights.size(),
                                  last != nullptr ? Value(last->value) : "-",
                                  last != nullptr ? FormatInstant(last->at) : "-"));
    }
    return lines;
  }

  std::map<Topic, std::vector<Judged>> messages_;
  std::map<std::string, Farm> farms_;
  std::map<std::string, std::pair<Place, herd::Cow>> cows_;
  std::map<std::string, std::pair<Place, herd::Sensor>> sensors_;
  std::map<std::string, std::map<std::tuple<std::string, FarmDay, std::string>, herd::Statistics>>
      aggregates_;
  std::map<std::pair<std::string, FarmDay>, Day> days_;
  std::map<std::pair<const Farm*, FarmDay>, HerdDay> herd_days_;
  std::map<Place, Instant> received_at_;
  Lines silver_, quarantine_, cow_lines_, sensor_lines_, farm_lines_, waiting_, displaced_,
      receipts_;
};

}  // namespace herdflow::pipeline::testing
