// Every number below is made by integer arithmetic and, at the very end, one division by 100: no
// std::exp, no std distribution, nothing that differs between compilers, libraries or machines.

#include "herdflow/herd/synthetic_herd.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <unordered_map>
#include <utility>

namespace herdflow::herd {
namespace {

/// SplitMix64 (Steele, Lea, Flood 2014): a stream of its own for each (seed, purpose, number).
class Random {
 public:
  Random(std::uint64_t seed, std::uint64_t purpose, std::uint64_t number = 0)
      : state_(Mix(Mix(Mix(seed) ^ purpose) ^ number)) {}

  std::uint64_t Next() { return Mix(state_ += 0x9e37'79b9'7f4a'7c15); }
  /// From `low` to `high`, both included.
  std::int64_t Between(std::int64_t low, std::int64_t high) {
    const auto width = static_cast<std::uint64_t>(high - low) + 1;
    return low + static_cast<std::int64_t>(Next() % width);
  }
  bool Chance(std::int64_t of_ten_thousand) { return Between(0, 9'999) < of_ten_thousand; }
  template <class Items>
  const auto& PickOf(const Items& items) {
    return items[static_cast<std::size_t>(Next() % items.size())];
  }

 private:
  static std::uint64_t Mix(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9;
    z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11eb;
    return z ^ (z >> 31);
  }
  std::uint64_t state_;
};

enum Purpose : std::uint64_t { kIds = 1, kCows, kSensors, kTraits, kDays };

constexpr std::array<std::string_view, 48> kNames = {
    "Lindsey", "Linda",   "Sandra",   "Kathryn", "Anna",    "Carla", "Heather", "Mary",
    "Kelly",   "Destiny", "Jessica",  "Ashley",  "Bella",   "Daisy", "Rosie",   "Clara",
    "Emma",    "Greta",   "Hanna",    "Ida",     "Julia",   "Karin", "Lotte",   "Martha",
    "Nora",    "Olga",    "Paula",    "Ruth",    "Selma",   "Thea",  "Ursula",  "Vera",
    "Wilma",   "Yvonne",  "Zita",     "Amber",   "Becky",   "Cindy", "Diana",   "Elsa",
    "Fiona",   "Gloria",  "Isabella", "Joan",    "Kirsten", "Laura", "Monica",  "Nadine"};

// Wood's lactation curve y = a · t^0.2 · e^(-0.004 t) every 20 days from calving, in thousandths
// of its peak at day 50; the first milk, not none, at day 0.
constexpr std::int32_t kWoodStep = 20;
constexpr std::array<std::int32_t, 17> kWood = {550, 939, 995, 996, 974, 940, 900, 857, 813,
                                                768, 724, 682, 640, 600, 562, 526, 492};
constexpr std::int32_t kMilkingDays = 305;
constexpr std::int32_t kCalvingInterval = 365;

constexpr std::array<std::int32_t, 3> kMilkingHours = {6, 14, 22};
constexpr std::int32_t kSlotHours = 4;
constexpr std::int32_t kFirstHour = 2;
constexpr std::int32_t kJitterSeconds = 1'200;

// Of ten thousand.
constexpr std::int64_t kNulls = 60;
constexpr std::int64_t kMinusOnes = 60;
constexpr std::int64_t kZeros = 50;
constexpr std::int64_t kGapDays = 50;
constexpr std::int64_t kIllStarts = 20;
constexpr std::int32_t kSensorsPerDead = 100;

std::string UuidText(Random& random) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::uint64_t high = random.Next();
  std::uint64_t low = random.Next();
  high = (high & ~std::uint64_t{0xF000}) | 0x4000;                    // Version 4: random.
  low = (low & (~std::uint64_t{0} >> 2)) | (std::uint64_t{1} << 63);  // RFC 9562's variant.
  std::string text;
  for (int nibble = 0; nibble < 32; ++nibble) {
    if (nibble == 8 || nibble == 12 || nibble == 16 || nibble == 20) text += '-';
    const std::uint64_t half = nibble < 16 ? high : low;
    text += kHex[(half >> (60 - 4 * (nibble % 16))) & 0xF];
  }
  return text;
}

/// Of everything but the ids.
std::uint64_t SeedOf(const HerdPlan& plan) {
  return plan.seed + plan.twin * std::uint64_t{0x9e37'79b9'7f4a'7c15};
}

std::vector<SyntheticCow> MakeCows(const HerdPlan& plan) {
  Random ids(plan.seed, kIds, 1);
  Random random(SeedOf(plan), kCows);
  std::unordered_map<std::string_view, int> numbers;
  std::vector<SyntheticCow> cows;
  for (int i = 0; i < plan.cows; ++i) {
    const std::string_view base = random.PickOf(kNames);
    const auto age = static_cast<std::int32_t>(random.Between(800, 2'600));
    cows.push_back({UuidText(ids), std::string(base) + " #" + std::to_string(++numbers[base]),
                    plan.from - age});
  }
  return cows;
}

/// Every second sensor weighs; about one of a hundred, at least one, is dead. The first of each
/// unit lives, so that a small herd has milk and weights too.
std::vector<SyntheticSensor> MakeSensors(const HerdPlan& plan) {
  Random ids(plan.seed, kIds, 2);
  Random random(SeedOf(plan), kSensors);
  // 200 sensors for 128 cows.
  const auto count = static_cast<std::int32_t>(
      std::max<std::int64_t>(4, (std::int64_t{plan.cows} * 25 + 15) / 16));
  std::vector<SyntheticSensor> sensors;
  for (std::int32_t i = 0; i < count; ++i) {
    const bool is_milk = (static_cast<std::uint64_t>(i) + plan.twin) % 2 == 0;
    sensors.push_back({UuidText(ids), is_milk ? "L" : "kg"});
  }
  for (std::int32_t left = std::max(1, count / kSensorsPerDead); left > 0;) {
    auto& sensor = sensors[static_cast<std::size_t>(random.Between(2, count - 1))];
    if (sensor.dead) continue;
    sensor.dead = true;
    --left;
  }
  return sensors;
}

/// What stays the same with a cow.
struct Traits {
  std::int32_t calving_offset;  // Days that her lactation is ahead of the plan's first day.
  std::int64_t peak_centilitres;
  std::int64_t weight_centikilograms;
};

Traits TraitsOf(const HerdPlan& plan, std::size_t cow) {
  Random random(SeedOf(plan), kTraits, cow);
  return {.calving_offset = static_cast<std::int32_t>(random.Between(0, kCalvingInterval - 1)),
          .peak_centilitres = random.Between(3'000, 3'500),
          .weight_centikilograms = random.Between(53'000, 67'000)};
}

std::int32_t DaysInMilk(const Traits& traits, const HerdPlan& plan, FarmDay day) {
  return (traits.calving_offset + (day.days - plan.from.days)) % kCalvingInterval;
}

/// Thousandths of the peak, between two points of the curve.
std::int64_t WoodAt(std::int32_t days_in_milk) {
  const auto point = static_cast<std::size_t>(days_in_milk / kWoodStep);
  const std::int64_t beyond = days_in_milk % kWoodStep;
  return (kWood[point] * (kWoodStep - beyond) + kWood[point + 1] * beyond) / kWoodStep;
}

/// A cow loses about 25 kg in the ten weeks after calving and gains them back until the next.
std::int64_t WeightAt(const Traits& traits, std::int32_t days_in_milk) {
  constexpr std::int64_t kLoss = 2'500;
  constexpr std::int64_t kLowest = 70;
  const std::int64_t lost = days_in_milk < kLowest ? kLoss * days_in_milk / kLowest
                                                   : kLoss * (kCalvingInterval - days_in_milk) /
                                                         (kCalvingInterval - kLowest);
  return traits.weight_centikilograms - lost;
}

/// One pass over the plan's days.
class Days {
 public:
  Days(const HerdPlan& plan, FarmCalendar calendar, const std::vector<SyntheticCow>& cows,
       const std::vector<SyntheticSensor>& sensors)
      : plan_(plan), calendar_(std::move(calendar)), cows_(cows) {
    for (const SyntheticSensor& sensor : sensors) {
      (sensor.unit == "L" ? milk_sensors_ : scales_).push_back(&sensor);
      if (sensor.dead) truth_.dead_sensors.push_back(sensor.id);
    }
    for (std::size_t i = 0; i < cows.size(); ++i) traits_.push_back(TraitsOf(plan, i));
    ill_until_.resize(cows.size(), plan.from - 1);
    ChooseCowThatEndsIll();
  }

  GroundTruth Run(const std::function<void(const SyntheticMeasurement&)>& each) {
    for (FarmDay day = plan_.from; day <= plan_.to; day = day + 1) {
      today_.clear();
      midnight_ = std::chrono::floor<std::chrono::seconds>(calendar_.StartOf(day))
                      .time_since_epoch()
                      .count();
      for (std::size_t cow = 0; cow < cows_.size(); ++cow) AddDay(cow, day);
      std::stable_sort(today_.begin(), today_.end(),
                       [](const auto& a, const auto& b) { return a.timestamp < b.timestamp; });
      for (const auto& measurement : today_) {
        Count(measurement);
        each(measurement);
      }
    }
    return std::move(truth_);
  }

 private:
  /// One cow is ill on the two days before the last, so that the newest complete day's report has
  /// a warning to show, however few the days are.
  void ChooseCowThatEndsIll() {
    const FarmDay first = std::max(plan_.from, plan_.to - 2);
    Random random(SeedOf(plan_), kTraits, cows_.size());
    const std::size_t start = static_cast<std::size_t>(random.Next() % cows_.size());
    for (std::size_t i = 0; i < cows_.size(); ++i) {
      const std::size_t cow = (start + i) % cows_.size();
      if (DaysInMilk(traits_[cow], plan_, first) >= kMilkingDays - 3) continue;
      ends_ill_ = cow;
      ends_ill_from_ = first;
      return;
    }
  }

  bool IllOn(std::size_t cow, FarmDay day, std::int32_t days_in_milk, Random& random) {
    if (day <= ill_until_[cow]) return true;
    const bool chosen = ends_ill_ == cow && day == ends_ill_from_;
    const auto length = static_cast<std::int32_t>(random.Between(2, 5));
    const bool by_chance = random.Chance(kIllStarts) && days_in_milk + length <= kMilkingDays;
    if (!chosen && !by_chance) return false;
    ill_until_[cow] = std::min(chosen ? day + 1 : day + (length - 1), plan_.to);
    truth_.ill.push_back({cows_[cow].id, day, ill_until_[cow]});
    return true;
  }

  void AddDay(std::size_t cow, FarmDay day) {
    Random random(SeedOf(plan_), kDays + cow, static_cast<std::uint64_t>(day.days));
    const std::int32_t days_in_milk = DaysInMilk(traits_[cow], plan_, day);
    const bool milked = days_in_milk < kMilkingDays;
    const bool ill = milked && IllOn(cow, day, days_in_milk, random);
    const bool gap = random.Chance(kGapDays);
    if (gap && !ill) {
      ++truth_.gap_days;
      return;
    }
    // A third of the day's milk at each milking, give or take a tenth; the ill give a tenth of it.
    const std::int64_t milk = traits_[cow].peak_centilitres * (milked ? WoodAt(days_in_milk) : 0) *
                              random.Between(97, 103) / 100'000;
    const std::int64_t weight = WeightAt(traits_[cow], days_in_milk) + random.Between(-100, 100);
    for (std::int32_t hour = kFirstHour; hour < 24; hour += kSlotHours) {
      const bool milking =
          milked && std::count(kMilkingHours.begin(), kMilkingHours.end(), hour) > 0;
      const std::int64_t value = milking ? milk * random.Between(90, 110) / (ill ? 3'000 : 300)
                                         : weight + random.Between(-100, 100);
      const std::int64_t at =
          midnight_ + std::int64_t{hour} * 3'600 + random.Between(-kJitterSeconds, kJitterSeconds);
      AddReading(cow, milking, at, value, ill && milking, random);
    }
  }

  void AddReading(std::size_t cow, bool milking, std::int64_t at, std::int64_t hundredths,
                  bool surely, Random& random) {
    const auto& choice = milking ? milk_sensors_ : scales_;
    const SyntheticSensor* sensor = random.PickOf(choice);
    // An ill cow's milk is measured for certain, or the ground truth would not be true.
    if (surely && sensor->dead) sensor = choice.front();
    SyntheticMeasurement reading{sensor->id, cows_[cow].id, static_cast<double>(at),
                                 static_cast<double>(hundredths) / 100};
    const std::int64_t luck = random.Between(0, 9'999);
    if (sensor->dead) {
      reading.value = luck % 2 == 0 ? std::optional<double>() : -1.0;
    } else if (!surely && luck < kNulls) {
      reading.value.reset();
    } else if (!surely && luck < kNulls + kMinusOnes) {
      reading.value = -1;
    } else if (!surely && luck < kNulls + kMinusOnes + kZeros) {
      reading.value = 0;
    }
    today_.push_back(reading);
  }

  void Count(const SyntheticMeasurement& measurement) {
    ++truth_.measurements;
    if (!measurement.value) {
      ++truth_.nulls;
    } else if (*measurement.value == -1) {
      ++truth_.minus_ones;
    } else if (*measurement.value == 0) {
      ++truth_.zeros;
    }
  }

  const HerdPlan& plan_;
  const FarmCalendar calendar_;
  const std::vector<SyntheticCow>& cows_;
  std::vector<const SyntheticSensor*> milk_sensors_, scales_;
  std::vector<Traits> traits_;
  std::vector<FarmDay> ill_until_;
  std::optional<std::size_t> ends_ill_;
  FarmDay ends_ill_from_;
  std::int64_t midnight_ = 0;  ///< The day's, in Unix seconds.
  std::vector<SyntheticMeasurement> today_;
  GroundTruth truth_;
};

}  // namespace

Result<SyntheticHerd> SyntheticHerd::Make(const HerdPlan& plan) {
  if (plan.cows < 1 || plan.cows > kMostCows) {
    return Fail(ErrorCode::kInvalidInput, "generating a herd: --cows is {}, expected 1 to {}",
                plan.cows, kMostCows);
  }
  if (plan.to < plan.from) {
    return Fail(ErrorCode::kInvalidInput, "generating a herd: --to is {}, before --from, {}",
                FormatDate(plan.to), FormatDate(plan.from));
  }
  if (plan.from < kEarliestDay) {
    return Fail(ErrorCode::kInvalidInput,
                "generating a herd: --from is {}, expected {} or later, as of readings",
                FormatDate(plan.from), FormatDate(kEarliestDay));
  }
  if (plan.to.days - plan.from.days >= kMostDays) {
    return Fail(ErrorCode::kInvalidInput,
                "generating a herd: {} to {} are more than {} days, a hundred years",
                FormatDate(plan.from), FormatDate(plan.to), kMostDays);
  }
  HERDFLOW_ASSIGN(auto calendar, FarmCalendar::Make(plan.time_zone));
  SyntheticHerd herd(plan, std::move(calendar));
  herd.cows_ = MakeCows(plan);
  herd.sensors_ = MakeSensors(plan);
  return herd;
}

GroundTruth SyntheticHerd::ForEachMeasurement(
    const std::function<void(const SyntheticMeasurement&)>& each) const {
  return Days(plan_, calendar_, cows_, sensors_).Run(each);
}

}  // namespace herdflow::herd
