// What may go wrong on the way; what becomes of a farm is the layer store's contract.

#include "herdflow/intake/write_farm.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "empty_store.hpp"
#include "fake_event_log.hpp"

namespace herdflow::intake {
namespace {

using herd::Field;
using pipeline::Topic;
using Kind = Field::Kind;

/// A herd book that takes everything, and cannot be committed where the test says so.
class OpenHerdBook final : public pipeline::HerdBookTx {
 public:
  OpenHerdBook(Result<>& commit, std::vector<std::string>& merged)
      : commit_(commit), merged_(merged) {}

  Result<bool> BeginAnew(Topic) override { return false; }
  Result<> RequestAnew(Topic) override { return {}; }
  Result<pipeline::BookDifferences> EndAnew() override { return pipeline::BookDifferences(); }
  Result<std::vector<pipeline::UnjudgedRecord>> ReadBronze(Topic, std::size_t) override {
    return std::vector<pipeline::UnjudgedRecord>();
  }
  Result<pipeline::FarmRef> RefOfFarm(std::string_view) override { return pipeline::FarmRef{2}; }
  Result<bool> IsKnown(pipeline::FarmRef) override { return false; }
  Result<pipeline::CowRef> RefOfCow(pipeline::FarmRef, std::string_view) override {
    return pipeline::CowRef{};
  }
  Result<pipeline::SensorRef> RefOfSensor(pipeline::FarmRef, std::string_view) override {
    return pipeline::SensorRef{};
  }
  Result<> Merge(const pipeline::GoldCow&) override { return {}; }
  Result<> Merge(const pipeline::GoldSensor&) override { return {}; }
  Result<> Merge(const pipeline::GoldFarm& farm) override {
    merged_.push_back(farm.closed_at ? "closed" : farm.name);
    return {};
  }
  Result<> Quarantine(std::span<const pipeline::QuarantineEntry>) override { return {}; }
  Result<> Commit() override { return commit_; }

 private:
  Result<>& commit_;
  std::vector<std::string>& merged_;
};

class OpenStore final : public pipeline::testing::NoStore {
 public:
  Result<std::unique_ptr<pipeline::HerdBookTx>> BeginHerdBook() override {
    if (during) during();
    return std::make_unique<OpenHerdBook>(commit, merged);
  }

  std::function<void()> during;     ///< What happens while the book is waited for.
  Result<> commit;                  ///< What each answers.
  std::vector<std::string> merged;  ///< Names, or "closed".
};

class OneFarm final : public pipeline::testing::EmptyHerd {
 public:
  Result<std::optional<pipeline::FarmView>> FindFarm(std::string_view) override { return farm; }

  std::optional<pipeline::FarmView> farm;
};

class FarmMakerTest : public ::testing::Test {
 protected:
  ErrorCode CodeOf(const Result<pipeline::FarmView>& outcome) {
    message_ = outcome ? "" : outcome.error().message();
    return outcome ? ErrorCode{} : outcome.error().code();
  }
  ErrorCode Put(const herd::FarmFields& state) { return CodeOf(maker_.Put(state)); }
  static herd::FarmFields Only(Field herd::FarmFields::*field, const Field& value) {
    herd::FarmFields fields;
    fields.id = {Kind::kText, "hill"};
    fields.*field = value;
    return fields;
  }
  /// Gold knows it.
  void Know(std::optional<Instant> closed_at = {}) {
    pipeline::FarmView& farm = herd_.farm.emplace();
    farm.id = "hill";
    farm.name = "Hill";
    farm.rules.time_zone = "Europe/Berlin";
    farm.rules.bounds.litre_max = 80 * herd::kMillion;
    farm.rules.density_millionths = 1'030'000;
    farm.closed_at = closed_at;
  }
  std::string Newest() { return log_.Messages({Topic::kFarms, 0}).back().value; }
  static herd::FarmFields Hill() {
    herd::FarmFields fields;
    fields.id = {Kind::kText, "hill"};
    fields.name = {Kind::kText, "Hill"};
    fields.milk_density = {Kind::kNumber, "1.03"};
    return fields;
  }

  pipeline::testing::FakeEventLog log_{1};
  OpenStore store_;
  OneFarm herd_;
  pipeline::testing::EmptyOperations operations_;
  FarmMaker maker_{{store_, log_, log_, herd_, operations_}};
  std::string message_;
};

TEST_F(FarmMakerTest, WhatTheRulesRefuseIsNotSent) {
  auto farm = Hill();
  farm.time_zone = {Kind::kText, "Mars/Olympus"};
  EXPECT_EQ(Put(farm), ErrorCode::kInvalidInput);
  EXPECT_NE(message_.find("writing the farm hill: time_zone is"), std::string::npos) << message_;
  EXPECT_TRUE(log_.Messages({Topic::kFarms, 0}).empty());
}

TEST_F(FarmMakerTest, WhereTheLogRefusesItNothingIsDone) {
  log_.refuse_with = Error(ErrorCode::kUnavailable, "full");
  EXPECT_EQ(Put(Hill()), ErrorCode::kUnavailable);
  EXPECT_EQ(message_, "writing the farm hill: full");
}

TEST_F(FarmMakerTest, AClosedFarmOpensAgainAsItWas) {
  Know(log_.clock);
  EXPECT_EQ(CodeOf(maker_.Change(Only(&herd::FarmFields::name, {Kind::kText, "x"}))),
            ErrorCode::kConflict);
  EXPECT_NE(message_.find("`herdflow farm create hill` opens it again"), std::string::npos);
  const auto farm = maker_.Create(Only(&herd::FarmFields::litre_max, {Kind::kNumber, "70"}));
  ASSERT_TRUE(farm);
  EXPECT_EQ(Newest(), R"({"id":"hill","name":"Hill","time_zone":"Europe/Berlin","litre_min":0,)"
                      R"("litre_max":70,"kilogram_min":20,"kilogram_max":1500,)"
                      R"("milk_density":1.03})");
  EXPECT_FALSE(farm->closed_at);
  EXPECT_EQ(farm->rules.time_zone, "Europe/Berlin");
  EXPECT_EQ(farm->rules.bounds.litre_max, 70 * herd::kMillion);
  Know();
  EXPECT_EQ(CodeOf(maker_.Create(Hill())), ErrorCode::kConflict);
  EXPECT_NE(message_.find("there is one"), std::string::npos) << message_;
}

TEST_F(FarmMakerTest, WhatTheLogSaysOfTheFarmIsKnownThoughNobodyHasJudgedItYet) {
  Know();
  const auto put = [this](std::string value) {
    log_.clock += std::chrono::seconds(1);
    log_.Put({Topic::kFarms, 0}, log_.clock, "key", std::move(value));
  };
  put(R"({"id":"hill","name":"Hill Two","litre_max":90})");
  put(R"({"id":"valley","name":"Valley"})");
  put(R"({"id":"hill","name":""})");
  // While the herd book is waited for, as another process writes it.
  store_.during = [&] { put(R"({"id":"hill","name":"Hill Three","kilogram_max":900})"); };
  const auto farm = maker_.Change(Only(&herd::FarmFields::litre_min, {Kind::kNumber, "1"}));
  ASSERT_TRUE(farm);
  EXPECT_EQ(Newest(), R"({"id":"hill","name":"Hill Three","time_zone":"UTC","litre_min":1,)"
                      R"("litre_max":60,"kilogram_min":20,"kilogram_max":900,)"
                      R"("milk_density":1.031})");
  EXPECT_EQ(farm->name, "Hill Three");
  EXPECT_THAT(store_.merged, ::testing::ElementsAre("Hill Two", "Hill Three", "Hill Three"));
  store_.during = [&] { put(R"({"id":"hill","deleted":true})"); };
  EXPECT_EQ(CodeOf(maker_.Change(Hill())), ErrorCode::kConflict);
}

TEST_F(FarmMakerTest, ThereHasToBeAFarmToCloseOrChange) {
  EXPECT_EQ(CodeOf(maker_.Close("hill")), ErrorCode::kNotFound);
  EXPECT_NE(message_.find("there is no farm 'hill'"), std::string::npos) << message_;
  EXPECT_EQ(Put(Only(&herd::FarmFields::deleted, {Kind::kTrue, {}})), ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf(maker_.Change(Hill())), ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf(maker_.Close("Hill")), ErrorCode::kInvalidInput);
  EXPECT_TRUE(log_.Messages({Topic::kFarms, 0}).empty());
}

TEST_F(FarmMakerTest, AFarmIsClosedOnceAndKeepsWhatIsKnownOfIt) {
  Know();
  const auto closed = maker_.Close("hill");
  ASSERT_TRUE(closed);
  EXPECT_EQ(closed->closed_at, log_.clock);
  EXPECT_EQ(closed->name, "Hill");
  EXPECT_EQ(closed->rules.time_zone, "Europe/Berlin");
  EXPECT_EQ(Newest(), R"({"id":"hill","deleted":true})");
  Know(log_.clock);
  log_.refuse_with = Error(ErrorCode::kUnavailable, "full");
  EXPECT_TRUE(maker_.Close("hill"));
}

TEST_F(FarmMakerTest, TellsWhatWasWrittenWhateverIsKnownThen) {
  Know();
  const auto put = maker_.Put(Hill());
  ASSERT_TRUE(put);
  EXPECT_EQ(put->rules.time_zone, "UTC");
  EXPECT_EQ(put->rules.density_millionths, 1'030'000);
  EXPECT_EQ(put->rules_version, herd::RulesVersion(put->rules));
  EXPECT_EQ(put->updated_at, log_.clock);
}

TEST_F(FarmMakerTest, WhereOnlyTheLogHasItItMayHaveHappened) {
  store_.commit = Fail(ErrorCode::kUnavailable, "locked");
  EXPECT_EQ(Put(Hill()), ErrorCode::kTimeout);
  EXPECT_NE(message_.find("it is in the log"), std::string::npos) << message_;
  const auto& messages = log_.Messages({Topic::kFarms, 0});
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_EQ(messages[0].key, "hill");
  EXPECT_EQ(messages[0].value, R"({"id":"hill","name":"Hill","milk_density":1.03})");
}

}  // namespace
}  // namespace herdflow::intake
