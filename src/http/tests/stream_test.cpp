// Bodies that are taken piece by piece.

#include <fmt/format.h>

#include <deque>

#include "packed.hpp"
#include "server_fixture.hpp"

namespace herdflow::http {
namespace {

using http_testing::Connection;
using http_testing::Get;
using http_testing::Post;
using std::chrono::milliseconds;

std::string_view Name(CutShort why) {
  switch (why) {
    case CutShort::kGone:
      return "gone";
    case CutShort::kUnfinished:
      return "unfinished";
    case CutShort::kSilent:
      return "silent";
    case CutShort::kBroken:
      return "broken";
    case CutShort::kSlow:
      return "slow";
    case CutShort::kStopping:
      return "stopping";
  }
  return "";
}

/// What became of the bodies, and when the next piece may come.
struct Taken {
  std::mutex mutex;
  std::string text;
  std::deque<std::function<void()>> more;
  bool holds_back = false;
  bool is_silent = false;  ///< Once it is whole.

  std::size_t size() {
    const std::lock_guard lock(mutex);
    return text.size();
  }
  void WaitForText(std::string_view end) {
    for (;;) {
      {
        const std::lock_guard lock(mutex);
        if (text.ends_with(end)) return;
      }
      std::this_thread::sleep_for(milliseconds(1));
    }
  }
  void LetGoOn() {
    const std::lock_guard lock(mutex);
    holds_back = false;
    for (auto& each : std::exchange(more, {})) each();
  }
};

/// Answers with what came; at a `!` at once. Throws at a `?`.
class Noting final : public BodySink {
 public:
  Noting(std::shared_ptr<Taken> taken, Respond respond)
      : taken_(std::move(taken)), respond_(std::move(respond)) {}

  void Take(std::string_view bytes, std::function<void()> more) override {
    if (bytes.find('?') != std::string_view::npos) throw std::runtime_error("/var/lib/secret");
    {
      const std::lock_guard lock(taken_->mutex);
      taken_->text += bytes;
      if (taken_->holds_back) {
        taken_->more.push_back(std::move(more));
        return;
      }
    }
    if (bytes.find('!') != std::string_view::npos) return Answer(422, "enough");
    more();
  }
  void Finish() override {
    if (!taken_->is_silent) Answer(200, "whole");
  }
  void Cut(CutShort why) override {
    if (why == CutShort::kGone) {
      const std::lock_guard lock(taken_->mutex);
      taken_->text += "(gone)";
    }
    Answer(400, Name(why));
  }

 private:
  void Answer(int status, std::string_view how) {
    const std::lock_guard lock(taken_->mutex);
    respond_(JsonResponse(status, fmt::format("{} {}", how, taken_->text)));
  }

  std::shared_ptr<Taken> taken_;
  Respond respond_;
};

class StreamTest : public ServerTest {
 protected:
  void Start(const ServerOptions& options = {}) {
    auto routes = Routes();
    Route route;
    route.method = "POST";
    route.path = "/stream";
    route.stream = [this](const Request& request, Respond respond) -> std::shared_ptr<BodySink> {
      if (!request.Header("Refuse").empty()) {
        respond(JsonResponse(415, "\"refused\""));
        return nullptr;
      }
      return std::make_shared<Noting>(taken_, std::move(respond));
    };
    routes.push_back(std::move(route));
    auto server = Server::Start(options, std::move(routes));
    ASSERT_TRUE(server) << server.error().message();
    server_ = std::move(*server);
  }
  static std::string Head(std::string_view more) {
    return fmt::format("POST /stream HTTP/1.1\r\nHost: localhost\r\n{}\r\n", more);
  }
  static std::string Chunk(std::string_view bytes) {
    return fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes);
  }

  std::shared_ptr<Taken> taken_ = std::make_shared<Taken>();
};

TEST_F(StreamTest, ABodyIsTakenWholeAndTheConnectionGoesOn) {
  Start();
  Connection connection(server_->port());
  connection.Send(Post("/stream", "abc") + Get("/hello"));
  EXPECT_EQ(connection.Read()->body, "whole abc");
  EXPECT_EQ(connection.Read()->body, "\"hi\"");
  connection.Send(Head("Transfer-Encoding: chunked\r\n") + Chunk("d") + Chunk("ef") + "0\r\n\r\n");
  EXPECT_EQ(connection.Read()->body, "whole abcdef");
  connection.Send(Post("/stream", "") + Get("/hello"));
  EXPECT_EQ(connection.Read()->body, "whole abcdef");
  EXPECT_EQ(connection.Read()->body, "\"hi\"");
}

TEST_F(StreamTest, ABodyOfAnyLengthIsTakenAsItComes) {
  Start();
  Connection connection(server_->port());
  const std::string part(100'000, 'x');
  connection.Send(Head(fmt::format("Content-Length: {}\r\n", 20 * part.size())));
  for (int i = 0; i < 20; ++i) connection.Send(part);
  EXPECT_EQ(connection.Read()->body.size(), 6 + 20 * part.size());
}

TEST_F(StreamTest, NothingIsReadWhileTheSinkHoldsBack) {
  Start();
  taken_->holds_back = true;
  Connection connection(server_->port());
  connection.Send(Head("Transfer-Encoding: chunked\r\n") + Chunk("a"));
  taken_->WaitForText("a");
  connection.Send(Chunk("b"));
  std::this_thread::sleep_for(milliseconds(50));
  EXPECT_EQ(taken_->size(), 1U);
  taken_->LetGoOn();
  taken_->WaitForText("ab");
  connection.Send("0\r\n\r\n");
  EXPECT_EQ(connection.Read()->body, "whole ab");
}

TEST_F(StreamTest, AnAnswerBeforeTheEndEndsTheConnection) {
  Start();
  Connection connection(server_->port());
  connection.Send(Head("Content-Length: 100\r\n") + "a!");
  const auto answer = connection.Read();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 422);
  EXPECT_EQ(answer->Header("connection"), "close");
  EXPECT_TRUE(connection.AtEnd());
}

TEST_F(StreamTest, ASinkThatThrowsIsA500) {
  Start();
  Connection connection(server_->port());
  connection.Send(Head("Content-Length: 100\r\n") + "a?");
  const auto answer = connection.Read();
  ASSERT_TRUE(answer);
  EXPECT_EQ(Problem(*answer), "internal");
  EXPECT_EQ(answer->body.find("secret"), std::string::npos);
  EXPECT_TRUE(connection.AtEnd());
}

TEST_F(StreamTest, AnAnswerInThePlaceOfASinkIsGivenAtOnce) {
  Start();
  Connection connection(server_->port());
  connection.Send(Head("Refuse: yes\r\nContent-Length: 100\r\n"));
  EXPECT_EQ(connection.Read()->status, 415);
  EXPECT_TRUE(connection.AtEnd());
}

TEST_F(StreamTest, WhoSendsTooSlowlyIsAnsweredWithWhatCame) {
  ServerOptions options;
  options.limits.read = milliseconds(300);
  options.limits.read_bytes = 4;
  Start(options);
  Connection slow(server_->port());
  slow.Send(Head("Content-Length: 100\r\n") + "ab");
  EXPECT_EQ(slow.Read()->body, "silent ab");
  EXPECT_TRUE(slow.AtEnd());
  // Who keeps the rate has all the time there is.
  Connection steady(server_->port());
  steady.Send(Head("Content-Length: 24\r\n"));
  for (int i = 0; i < 6; ++i) {
    std::this_thread::sleep_for(milliseconds(100));
    steady.Send("cdef");
  }
  EXPECT_EQ(steady.Read()->status, 200);
}

TEST_F(StreamTest, WhatIsPackedComesAsFastAsOtherBodies) {
  ServerOptions options;
  options.limits.read = milliseconds(300);
  Start(options);
  Connection slow(server_->port());
  slow.Send(Head("Content-Length: 1000\r\nContent-Encoding: gzip\r\n"));
  for (const char c : Packed("drop by drop, each of them unpacked at once")) {
    if (!slow.Send({&c, 1})) break;
    std::this_thread::sleep_for(milliseconds(20));
  }
  const auto answer = slow.Read();
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->body.starts_with("silent ")) << answer->body;
}

TEST_F(StreamTest, WhoGoesAwayIsNoticed) {
  Start();
  Connection connection(server_->port());
  connection.Send(Head("Content-Length: 100\r\n") + "a");
  taken_->WaitForText("a");
  connection.Reset();
  taken_->WaitForText("a(gone)");
}

TEST_F(StreamTest, WhoEndsItsSideTooEarlyIsAnswered) {
  Start();
  for (const auto& request : {Head("Content-Length: 100\r\n") + "a",
                              Head("Transfer-Encoding: chunked\r\n") + Chunk("a")}) {
    taken_->text.clear();
    Connection connection(server_->port());
    connection.Send(request);
    connection.EndSending();
    const auto answer = connection.Read();
    ASSERT_TRUE(answer) << request;
    EXPECT_EQ(answer->body, "unfinished a");
    EXPECT_EQ(answer->Header("connection"), "close");
    EXPECT_TRUE(connection.AtEnd());
  }
}

TEST_F(StreamTest, ALengthThatNoMemoryHoldsTakesNone) {
  Start();
  for (const auto* length : {"99999999999999999", "9223372036854775807", "18446744073709551615"}) {
    Connection connection(server_->port());
    connection.Send(Head(fmt::format("Content-Length: {}\r\n", length)) + "a!");
    const auto answer = connection.Read();
    ASSERT_TRUE(answer) << length;
    EXPECT_EQ(answer->status, 422);
  }
}

TEST_F(StreamTest, WhereTheServerIsSlowTheClientIsNotBlamed) {
  ServerOptions options;
  options.limits.answer = milliseconds(200);
  Start(options);
  taken_->holds_back = true;
  Connection held_back(server_->port());
  held_back.Send(Head("Content-Length: 100\r\n") + "a");
  EXPECT_EQ(held_back.Read()->body, "slow a");
  EXPECT_TRUE(held_back.AtEnd());
  taken_->holds_back = false;
  taken_->is_silent = true;
  Connection whole(server_->port());
  whole.Send(Post("/stream", "b"));
  EXPECT_EQ(whole.Read()->body, "slow ab");
}

TEST_F(StreamTest, TheTimeToReadDoesNotGoByWhileTheSinkHoldsBack) {
  ServerOptions options;
  options.limits.read = milliseconds(300);
  Start(options);
  taken_->holds_back = true;
  Connection connection(server_->port());
  connection.Send(Head("Content-Length: 2\r\n") + "a");
  taken_->WaitForText("a");
  std::this_thread::sleep_for(milliseconds(500));
  taken_->LetGoOn();
  connection.Send("b");
  EXPECT_EQ(connection.Read()->body, "whole ab");
}

TEST_F(StreamTest, DrainCutsABodyThatComesAndAnswersIt) {
  for (const bool holds_back : {false, true}) {
    taken_ = std::make_shared<Taken>();
    taken_->holds_back = holds_back;
    Start();
    Connection connection(server_->port());
    connection.Send(Head("Content-Length: 100\r\n") + "a");
    taken_->WaitForText("a");
    std::thread drain([&] { server_->Drain(std::chrono::hours(1)); });
    const auto answer = connection.Read();
    EXPECT_TRUE(answer);
    EXPECT_EQ(answer.value_or(http_testing::Answer{}).body, "stopping a");
    EXPECT_TRUE(connection.AtEnd());
    connection.Reset();
    drain.join();
  }
}

TEST_F(StreamTest, WhatIsNoChunkIsBroken) {
  Start();
  Connection connection(server_->port());
  connection.Send(Head("Transfer-Encoding: chunked\r\n") + Chunk("a") + "nonsense\r\n");
  const auto answer = connection.Read();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, "broken a");
  EXPECT_TRUE(connection.AtEnd());
}

TEST_F(StreamTest, WhatIsPackedIsUnpacked) {
  Start();
  // `printf 'packed' | gzip -n`
  const std::string packed(
      "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x2b\x48\x4c\xce\x4e\x4d\x01\x00\x10\xb4\xf6\x21\x06"
      "\x00\x00\x00",
      26);
  Connection connection(server_->port());
  connection.Send(Post("/stream", packed, "Content-Encoding: gzip\r\n"));
  const auto answer = connection.Read();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, "whole packed");
  connection.Send(Post("/stream", packed.substr(0, 20), "Content-Encoding: gzip\r\n"));
  EXPECT_EQ(connection.Read()->status, 400);
}

TEST_F(StreamTest, TheClientThatWaitsIsToldToGoOn) {
  Start();
  Connection connection(server_->port());
  connection.Send(Head("Content-Length: 3\r\nExpect: 100-continue\r\n"));
  EXPECT_EQ(connection.Read()->status, 100);
  connection.Send("abc");
  EXPECT_EQ(connection.Read()->body, "whole abc");
}

}  // namespace
}  // namespace herdflow::http
