// A small body of which a thousand times as much is unpacked.

#include <fmt/format.h>

#include <future>
#include <optional>

#include "packed.hpp"
#include "server_fixture.hpp"

namespace herdflow::http {
namespace {

using http_testing::Connection;
using http_testing::Get;
using http_testing::Post;
using std::chrono::milliseconds;

/// Wants all that is unpacked at once; of the first piece when a test lets it.
struct Eager final : BodySink {
  void Take(std::string_view bytes, std::function<void()> more) override {
    if (taken == 0) {
      has_begun.set_value();
      may_go_on.get_future().wait();
    }
    taken += bytes.size();
    more();
  }
  void Finish() override { respond(JsonResponse(200, "whole")); }
  void Cut(CutShort why) override {
    respond(JsonResponse(400, why == CutShort::kSlow ? "slow" : "cut"));
  }

  std::promise<void> has_begun, may_go_on;
  std::atomic<std::size_t> taken = 0;
  Respond respond;
};

/// Much in a small gzip, for a server of one thread.
class BombTest : public ServerTest {
 protected:
  static constexpr std::size_t kBytes = std::size_t{16} << 20;

  /// Returns once the thread waits in its first piece.
  Connection Send(ServerOptions options = {}) {
    std::vector<Route> routes{Make("GET", "/taken", [this](const Request&, const Respond& respond) {
      respond(JsonResponse(200, fmt::format("{}", sink_->taken.load())));
    })};
    Route route;
    route.method = "POST";
    route.path = "/bomb";
    route.stream = [this](const Request&, Respond respond) {
      sink_->respond = std::move(respond);
      return sink_;
    };
    routes.push_back(std::move(route));
    options.threads = 1;
    auto server = Server::Start(options, std::move(routes));
    EXPECT_TRUE(server);
    server_ = std::move(*server);
    other_.emplace(server_->port());
    other_->Send(Get("/taken"));
    EXPECT_EQ(other_->Read()->body, "0");
    Connection bomb(server_->port());
    bomb.Send(Post("/bomb", Packed(std::string(kBytes, 'x')), "Content-Encoding: gzip\r\n"));
    sink_->has_begun.get_future().wait();
    return bomb;
  }

  std::shared_ptr<Eager> sink_ = std::make_shared<Eager>();
  std::optional<Connection> other_;
};

TEST_F(BombTest, OthersHaveTheirTurnWhileItIsUnpacked) {
  Connection bomb = Send();
  other_->Send(Get("/taken"));
  sink_->may_go_on.set_value();
  const auto meanwhile = other_->Read();
  ASSERT_TRUE(meanwhile);
  EXPECT_LT(std::stoul(meanwhile->body), kBytes / 2);
  EXPECT_EQ(bomb.Read()->body, "whole");
  EXPECT_EQ(sink_->taken, kBytes);
}

TEST_F(BombTest, TheTimeForAnAnswerIsOverMeanwhileToo) {
  ServerOptions options;
  options.limits.answer = milliseconds(100);
  Connection bomb = Send(options);
  std::this_thread::sleep_for(milliseconds(300));
  sink_->may_go_on.set_value();
  EXPECT_EQ(bomb.Read()->body, "slow");
  EXPECT_LT(sink_->taken, kBytes / 2);
}

TEST_F(BombTest, AnAnswerEndsIt) {
  Connection bomb = Send();
  sink_->respond(JsonResponse(404, "no farm"));
  sink_->may_go_on.set_value();
  EXPECT_EQ(bomb.Read()->body, "no farm");
  EXPECT_TRUE(bomb.AtEnd());
  EXPECT_LT(sink_->taken, kBytes / 2);
}

}  // namespace
}  // namespace herdflow::http
