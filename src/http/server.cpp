#include "herdflow/http/server.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <thread>

#include "herdflow/core/retry.hpp"
#include "herdflow/http/problem.hpp"
#include "response_text.hpp"
#include "worker.hpp"

namespace herdflow::http {

namespace asio = boost::asio;
using asio::ip::tcp;
using std::chrono::milliseconds;

Shared::Shared(const ServerOptions& options, std::vector<Route> routes)
    : limits(options.limits),
      access(options.access),
      router(std::move(routes)),
      connections(limits.connections),
      blocking_(options.blocking_threads, limits.blocking_requests),
      writing_(options.writing_threads, limits.writing_requests),
      probing_(1, limits.probing_requests) {}

Pool* Shared::PoolOf(Run run) {
  switch (run) {
    case Run::kInline:
      return nullptr;
    case Run::kBlocking:
      return &blocking_;
    case Run::kWriting:
      return &writing_;
    case Run::kProbing:
      return &probing_;
  }
  return nullptr;
}

void Shared::StopPools() {
  for (Pool* pool : {&blocking_, &writing_, &probing_}) pool->threads.stop();
}

void Shared::JoinPools() {
  for (Pool* pool : {&blocking_, &writing_, &probing_}) pool->threads.join();
}

namespace {

constexpr milliseconds kAbortPatience{1000};

Result<tcp::endpoint> EndpointOf(const ServerOptions& options) {
  boost::system::error_code error;
  const auto address =
      asio::ip::make_address(options.address == "localhost" ? "127.0.0.1" : options.address, error);
  if (error) {
    return Fail(ErrorCode::kInvalidInput, "listening on \"{}\": no IP address; correct {}",
                options.address, options.address_setting);
  }
  if (!address.is_loopback() && !options.access.needs_token()) {
    return Fail(ErrorCode::kInvalidInput,
                "listening on {}: refused, since whoever reaches it could read and write "
                "everything; set {}, or {} to 127.0.0.1 or ::1",
                options.address, options.token_setting, options.address_setting);
  }
  return tcp::endpoint(address, options.port);
}

tl::unexpected<Error> CannotListen(const ServerOptions& options, boost::system::error_code error) {
  if (error == asio::error::address_in_use) {
    return Fail(ErrorCode::kConflict,
                "listening on {}:{}: the port is in use; see who has it with `ss -ltnp 'sport = "
                ":{}'` and end that, or choose another with {}",
                options.address, options.port, options.port, options.port_setting);
  }
  if (error == asio::error::access_denied) {
    return Fail(ErrorCode::kInvalidInput,
                "listening on {}:{}: not permitted; choose a port above 1023 with {}",
                options.address, options.port, options.port_setting);
  }
  return Fail(ErrorCode::kUnavailable, "listening on {}:{}: {}", options.address, options.port,
              error.message());
}

/// For a connection more than there may be: said once, without waiting.
void TurnAway(tcp::socket socket) {
  const std::string text =
      ResponseText(ProblemResponse(ProblemKind::kUnavailable, "Too many connections."),
                   Framing{.head = false, .keep_alive = false});
  static_cast<void>(
      ::send(socket.native_handle(), text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL));
}

/// An event loop a thread; the first one also accepts, and hands connections out in turn.
class SocketServer final : public Server {
 public:
  SocketServer(const ServerOptions& options, std::vector<Route> routes);
  ~SocketServer() override;
  SocketServer(const SocketServer&) = delete;
  SocketServer& operator=(const SocketServer&) = delete;

  Result<> Listen(const ServerOptions& options, const tcp::endpoint& endpoint);
  [[nodiscard]] std::uint16_t port() const override { return local_.port(); }
  [[nodiscard]] std::string url() const override;
  void Drain(milliseconds patience) override;

 private:
  asio::awaitable<void> Accept();
  void OnEveryWorker(void (*what)(Worker&));

  std::shared_ptr<Shared> shared_;
  std::vector<std::shared_ptr<Worker>> workers_;
  tcp::acceptor acceptor_;
  tcp::endpoint local_;
  std::vector<std::thread> threads_;
  bool ended_ = false;
};

std::vector<std::shared_ptr<Worker>> MakeWorkers(std::size_t count) {
  std::vector<std::shared_ptr<Worker>> workers(std::max<std::size_t>(count, 1));
  for (auto& worker : workers) worker = std::make_shared<Worker>();
  return workers;
}

SocketServer::SocketServer(const ServerOptions& options, std::vector<Route> routes)
    : shared_(std::make_shared<Shared>(options, std::move(routes))),
      workers_(MakeWorkers(options.threads)),
      acceptor_(workers_.front()->context) {}

SocketServer::~SocketServer() { Drain(milliseconds(0)); }

Result<> SocketServer::Listen(const ServerOptions& options, const tcp::endpoint& endpoint) {
  boost::system::error_code error;
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (error) return CannotListen(options, error);
  local_ = acceptor_.local_endpoint();
  asio::co_spawn(workers_.front()->context, Accept(), asio::detached);
  for (const auto& worker : workers_) {
    KeepTicking(*worker);
    threads_.emplace_back([worker] { worker->context.run(); });
  }
  return {};
}

std::string SocketServer::url() const {
  const auto address = local_.address();
  return fmt::format(fmt::runtime(address.is_v6() ? "http://[{}]:{}" : "http://{}:{}"),
                     address.to_string(), local_.port());
}

asio::awaitable<void> SocketServer::Accept() {
  asio::steady_timer pause(workers_.front()->context);
  Retry retry(fmt::format("accepting connections on {}", url()),
              {.first = milliseconds(50), .longest = milliseconds(1000)});
  for (std::size_t turn = 0; acceptor_.is_open(); turn = (turn + 1) % workers_.size()) {
    const auto& worker = workers_[turn];
    auto [error, socket] =
        co_await acceptor_.async_accept(worker->context, asio::as_tuple(asio::use_awaitable));
    if (error == asio::error::operation_aborted) co_return;
    if (error) {  // Out of file descriptors, mostly: others have to end first.
      shared_->connections.MakeRoom();
      pause.expires_after(retry.Failed(Error(ErrorCode::kUnavailable, error.message())));
      co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
      continue;
    }
    retry.Succeeded();
    boost::system::error_code gone;
    const auto peer = socket.remote_endpoint(gone);
    if (gone) continue;
    if (auto place = shared_->connections.Enter(peer.address())) {
      StartSession(shared_, worker, std::move(socket), *std::move(place));
    } else {
      TurnAway(std::move(socket));
    }
  }
}

void SocketServer::OnEveryWorker(void (*what)(Worker&)) {
  for (const auto& worker : workers_) {
    asio::post(worker->context, [what, of = worker.get()] { what(*of); });
  }
}

void SocketServer::Drain(milliseconds patience) {
  if (ended_) return;
  ended_ = true;
  shared_->draining = true;
  asio::post(workers_.front()->context, [this] {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
  });
  if (!threads_.empty()) {
    OnEveryWorker(DrainSessions);
    if (!shared_->connections.WaitForNone(patience)) {
      OnEveryWorker(AbortSessions);
      shared_->connections.WaitForNone(kAbortPatience);
      shared_->StopPools();
    }
  }
  for (const auto& worker : workers_) worker->context.stop();
  for (auto& thread : threads_) thread.join();
  shared_->JoinPools();
}

}  // namespace

Result<> Server::Check(const ServerOptions& options) {
  const auto endpoint = EndpointOf(options);
  return endpoint ? Result<>() : Result<>(Fail(endpoint.error()));
}

Result<std::unique_ptr<Server>> Server::Start(const ServerOptions& options,
                                              std::vector<Route> routes) {
  HERDFLOW_ASSIGN(const tcp::endpoint endpoint, EndpointOf(options));
  auto server = std::make_unique<SocketServer>(options, std::move(routes));
  HERDFLOW_CHECK(server->Listen(options, endpoint));
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace herdflow::http
