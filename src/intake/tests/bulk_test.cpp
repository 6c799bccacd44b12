#include "herdflow/intake/bulk.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <utility>

#include "herdflow/herd/farm.hpp"

namespace herdflow::intake {
namespace {

using pipeline::AppendOutcome;
using End = BulkResult::End;

/// Answers when it is told to.
class HeldWriter final : public pipeline::EventWriter {
 public:
  void Append(pipeline::Topic, pipeline::EventBatch batch, pipeline::Completion done) override {
    waiting.push_back({std::move(batch), std::move(done)});
    if (answers_at_once) AnswerOne();
  }
  void AnswerOne(AppendOutcome::Kind kind = AppendOutcome::Kind::kDurable,
                 ErrorCode code = ErrorCode::kUnavailable) {
    auto [events, done] = std::move(waiting.front());
    waiting.pop_front();
    std::vector<AppendOutcome> outcomes;
    for (const auto& event : events) {
      AppendOutcome outcome;
      outcome.kind = kind;
      outcome.partition = static_cast<std::int32_t>(event.key.size() % 2);
      outcome.offset = next_offset[static_cast<std::size_t>(outcome.partition)]++;
      if (kind != AppendOutcome::Kind::kDurable) outcome.error = Error(code, "as the test says");
      outcomes.push_back(std::move(outcome));
      keys.push_back(event.key);
    }
    done(std::move(outcomes));
  }

  struct Held {
    pipeline::EventBatch events;
    pipeline::Completion done;
  };
  std::deque<Held> waiting;
  bool answers_at_once = true;
  std::array<std::int64_t, 2> next_offset{};
  std::vector<std::string> keys;
};

/// Says what it is told to, when it is told to.
class HeldFarms final : public FarmBook {
 public:
  void Find(std::string_view farm, Found found) override {
    if (farm == herd::kDefaultFarm) return found(FarmState::kOpen);
    waiting.push_back([this, farm = std::string(farm), found = std::move(found)] {
      if (failure) return found(Fail(*failure));
      const auto known = states.find(farm);
      found(known == states.end() ? FarmState::kUnknown : known->second);
    });
    if (answers_at_once) AnswerAll();
  }
  void AnswerAll() {
    for (const auto& answer : std::exchange(waiting, {})) answer();
  }

  std::map<std::string, FarmState, std::less<>> states{{"hill", FarmState::kOpen},
                                                       {"old", FarmState::kClosed}};
  std::optional<Error> failure;
  std::vector<std::function<void()>> waiting;
  bool answers_at_once = true;
};

std::string Of(std::string_view farm, std::string_view id) {
  return fmt::format(R"({{"id":"{}","name":"B","farm":"{}"}})", id, farm);
}

std::string Cow(std::string_view id) { return fmt::format(R"({{"id":"{}","name":"B"}})", id); }

class BulkTest : public ::testing::Test {
 protected:
  void Begin(BulkForm form) {
    BulkOptions options;
    options.topic = pipeline::Topic::kCows;
    options.form = form;
    options.farm = farm_;
    bulk_ = Bulk::Make({writer_, farms_}, options, [this](BulkResult result) {
      EXPECT_FALSE(result_) << "told twice";
      result_ = std::move(result);
    });
  }
  BulkResult Send(BulkForm form, std::string_view body) {
    Begin(form);
    bulk_->Take(body, [this] { ++asked_for_more_; });
    bulk_->Finish();
    return Told();
  }
  BulkResult Told() {
    if (result_) return *std::exchange(result_, std::nullopt);
    ADD_FAILURE() << "nothing was told";
    return {};
  }
  static std::string Text(const ItemRejections& list) {
    std::vector<std::string> texts;
    for (const auto& [index, rejection] : list.first) {
      texts.push_back(fmt::format("{} {} {}", index, rejection.field, herd::Name(rejection.code)));
    }
    return fmt::format("{}{}", fmt::join(texts, ", "),
                       list.left_out == 0 ? "" : fmt::format(" +{}", list.left_out));
  }

  HeldWriter writer_;
  HeldFarms farms_;
  std::string farm_;  ///< Of the path.
  std::shared_ptr<Bulk> bulk_;
  std::optional<BulkResult> result_;
  int asked_for_more_ = 0;
};

TEST_F(BulkTest, GoodItemsAreTakenAndEachOtherOneIsNamed) {
  const auto result = Send(BulkForm::kJson, fmt::format(R"([{},{{"name":"B"}},7,{},{{"id":" x"}}])",
                                                        Cow("a"), Cow("bb")));
  EXPECT_EQ(result.end, End::kWhole);
  EXPECT_EQ(result.items, 5);
  EXPECT_EQ(result.accepted, 2);
  EXPECT_EQ(result.refused, 3);
  EXPECT_EQ(Text(result.refusals), "1 id missing, 2  bad_json, 4 id bad_characters");
  EXPECT_EQ(writer_.keys, (std::vector<std::string>{"a", "bb"}));
}

TEST_F(BulkTest, WarningsNameTheirItem) {
  const auto result = Send(BulkForm::kLines, Cow("a") + "\n{\"id\":\"b\"}\n");
  EXPECT_EQ(result.accepted, 2);
  EXPECT_EQ(Text(result.warnings), "1 name missing");
}

TEST_F(BulkTest, PositionsAreRangesByPartition) {
  std::string body;
  for (int i = 0; i < 2'500; ++i) body += Cow(i % 3 == 0 ? "a" : "bb") + "\n";
  const auto result = Send(BulkForm::kLines, body);
  EXPECT_EQ(result.accepted, 2'500);
  ASSERT_EQ(result.positions.size(), 2U);
  EXPECT_EQ(result.positions.at(1), (std::vector<pipeline::OffsetRange>{{0, 834}}));
  EXPECT_EQ(result.positions.at(0), (std::vector<pipeline::OffsetRange>{{0, 1'666}}));
}

TEST_F(BulkTest, ListsAreCappedAndTheRestIsCounted) {
  std::string body;
  for (int i = 0; i < 1'500; ++i) body += "x\n";
  const auto result = Send(BulkForm::kLines, body);
  EXPECT_EQ(result.accepted, 0);
  EXPECT_EQ(result.refused, 1'500);
  EXPECT_EQ(result.refusals.first.size(), 1'000U);
  EXPECT_EQ(result.refusals.left_out, 500);
}

TEST_F(BulkTest, WhatIsNoObjectIsCountedAsAnyOtherOnceTheListIsFull) {
  std::string body;
  for (int i = 0; i < 1'000; ++i) body += "x\n";
  const auto result = Send(
      BulkForm::kLines, body + "7\n[]\n" + Cow("a") + "\n\xEF\xBB\xBF" + Cow("b") + "\n{}\n\"x\"");
  EXPECT_EQ(result.items, 1'006);
  EXPECT_EQ(result.accepted, 2);
  EXPECT_EQ(result.refused, 1'004);
  EXPECT_EQ(result.refusals.left_out, 4);
}

TEST_F(BulkTest, WhatIsNoListEndsThereAndWhatCameBeforeStays) {
  const auto result = Send(BulkForm::kJson, "[" + Cow("a") + "," + Cow("b") + ",,");
  EXPECT_EQ(result.end, End::kBroken);
  EXPECT_EQ(result.error->message(), ", stands where an item was expected");
  EXPECT_EQ(result.items, 2);
  EXPECT_EQ(result.accepted, 2);
}

TEST_F(BulkTest, AsMuchAsTheLogTakesIsInFlightAndNoMore) {
  writer_.answers_at_once = false;
  Begin(BulkForm::kLines);
  std::string thousand;
  for (int i = 0; i < 1'000; ++i) thousand += Cow("a") + "\n";
  const auto more = [this] { ++asked_for_more_; };
  for (int i = 0; i < 4; ++i) bulk_->Take(thousand, more);
  EXPECT_EQ(asked_for_more_, 3);
  EXPECT_EQ(writer_.waiting.size(), 4U);
  writer_.AnswerOne();
  EXPECT_EQ(asked_for_more_, 4);
  bulk_->Finish();
  EXPECT_FALSE(result_);
  while (!writer_.waiting.empty()) writer_.AnswerOne();
  EXPECT_EQ(Told().accepted, 4'000);
}

TEST_F(BulkTest, WhatTheLogDoesNotTakeEndsItAndWhatIsDurableIsCounted) {
  for (const auto& [kind, end] : {std::pair{AppendOutcome::Kind::kRefused, End::kRefused},
                                  std::pair{AppendOutcome::Kind::kUnknown, End::kUnknown}}) {
    writer_.answers_at_once = false;
    Begin(BulkForm::kLines);
    std::string thousand;
    for (int i = 0; i < 1'000; ++i) thousand += Cow("a") + "\n";
    bulk_->Take(thousand + thousand, [] {});
    writer_.AnswerOne();
    writer_.AnswerOne(kind);
    auto result = Told();
    EXPECT_EQ(result.end, end);
    EXPECT_EQ(result.accepted, 1'000);
    EXPECT_TRUE(result.error);
    bulk_->Take(thousand, [] { ADD_FAILURE() << "nothing more is wanted"; });
    bulk_->Finish();
    EXPECT_TRUE(writer_.waiting.empty());
    EXPECT_FALSE(result_);
  }
}

TEST_F(BulkTest, WhoLeavesIsToldAtOnceWhatIsKnown) {
  for (const bool is_whole : {false, true}) {
    writer_.answers_at_once = false;
    Begin(BulkForm::kLines);
    std::string thousand;
    for (int i = 0; i < 1'000; ++i) thousand += Cow("a") + "\n";
    bulk_->Take(thousand + thousand + "7\n" + Cow("b") + "\n", [] {});
    writer_.AnswerOne();
    if (is_whole) bulk_->Finish();
    EXPECT_FALSE(result_);
    bulk_->Leave();
    const auto result = Told();
    EXPECT_EQ(result.end, End::kUnknown);
    EXPECT_EQ(result.error->code(), ErrorCode::kTimeout);
    EXPECT_EQ(result.items, 2'002);
    EXPECT_EQ(result.accepted, 1'000);
    EXPECT_EQ(Text(result.refusals), "2000  bad_json");
    while (!writer_.waiting.empty()) writer_.AnswerOne();
    bulk_->Take(thousand, [] { ADD_FAILURE() << "nothing more is wanted"; });
    bulk_->Leave();
    EXPECT_TRUE(writer_.waiting.empty());
    EXPECT_FALSE(result_);
  }
}

TEST_F(BulkTest, WhoLeavesWhileNothingIsOnItsWayKnowsThatNothingMoreHappens) {
  Begin(BulkForm::kLines);
  bulk_->Take(Cow("a") + "\n", [] {});
  bulk_->Leave();
  const auto result = Told();
  EXPECT_EQ(result.end, End::kRefused);
  EXPECT_EQ(result.accepted, 0);
  EXPECT_TRUE(writer_.keys.empty());
}

TEST_F(BulkTest, WhatWaitsForAFarmIsNotSentAfterSomebodyLeft) {
  farms_.answers_at_once = false;
  Begin(BulkForm::kLines);
  bulk_->Take(Of("hill", "a") + "\n", [] {});
  bulk_->Finish();
  bulk_->Leave();
  EXPECT_EQ(Told().end, End::kUnknown);
  farms_.AnswerAll();
  EXPECT_TRUE(writer_.keys.empty());
}

TEST_F(BulkTest, WhatIsTooLargeForTheTopicIsRefusedAlone) {
  writer_.answers_at_once = false;
  Begin(BulkForm::kJson);
  bulk_->Take(Cow("a"), [] {});
  bulk_->Finish();
  writer_.AnswerOne(AppendOutcome::Kind::kRefused, ErrorCode::kInvalidInput);
  const auto result = Told();
  EXPECT_EQ(result.end, End::kWhole);
  EXPECT_EQ(Text(result.refusals), "0  too_long");
}

TEST_F(BulkTest, ItemsOfUnknownAndClosedFarmsAreNamedAndTheRestGoesOn) {
  const auto result =
      Send(BulkForm::kLines, fmt::format("{}\n{}\n{}\n{}\n{}\n", Cow("a"), Of("nowhere", "b"),
                                         Of("hill", "c"), Of("old", "d"), Of("hill", "e")));
  EXPECT_EQ(result.end, End::kWhole);
  EXPECT_EQ(result.accepted, 3);
  EXPECT_EQ(result.refused, 2);
  EXPECT_EQ(Text(result.refusals), "1 farm unknown_farm, 3 farm closed_farm");
  EXPECT_EQ(writer_.keys, (std::vector<std::string>{"a", "hill/c", "hill/e"}));
}

TEST_F(BulkTest, TheFarmOfThePathIsThatOfEachItem) {
  farm_ = "hill";
  const auto result =
      Send(BulkForm::kLines, Cow("a") + "\n" + Of("hill", "b") + "\n" + Of("old", "c"));
  EXPECT_EQ(result.accepted, 2);
  EXPECT_EQ(Text(result.refusals), "2 farm other_farm");
  EXPECT_EQ(writer_.keys, (std::vector<std::string>{"hill/a", "hill/b"}));
}

TEST_F(BulkTest, WhereTheFarmOfThePathTakesNothingThatIsToldWhateverTheBody) {
  for (const std::string& body : {Cow("a"), std::string("[]"), std::string("[,"), std::string()}) {
    for (const bool at_once : {true, false}) {
      farms_.answers_at_once = at_once;
      for (const auto& [farm, state] :
           {std::pair("nowhere", FarmState::kUnknown), std::pair("old", FarmState::kClosed)}) {
        farm_ = farm;
        Begin(BulkForm::kJson);
        if (!at_once) {
          bulk_->Take(body, [] {});
          bulk_->Finish();
          EXPECT_FALSE(result_) << body;
          farms_.AnswerAll();
        }
        const auto result = Told();
        EXPECT_EQ(result.end, End::kNoFarm) << body;
        EXPECT_EQ(result.farm, state);
      }
    }
  }
  EXPECT_TRUE(writer_.keys.empty());
}

TEST_F(BulkTest, WhatComesAfterAFarmThatIsLookedForWaitsBehindIt) {
  farms_.answers_at_once = false;
  Begin(BulkForm::kLines);
  std::string thousand;
  for (int i = 0; i < 999; ++i) thousand += Cow("d") + "\n";
  const auto more = [this] { ++asked_for_more_; };
  for (int i = 0; i < 4; ++i)
    bulk_->Take((i == 0 ? Of("hill", "h") : Cow("d")) + "\n" + thousand, more);
  EXPECT_TRUE(writer_.keys.empty());
  EXPECT_EQ(asked_for_more_, 3);  // As much as may be in flight waits; no more is asked for.
  bulk_->Finish();
  EXPECT_FALSE(result_);
  farms_.AnswerAll();
  EXPECT_EQ(Told().accepted, 4'000);
  EXPECT_EQ(writer_.keys.front(), "hill/h");
}

TEST_F(BulkTest, AFarmThatNobodyCanLookForEndsItAndNothingOfItsBatchIsSent) {
  farms_.failure = Error(ErrorCode::kUnavailable, "no store");
  const auto result = Send(BulkForm::kLines, Cow("a") + "\n" + Of("hill", "b"));
  EXPECT_EQ(result.end, End::kRefused);
  EXPECT_EQ(result.error->message(), "no store");
  EXPECT_EQ(result.accepted, 0);
  EXPECT_TRUE(writer_.keys.empty());
}

TEST_F(BulkTest, ABodyThatIsCutWhileAFarmIsLookedForHasWhatCame) {
  farms_.answers_at_once = false;
  Begin(BulkForm::kLines);
  bulk_->Take(Of("hill", "a") + "\n" + Of("old", "b") + "\n", [] {});
  bulk_->Cut();
  EXPECT_FALSE(result_);
  farms_.AnswerAll();
  const auto result = Told();
  EXPECT_EQ(result.end, End::kCut);
  EXPECT_EQ(result.accepted, 1);
  EXPECT_EQ(result.refused, 1);
}

TEST_F(BulkTest, ABodyThatIsCutHasWhatCame) {
  Begin(BulkForm::kLines);
  bulk_->Take(Cow("a") + "\n" + Cow("b") + "\n{\"id\":", [] {});
  bulk_->Cut();
  const auto result = Told();
  EXPECT_EQ(result.end, End::kCut);
  EXPECT_EQ(result.accepted, 2);
  EXPECT_EQ(result.items, 2);
}

}  // namespace
}  // namespace herdflow::intake
