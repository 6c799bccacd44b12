#pragma once

// The farm `default`: who makes it, and of what.

#include "farms.hpp"
#include "herdflow/core/logging.hpp"

namespace herdflow::pipeline::testing {

/// What is warned of while it lives.
class Warnings {
 public:
  Lines lines;

 private:
  LogListener listener_{[this](LogLevel level, std::string_view line) {
    if (level == LogLevel::kWarning) lines.emplace_back(line);
  }};
};

TEST_P(LayerStoreContract, DefaultIsMadeByWhoeverOpensTheStoreFirstAndThenItsEventsChangeIt) {
  const auto layers = GetParam()();
  Warnings warnings;
  herd::FarmRules berlin{.time_zone = "Europe/Berlin", .bounds = {}};
  berlin.bounds.litre_max = 50 * herd::kMillion;
  Must(layers->Open({.default_farm = berlin, .use = StoreUse::kLook}));
  Must(layers->Open({.default_farm = berlin}));
  const auto made = Must(layers->Queries().herd->FindFarm("default"));
  ASSERT_TRUE(made);
  EXPECT_EQ(made->name, "default");
  EXPECT_EQ(made->rules, berlin);
  EXPECT_FALSE(made->created_at);
  EXPECT_FALSE(made->updated_at);
  EXPECT_EQ(layers->Query("SELECT created_at FROM {gold}farms", 1), (std::vector<Cells>{{"-"}}));
  EXPECT_THAT(warnings.lines, IsEmpty());
  Must(layers->Open({.default_farm = {}}));
  EXPECT_THAT(warnings.lines, IsEmpty()) << "nothing is configured";
  herd::FarmRules other{.time_zone = "Asia/Tokyo", .bounds = {}, .density_millionths = 1'020'000};
  other.bounds.litre_max = 70 * herd::kMillion;
  const auto store = Must(layers->Open({.default_farm = other}));
  ASSERT_THAT(warnings.lines, SizeIs(1));
  EXPECT_THAT(warnings.lines[0], Not(HasSubstr("milk_density")));
  for (const char* says : {"time_zone Europe/Berlin (not Asia/Tokyo)", "litre_max 50 (not 70)",
                           "herdflow farm change default"}) {
    EXPECT_THAT(warnings.lines[0], HasSubstr(says));
  }
  EXPECT_EQ(Must(layers->Queries().herd->FindFarm("default"))->rules, berlin);
  EXPECT_EQ(Must(layers->Queries().operations->ReadStatus()).rejudge_requests, 0);
}

TEST_P(LayerStoreContract, WhoOnlyLooksDoesNotMakeDefaultOfAStoreFromBeforeThereWereFarms) {
  const herd::FarmRules berlin{.time_zone = "Europe/Berlin", .bounds = {}};
  for (const char* setting : {"'time_zone', 'Europe/Berlin'", "'rules_version', '4-1'"}) {
    SCOPED_TRACE(setting);
    // As the migration leaves it.
    layers_->Query(
        "UPDATE {gold}farms_rows SET version = -1, state_version = -1, time_zone = 'Asia/Tokyo'",
        0);
    layers_->Query("DELETE FROM {ops}settings WHERE name = 'rules_code'", 0);
    layers_->Query(fmt::format("INSERT INTO {{ops}}settings VALUES ({})", setting), 0);
    Must(layers_->Open({.default_farm = {}, .use = StoreUse::kLook}));
    EXPECT_EQ(Must(layers_->Queries().herd->FindFarm("default"))->rules.time_zone, "Asia/Tokyo");
    Must(layers_->Open({.default_farm = berlin}));
    EXPECT_EQ(Must(layers_->Queries().herd->FindFarm("default"))->rules, berlin);
  }
}

TEST_P(LayerStoreContract, AnEventOfDefaultTakesThePlaceOfTheConfiguration) {
  SendFarm("default", R"(,"time_zone":"Europe/Berlin")");
  const Instant sent = log_.clock;
  RunAll();
  const auto farm = Must(layers_->Queries().herd->FindFarm("default"));
  EXPECT_EQ(farm->created_at, sent);
  EXPECT_EQ(farm->rules.time_zone, "Europe/Berlin");
  Must(layers_->Open({}));
  EXPECT_EQ(Must(layers_->Queries().herd->FindFarm("default"))->rules.time_zone, "Europe/Berlin");
  Must(store_->RequestRebuild(std::nullopt));
  RunAll();
  EXPECT_EQ(Must(layers_->Queries().herd->FindFarm("default"))->rules.time_zone, "Europe/Berlin");
}

TEST_P(LayerStoreContract, AStoreJudgedInAnotherZoneBeforeThereWereFarmsIsJudgedAgainOnce) {
  SendHerd();
  SendReading("S1", "C1", kAt, "12");
  RunAll();
  const auto put_back = [&](const std::string& version, const std::string& zone) {
    layers_->Query("DELETE FROM {ops}settings WHERE name = 'rules_code'", 0);
    layers_->Query("INSERT INTO {ops}settings VALUES ('rules_version', '" + version +
                       "'), ('time_zone', '" + zone + "')",
                   0);
  };
  const auto requests = [&] {
    return Must(layers_->Queries().operations->ReadStatus()).rejudge_requests;
  };
  put_back(herd::RulesVersion({}), "UTC");
  Must(layers_->Open({.default_farm = {}, .use = StoreUse::kLook}));
  Must(layers_->Open({}));
  EXPECT_EQ(requests(), 0) << "as it was judged";
  put_back(herd::RulesVersion({}), "Asia/Tokyo");
  Must(layers_->Open({}));
  EXPECT_EQ(requests(), 1);
  EXPECT_EQ(layers_->Query("SELECT name FROM {ops}settings ORDER BY name", 1),
            (std::vector<Cells>{{"rules_code"}, {"store_id"}}));
  RunAll();
  Must(layers_->Open({}));
  EXPECT_EQ(requests(), 0);
  put_back("1-0", "UTC");
  layers_->Query("UPDATE {gold}farms_rows SET rules_version = '1-0'", 0);
  Must(layers_->Open({}));
  EXPECT_EQ(layers_->Query("SELECT rules_version FROM {gold}farms", 1),
            (std::vector<Cells>{{herd::RulesVersion({})}}));
  EXPECT_EQ(requests(), 4) << "an older code judged cows, sensors and farms as well";
}

}  // namespace herdflow::pipeline::testing
