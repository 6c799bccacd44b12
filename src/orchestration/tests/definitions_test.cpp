#include "herdflow/orchestration/definitions.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "herdflow/orchestration/manifest.hpp"
#include "herdflow/orchestration/scheduler.hpp"

namespace herdflow::orchestration {
namespace {

using namespace std::chrono_literals;

Instant At(std::string_view text) { return ParseInstant(text).value(); }
std::string Slot(std::string_view schedule, std::string_view now, std::string_view zone = "UTC") {
  const auto slot =
      NewestSlot(ParseSchedule(schedule).value(), At(now), herd::FarmCalendar::Make(zone).value());
  return slot ? FormatInstant(*slot) : "none";
}

TEST(Schedule, ReadsEveryFormAndPrintsItBack) {
  for (const char* text : {"when new", "every 1 s", "every 15 min", "every 6 h", "daily at 04:30",
                           "daily at 00:00", "daily at 23:59"}) {
    const auto schedule = ParseSchedule(text);
    ASSERT_TRUE(schedule) << text;
    EXPECT_EQ(Text(*schedule), text);
  }
  EXPECT_EQ(ParseSchedule("every 90 s"), Schedule(Every{90s}));
  EXPECT_EQ(Text(Every{3600s}), "every 1 h");
}

TEST(Schedule, RefusesWhatIsNoForm) {
  for (const char* text :
       {"", "never", "when new ", "every", "every 15", "every min", "every 0 s", "every -1 s",
        "every 1.5 h", "every 15 minutes", "every 99999 h", "daily at 4:30", "daily at 24:00",
        "daily at 12:60", "daily at 1a:00", "daily at 12-00", "daily at 12:000", "every 15min"}) {
    EXPECT_FALSE(ParseSchedule(text)) << text;
  }
}

TEST(Schedule, SlotsAreThoseOfTheClock) {
  EXPECT_EQ(Slot("when new", "2025-01-01T00:00:00Z"), "none");
  EXPECT_EQ(Slot("every 15 min", "2025-01-01T10:14:59Z"), "2025-01-01T10:00:00Z");
  EXPECT_EQ(Slot("every 15 min", "2025-01-01T10:15:00Z"), "2025-01-01T10:15:00Z");
  EXPECT_EQ(Slot("daily at 04:30", "2025-01-01T04:29:59Z"), "2024-12-31T04:30:00Z");
  EXPECT_EQ(Slot("daily at 04:30", "2025-01-01T04:30:00Z"), "2025-01-01T04:30:00Z");
}

TEST(Schedule, ADayIsTheFarmsAlsoWhereTheClockChanges) {
  EXPECT_EQ(Slot("daily at 04:30", "2025-01-15T12:00:00Z", "Europe/Berlin"),
            "2025-01-15T03:30:00Z");
  EXPECT_EQ(Slot("daily at 04:30", "2025-03-30T12:00:00Z", "Europe/Berlin"),
            "2025-03-30T02:30:00Z");
  EXPECT_EQ(Slot("daily at 01:30", "2025-03-30T12:00:00Z", "Europe/Berlin"),
            "2025-03-30T00:30:00Z");
  EXPECT_EQ(Slot("daily at 04:30", "2025-10-26T12:00:00Z", "Europe/Berlin"),
            "2025-10-26T03:30:00Z");
}

TEST(Definitions, TasksStandBehindThoseThatTheyComeAfter) {
  const Definitions definitions{Settings()};
  std::set<std::string> ids;
  for (const auto& pipeline : definitions.pipelines) {
    for (const auto& task : pipeline.tasks) {
      for (const auto& before : task.after) {
        EXPECT_TRUE(ids.contains(before)) << task.id();
        EXPECT_EQ(definitions.Find(pipeline.id, before).first, &pipeline);
      }
      EXPECT_TRUE(ids.emplace(task.id()).second);
      EXPECT_GT(task.time_out, 0s);
    }
  }
  EXPECT_EQ(ids.size(), 11U);
  EXPECT_EQ(definitions.Find("cow_data_pipeline", "cleanse_sensors").second, nullptr);
  EXPECT_EQ(definitions.Find("x", "cleanse_cows").first, nullptr);
}

TEST(Definitions, DelaysDoubleUpToTheLongest) {
  const Retries retries{5, 1s, 6s};
  EXPECT_EQ(DelayOf(retries, 1), 1s);
  EXPECT_EQ(DelayOf(retries, 2), 2s);
  EXPECT_EQ(DelayOf(retries, 3), 4s);
  EXPECT_EQ(DelayOf(retries, 4), 6s);
  EXPECT_EQ(DelayOf(retries, 40), 6s);
}

TEST(Manifest, HasEverythingInAFixedOrder) {
  Settings settings;
  settings.scheduler = SchedulerKind::kExternal;
  settings.farm_data = DailyAt{4, 30};
  const std::string text = Manifest(Definitions(settings), "Europe/Berlin");
  const char* expected =
      R"({
  "version": 1,
  "scheduler": "external",
  "time_zone": "Europe/Berlin",
  "pipelines": [
    {
      "id": "farm_data_pipeline",
      "description": "Judges the messages of the topic farms into gold's farms",
      "owner": "herd",
      "tags": ["farms", "bronze", "gold"],
      "schedule": "daily at 04:30",
      "tasks": [
        {"id": "cleanse_farms", "description": "bronze to gold's farms and quarantine", "after": [], )"
      R"("retries": {"count": 5, "first_delay_seconds": 1, "longest_delay_seconds": 10}, )"
      R"("time_out_seconds": 7200}
      ]
    },
)";
  EXPECT_EQ(text.substr(0, std::string_view(expected).size()), expected);
  EXPECT_EQ(text, Manifest(Definitions(settings), "Europe/Berlin"));
}

TEST(Manifest, AFileIsReplacedWhole) {
  const auto folder =
      std::filesystem::temp_directory_path() / ("herdflow-manifest-" + std::to_string(std::rand()));
  std::filesystem::create_directories(folder);
  const std::string file = folder / "pipelines.json";
  for (const char* text : {"one, and longer", "two"}) {
    ASSERT_TRUE(ReplaceFile(file, text));
    std::ostringstream read;
    read << std::ifstream(file).rdbuf();
    EXPECT_EQ(read.str(), text);
  }
  const auto failed = ReplaceFile(folder / "none" / "pipelines.json", "x");
  ASSERT_FALSE(failed);
  EXPECT_NE(failed.error().message().find("none"), std::string::npos);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 1);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace herdflow::orchestration
