#include "session.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <utility>
#include <variant>

#include "herdflow/core/logging.hpp"
#include "herdflow/http/problem.hpp"

namespace herdflow::http {

namespace asio = boost::asio;
using asio::awaitable;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds kTick{100};
constexpr milliseconds kLinger{1000};
constexpr std::size_t kLingerBytes = std::size_t{256} * 1024;

}  // namespace

Session::Session(std::shared_ptr<Shared> shared, const std::shared_ptr<Worker>& worker,
                 asio::ip::tcp::socket socket, Connections::Place place)
    : shared_(std::move(shared)),
      place_(std::move(place)),
      worker_(*worker),
      weak_worker_(worker),
      socket_(std::move(socket)),
      woken_(worker->context, Clock::time_point::max()),
      reader_(shared_->router, shared_->limits, shared_->access) {}

Session::~Session() {
  if (exchange_) exchange_->wake = nullptr;
  worker_.sessions.erase(this);
}

void Session::Enter(Phase phase, Clock::duration allowed) {
  place_.BeBusy();
  phase_ = phase;
  deadline_ = Clock::now() + allowed;
  timed_out_ = false;
}

void Session::OfferItsPlace() {
  place_.BeIdle([worker = weak_worker_, session = weak_from_this()] {
    const auto on = worker.lock();
    if (!on) return;
    asio::post(on->context, [session] {
      if (const auto there = session.lock()) there->Drain();
    });
  });
}

void Session::Tick(Clock::time_point now) {
  // Not at once: who sends one request after the other is not asked for its place.
  if (phase_ == Phase::kIdle && !place_.is_idle()) OfferItsPlace();
  if (now < deadline_ || timed_out_) return;
  timed_out_ = true;
  boost::system::error_code ignored;
  switch (phase_) {
    case Phase::kHandling:
      woken_.cancel();
      break;
    case Phase::kIdle:
    case Phase::kReading:
      socket_.cancel(ignored);
      break;
    case Phase::kWriting:
      socket_.close(ignored);
      break;
  }
}

void Session::Drain() {
  boost::system::error_code ignored;
  if (phase_ == Phase::kIdle && socket_.available(ignored) == 0) socket_.cancel(ignored);
  if (takes_body_ && exchange_->wake) exchange_->wake();
}

void Session::Abort() {
  boost::system::error_code ignored;
  aborted_ = true;
  socket_.close(ignored);
  woken_.cancel();
}

awaitable<void> Session::Live() {
  worker_.sessions.insert(this);
  boost::system::error_code ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket_.non_blocking(true, ignored);
  if (const auto peer = socket_.remote_endpoint(ignored); !ignored) {
    client_ = fmt::format("{}:{}", peer.address().to_string(), peer.port());
  }
  try {
    while (co_await ServeOne()) {
    }
  } catch (const std::exception& failure) {
    Log(LogLevel::kError, "connection of {}: {}", client_, failure.what());
  }
}

awaitable<bool> Session::ServeOne() {
  const Limits& limits = shared_->limits;
  Enter(reader_.begun() ? Phase::kReading : Phase::kIdle,
        reader_.begun() ? limits.read : limits.idle);
  for (;;) {
    RequestReader::Outcome outcome = reader_.Next();
    if (const auto* more = std::get_if<RequestReader::NeedMore>(&outcome)) {
      const bool goes_on = co_await ReadMore(more->send_continue);
      if (!goes_on) co_return false;
      continue;
    }
    if (auto* refused = std::get_if<RequestReader::Refused>(&outcome)) {
      request_line_ = "a refused request";
      co_return co_await Write(refused->response, refused->framing);
    }
    if (auto* begun = std::get_if<RequestReader::Begun>(&outcome)) {
      const bool goes_on = co_await TakeBody(std::move(*begun));
      co_return goes_on;
    }
    auto& complete = std::get<RequestReader::Complete>(outcome);
    NoteRequestLine(complete.request);
    const Response response = co_await Handle(complete);
    co_return co_await Write(response, complete.framing);
  }
}

awaitable<bool> Session::ReadMore(bool send_continue) {
  if (send_continue) {
    const bool sent = co_await SendContinue();
    if (!sent) co_return false;
  }
  if (phase_ == Phase::kIdle && shared_->draining && socket_.available() == 0) co_return false;
  const std::span<char> space = reader_.Space();
  const auto [error, bytes] =
      co_await socket_.async_read_some(asio::buffer(space.data(), space.size()), kAsTuple);
  if (phase_ == Phase::kReading && (timed_out_ || error == asio::error::eof)) {
    const Response response = timed_out_ ? ProblemResponse(ProblemKind::kRequestTimeout)
                                         : ProblemResponse(ProblemKind::kMalformedRequest,
                                                           "The request ended before its end.");
    Framing last;
    last.keep_alive = false;
    co_return co_await Write(response, last);
  }
  if (error) co_return false;
  reader_.Filled(bytes);
  if (phase_ == Phase::kIdle) Enter(Phase::kReading, shared_->limits.read);
  co_return true;
}

awaitable<Response> Session::Handle(RequestReader::Complete& complete) {
  const Limits& limits = shared_->limits;
  const milliseconds turn = std::min(limits.turn, limits.answer);
  Enter(Phase::kHandling, turn);
  complete.request.client = client_;
  const auto exchange = std::make_shared<Exchange>(weak_worker_);
  exchange_ = exchange;
  Dispatch(*shared_, *complete.route, std::move(complete.request), exchange);
  exchange->wake = [this] { woken_.cancel(); };
  bool was_begun = true;
  if (!exchange->response) {
    co_await woken_.async_wait(kAsTuple);
    was_begun = exchange->response || exchange->taken.exchange(true);
  }
  if (!exchange->response && was_begun && !aborted_) {
    deadline_ += limits.answer - turn;
    timed_out_ = false;
    co_await woken_.async_wait(kAsTuple);
  }
  exchange->wake = nullptr;
  exchange_.reset();
  exchange->answered = true;
  if (exchange->response) co_return std::move(*exchange->response);
  if (!was_begun) {
    co_return ProblemResponse(ProblemKind::kUnavailable,
                              "Too many requests wait for an answer; this one was not begun.");
  }
  co_return ProblemResponse(ProblemKind::kOutcomeUnknown);
}

awaitable<bool> Session::Write(const Response& response, Framing framing) {
  if (response.status >= 500) LogFailure(response);
  if (shared_->draining) framing.keep_alive = false;
  Enter(Phase::kWriting, shared_->limits.write);
  const std::string text = ResponseText(response, framing);
  std::string_view rest = text;
  if (!SendNow(rest)) {
    const bool sent = co_await Send(rest);
    if (!sent) co_return false;
  }
  if (!framing.keep_alive) co_await Linger();
  co_return framing.keep_alive;
}

bool Session::SendNow(std::string_view& text) {
  boost::system::error_code told_again;
  text.remove_prefix(socket_.write_some(asio::buffer(text), told_again));
  return text.empty();
}

awaitable<bool> Session::Send(std::string_view text) {
  const auto [error, bytes] = co_await asio::async_write(socket_, asio::buffer(text), kAsTuple);
  co_return !error;
}

awaitable<bool> Session::SendContinue() {
  const bool sent = co_await Send("HTTP/1.1 100 Continue\r\n\r\n");
  co_return sent;
}

awaitable<void> Session::Linger() {
  Enter(Phase::kWriting, kLinger);
  boost::system::error_code failed;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, failed);
  std::string rest(4096, '\0');
  for (std::size_t total = 0; !failed && total < kLingerBytes;) {
    const auto [error, bytes] = co_await socket_.async_read_some(asio::buffer(rest), kAsTuple);
    failed = error;
    total += bytes;
  }
}

void Session::NoteRequestLine(const Request& request) {
  request_line_.assign(request.method).append(1, ' ').append(request.path);
}

void Session::LogFailure(const Response& response) const {
  LogServerFailure(
      fmt::format("{} of {}: {} {}", request_line_, client_, response.status, response.log));
}

void StartSession(std::shared_ptr<Shared> shared, const std::shared_ptr<Worker>& worker,
                  asio::ip::tcp::socket socket, Connections::Place place) {
  auto session =
      std::make_shared<Session>(std::move(shared), worker, std::move(socket), std::move(place));
  // Given away: a session that ends at once must end there, not with a reference that is left here.
  asio::co_spawn(
      worker->context,
      [session = std::move(session)]() -> awaitable<void> { co_await session->Live(); },
      asio::detached);
}

void KeepTicking(Worker& worker) {
  worker.tick.expires_after(kTick);
  worker.tick.async_wait([&worker](boost::system::error_code error) {
    if (error) return;
    const auto now = Session::Clock::now();
    for (Session* session : worker.sessions) session->Tick(now);
    KeepTicking(worker);
  });
}

void DrainSessions(Worker& worker) {
  for (Session* session : worker.sessions) session->Drain();
}

void AbortSessions(Worker& worker) {
  for (Session* session : worker.sessions) session->Abort();
}

}  // namespace herdflow::http
