#include "made_answers.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <latch>
#include <stdexcept>
#include <thread>

#include "api_fixture.hpp"
#include "herdflow/api/backend.hpp"
#include "pages.hpp"

namespace herdflow::api {
namespace {

using http::Request;
using http::Response;

/// A thing whose answer is its text, and whose state a test raises.
class MadeAnswersTest : public testing::Test {
 protected:
  Prepared Prepare(const std::string& subject) {
    ++prepared_;
    if (refusal_) return *refusal_;
    return Recipe{subject, std::to_string(state_.load()), [this] {
                    ++made_;
                    if (while_making_) while_making_();
                    if (failure_) return *failure_;
                    return http::JsonResponse(200, text_);
                  }};
  }

  Response Ask(std::vector<http::NamedText> headers = {}, const std::string& subject = "it") {
    Request request;
    request.headers = std::move(headers);
    std::optional<Response> got;
    answers_->Answer(
        request, [&](Response response) { got = std::move(response); },
        [&] { return Prepare(subject); });
    EXPECT_TRUE(got);
    return got.value_or(Response{});
  }

  static std::string HeaderOf(const Response& response, std::string_view name) {
    for (const auto& [key, value] : response.headers) {
      if (key == name) return value;
    }
    return {};
  }
  static std::string TagOf(const Response& response) { return HeaderOf(response, "ETag"); }

  void Limit(MadeAnswers::Limits limits) { answers_ = std::make_unique<MadeAnswers>(limits); }

  std::unique_ptr<MadeAnswers> answers_ = std::make_unique<MadeAnswers>(MadeAnswers::Limits{});
  std::atomic<int> state_{1}, prepared_{0}, made_{0};
  std::string text_ = "\"old\"";
  std::function<void()> while_making_;
  std::optional<Response> failure_, refusal_;
};

TEST_F(MadeAnswersTest, TheSecondAskerGetsWhatWasMadeForTheFirst) {
  const Response first = Ask();
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(first.body, "\"old\"");
  EXPECT_EQ(first.content_type, "application/json");
  EXPECT_EQ(HeaderOf(first, "Cache-Control"), "private, no-cache");
  EXPECT_EQ(HeaderOf(first, "Vary"), "Accept-Encoding");
  EXPECT_TRUE(TagOf(first).starts_with("W/\"")) << TagOf(first);
  EXPECT_EQ(prepared_, 2);
  const Response second = Ask();
  EXPECT_EQ(second.body, first.body);
  EXPECT_EQ(second.headers, first.headers);
  EXPECT_EQ(made_, 1);
  EXPECT_EQ(prepared_, 3);  // One look-up.
}

TEST_F(MadeAnswersTest, AChangeIsSeenByTheNextAskerAndHasAnotherTag) {
  const Response before = Ask();
  text_ = "\"new\"";
  ++state_;
  const Response after = Ask();
  EXPECT_EQ(after.body, "\"new\"");
  EXPECT_NE(TagOf(after), TagOf(before));
  EXPECT_EQ(Ask().body, "\"new\"");
  EXPECT_EQ(made_, 2);
}

TEST_F(MadeAnswersTest, WhoHasItGetsA304WithoutThatItIsMade) {
  const std::string tag = TagOf(Ask());
  answers_ = std::make_unique<MadeAnswers>(MadeAnswers::Limits{});  // Another process.
  for (const std::string& has : {tag, tag.substr(2), "\"other\", " + tag}) {
    const Response response = Ask({{"If-None-Match", has}});
    EXPECT_EQ(response.status, 304) << has;
    EXPECT_EQ(response.body, "");
    EXPECT_EQ(response.content_type, "");
    EXPECT_EQ(TagOf(response), tag);
    EXPECT_EQ(HeaderOf(response, "Cache-Control"), "private, no-cache");
    EXPECT_EQ(HeaderOf(response, "Vary"), "Accept-Encoding");
  }
  EXPECT_EQ(made_, 1);
  ++state_;
  EXPECT_EQ(Ask({{"If-None-Match", tag}}).status, 200);
  EXPECT_EQ(Ask({{"If-None-Match", "\"other\""}}).status, 200);
}

TEST_F(MadeAnswersTest, AStarIsA304WhereThereIsAnAnswer) {
  failure_ = http::JsonResponse(404, "{}");
  EXPECT_EQ(Ask({{"If-None-Match", "*"}}).status, 404);
  failure_.reset();
  EXPECT_EQ(Ask({{"If-None-Match", "*"}}).status, 304);
  EXPECT_EQ(Ask({{"If-None-Match", "*"}}).status, 304);
  EXPECT_EQ(made_, 2);
}

TEST_F(MadeAnswersTest, FailuresAndRefusalsAreNeverKept) {
  for (const int status : {404, 500, 503}) {
    failure_ = http::JsonResponse(status, "{}");
    const int before = made_;
    EXPECT_EQ(Ask().status, status);
    EXPECT_EQ(Ask().status, status);
    EXPECT_EQ(TagOf(Ask()), "");
    EXPECT_EQ(made_, before + 3);
  }
  EXPECT_EQ(answers_->bytes(), 0U);
  refusal_ = http::JsonResponse(400, "{}");
  EXPECT_EQ(Ask().status, 400);
  refusal_.reset();
  failure_.reset();
  EXPECT_EQ(Ask().status, 200);
}

TEST_F(MadeAnswersTest, WhatChangedWhileItWasMadeHasNoTagAndIsNotKept) {
  while_making_ = [this] { ++state_; };
  const Response response = Ask();
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(TagOf(response), "");
  EXPECT_EQ(HeaderOf(response, "Cache-Control"), "");
  EXPECT_EQ(answers_->bytes(), 0U);
  while_making_ = nullptr;
  EXPECT_NE(TagOf(Ask()), "");
  EXPECT_EQ(made_, 2);
}

TEST_F(MadeAnswersTest, TenAskersAreOneComputation) {
  constexpr int kAskers = 10;
  std::mutex mutex;
  std::condition_variable changed;
  int answered = 0;
  std::vector<std::string> bodies;
  const auto ask = [&] {
    answers_->Answer(
        {},
        [&](const Response& response) {
          const std::lock_guard lock(mutex);
          bodies.push_back(response.body);
          ++answered;
          changed.notify_all();
        },
        [&] { return Prepare("it"); });
  };
  // The others ask while the first one's is made, from its own thread: none of them waits.
  while_making_ = [&] {
    for (int i = 1; i < kAskers; ++i) ask();
    const std::lock_guard lock(mutex);
    EXPECT_EQ(answered, 0);
  };
  ask();
  EXPECT_EQ(made_, 1);
  EXPECT_EQ(bodies, std::vector<std::string>(kAskers, "\"old\""));
}

TEST_F(MadeAnswersTest, WhoAsksAfterAChangeDoesNotWaitForWhatWasBefore) {
  std::string later;
  while_making_ = [&] {
    while_making_ = nullptr;
    ++state_;
    text_ = "\"new\"";
    later = Ask().body;
  };
  Ask();
  EXPECT_EQ(later, "\"new\"");
  EXPECT_EQ(made_, 2);
}

TEST_F(MadeAnswersTest, AnExceptionLeavesNobodyWaiting) {
  bool is_gone = false;
  while_making_ = [&] {
    const auto alive = std::shared_ptr<int>(new int(0), [&](const int* number) {
      is_gone = true;
      delete number;
    });
    answers_->Answer(
        {}, [alive](const Response&) {}, [&] { return Prepare("it"); });
    throw std::runtime_error("no memory");
  };
  EXPECT_THROW(Ask(), std::runtime_error);
  EXPECT_TRUE(is_gone);  // The server answers for a Respond that is gone.
  while_making_ = nullptr;
  EXPECT_EQ(Ask().status, 200);
}

TEST_F(MadeAnswersTest, IsPackedForWhoTakesItAndWhereItGains) {
  EXPECT_EQ(HeaderOf(Ask({{"Accept-Encoding", "gzip"}}), "Content-Encoding"), "");
  text_ = std::string(100'000, 'a');
  ++state_;
  const Response plain = Ask();
  EXPECT_EQ(plain.body, text_);
  const std::size_t before = answers_->bytes();
  const Response packed = Ask({{"Accept-Encoding", "gzip"}});
  EXPECT_EQ(HeaderOf(packed, "Content-Encoding"), "gzip");
  EXPECT_LT(packed.body.size(), 1'000U);
  EXPECT_EQ(TagOf(packed), TagOf(plain));
  EXPECT_EQ(answers_->bytes(), before + packed.body.size());
  EXPECT_EQ(Ask({{"Accept-Encoding", "gzip"}}).body, packed.body);
  EXPECT_EQ(answers_->bytes(), before + packed.body.size());
  EXPECT_EQ(HeaderOf(Ask({{"Accept-Encoding", "gzip;q=0"}}), "Content-Encoding"), "");
  EXPECT_EQ(made_, 2);
}

TEST_F(MadeAnswersTest, WhatIsKeptIsBoundedAndTheLongestUnaskedGoesFirst) {
  Limit({.bytes = 100'000});
  text_ = std::string(30'000, 'a');
  Ask({}, "a");
  Ask({}, "b");
  Ask({}, "c");
  EXPECT_EQ(made_, 3);
  Ask({}, "a");
  EXPECT_EQ(made_, 3);
  Ask({}, "d");  // b goes.
  EXPECT_LE(answers_->bytes(), 100'000U);
  Ask({}, "a");
  Ask({}, "c");
  EXPECT_EQ(made_, 4);
  Ask({}, "b");
  EXPECT_EQ(made_, 5);
  text_ = std::string(60'000, 'a');
  Ask({}, "large");
  Ask({}, "large");  // More than half: not kept.
  EXPECT_EQ(made_, 7);
}

TEST_F(MadeAnswersTest, OfASubjectTheNewestStateAloneIsKept) {
  text_ = std::string(10'000, 'a');
  Ask();
  const std::size_t one = answers_->bytes();
  for (int i = 0; i < 50; ++i) {
    ++state_;
    Ask();
  }
  EXPECT_LE(answers_->bytes(), one + 100);
}

TEST_F(MadeAnswersTest, ManyThreadsThroughChangesAlwaysGetTheNewestOrNewer) {
  std::atomic<int> shown{0};
  std::atomic<bool> ends{false};
  const auto prepare = [&]() -> Prepared {
    return Recipe{"it", std::to_string(shown.load()),
                  [&] { return http::JsonResponse(200, std::to_string(shown.load())); }};
  };
  std::atomic<int> stale{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      while (!ends) {
        const int committed = shown;
        std::latch answered(1);
        answers_->Answer(
            {},
            [&](const Response& response) {
              if (std::stoi(response.body) < committed) ++stale;
              answered.count_down();
            },
            prepare);
        answered.wait();
      }
    });
  }
  for (int i = 0; i < 2'000; ++i) {
    ++shown;
    std::this_thread::yield();
  }
  ends = true;
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(stale, 0);
}

/// Through a real server: what a client sees.
class MadeRoutesTest : public testing::Test {
 protected:
  Port Start() {
    return Port(BackendRoutes({queries_,
                               queries_,
                               queries_,
                               [](const intake::NewCow&) { return pipeline::CowView(); },
                               [](const herd::FarmFields&) { return pipeline::FarmView(); },
                               [this](std::string_view) { return FarmDay{today_}; },
                               herd::HealthRule{},
                               ledger_,
                               orchestration::Definitions({}),
                               {}}),
                BackendDocument());
  }
  static std::string Head(std::string_view headers) {
    return fmt::format("HEAD /generate-report/2024-04-07 HTTP/1.1\r\nHost: 127.0.0.1\r\n{}\r\n",
                       headers);
  }

  FakeQueries queries_;
  FakeLedger ledger_;
  std::atomic<std::int32_t> today_{19822};  // 2024-04-09
};

constexpr const char* kAnswered[] = {"/generate-report/2024-04-07",
                                     "/api/v1/farms/default/generate-report/2024-04-07",
                                     "/cows/c-1",
                                     "/api/v1/farms/default/cows/c-1",
                                     "/api/v1/farms",
                                     "/api/v1/farms/default"};

TEST_F(MadeRoutesTest, WhoComesBackGetsA304UntilARevisionRises) {
  queries_.cows[{"default", "c-1"}] = {.id = "c-1",
                                       .name = "Bella",
                                       .birthdate = {},
                                       .created_at = {},
                                       .retired_at = {},
                                       .latest_sensor_data = {}};
  const Port port = Start();
  for (const char* path : kAnswered) {
    SCOPED_TRACE(path);
    const auto first = port.Get(path);
    const std::string tag = first.Header("etag");
    EXPECT_EQ(first.Header("cache-control"), "private, no-cache");
    const std::string has = "If-None-Match: " + tag + "\r\n";
    const auto again = port.Get(path, has);
    EXPECT_EQ(again.status, 304);
    EXPECT_EQ(again.Header("etag"), tag);
    EXPECT_EQ(again.body, "");
    ++queries_.revision;
    EXPECT_EQ(port.Get(path, has).status, 200);
  }
}

TEST_F(MadeRoutesTest, HeadSaysWhatGetWouldAndHasNoBody) {
  const Port port = Start();
  const auto get = port.Get("/generate-report/2024-04-07");
  http_testing::Connection connection(port.number());
  ASSERT_TRUE(connection.Send(Head("")));
  const auto head = connection.Read(true);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->status, 200);
  for (const char* name : {"etag", "content-length", "content-type", "cache-control", "vary"}) {
    EXPECT_EQ(head->Header(name), get.Header(name)) << name;
  }
  ASSERT_TRUE(connection.Send(Head("If-None-Match: " + get.Header("etag") + "\r\n")));
  EXPECT_EQ(connection.Read(true).value_or(http_testing::Answer{}).status, 304);
}

TEST_F(MadeRoutesTest, MidnightChangesTheDayThatEndsAndNoOtherOne) {
  const Port port = Start();
  const std::string past = port.Get("/generate-report/2024-04-08").Header("etag");
  const auto today = port.Get("/generate-report/2024-04-09");
  ++today_;
  EXPECT_EQ(port.Get("/generate-report/2024-04-08").Header("etag"), past);
  const auto yesterday = port.Get("/generate-report/2024-04-09");
  EXPECT_NE(yesterday.Header("etag"), today.Header("etag"));
  EXPECT_NE(yesterday.body, today.body);
}

}  // namespace
}  // namespace herdflow::api
