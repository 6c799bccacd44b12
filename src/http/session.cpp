#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <optional>

#include "exchange.hpp"
#include "gunzip.hpp"
#include "herdflow/core/logging.hpp"
#include "herdflow/http/problem.hpp"
#include "request_reader.hpp"
#include "response_text.hpp"
#include "worker.hpp"

namespace herdflow::http {

namespace asio = boost::asio;
using asio::awaitable;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

namespace {

constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);
constexpr milliseconds kTick{100};
constexpr milliseconds kLinger{1000};
constexpr std::size_t kLingerBytes = std::size_t{256} * 1024;

}  // namespace

/// One connection: reads a request, has it answered, writes the answer, again. What a client sends
/// ahead waits in the buffer, so answers keep the requests' order.
///
/// Threads: its worker's alone.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(std::shared_ptr<Shared> shared, const std::shared_ptr<Worker>& worker,
          asio::ip::tcp::socket socket, Connections::Place place);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  awaitable<void> Live();
  /// The worker's tick: is the time of what the session is doing over? Has it been idle since the
  /// last one?
  void Tick(Clock::time_point now);
  /// End, if it is idle.
  void Drain();
  void Abort();

 private:
  enum class Phase { kIdle, kReading, kHandling, kWriting };

  awaitable<bool> ServeOne();
  /// Fill the reader. False: the connection is over.
  awaitable<bool> ReadMore(bool send_continue);
  awaitable<Response> Handle(RequestReader::Complete& complete);
  awaitable<bool> TakeBody(RequestReader::Begun begun);
  /// Brings the body to the sink until it is whole, cut, or answered. True: whole.
  awaitable<bool> Pump(BodySink& sink, bool is_packed);
  /// One piece of it. What cuts it, if anything.
  awaitable<std::optional<CutShort>> Bring(BodySink& sink, std::string_view bytes);
  awaitable<std::optional<CutShort>> ReadPiece();
  awaitable<std::optional<CutShort>> Unpack(BodySink& sink, Gunzip& packed, std::string bytes);
  /// Until there is an answer, or more of the body is wanted, or the time for an answer is over.
  awaitable<void> WaitForAnswer();
  awaitable<bool> Write(const Response& response, Framing framing);
  /// True: all of it went at once, as nearly always. Else `text` is what did not.
  bool SendNow(std::string_view& text);
  awaitable<bool> Send(std::string_view text);
  awaitable<bool> SendContinue();
  /// Let the client read the last answer before the connection goes.
  awaitable<void> Linger();
  void Enter(Phase phase, milliseconds allowed);
  void OfferItsPlace();
  void NoteRequestLine(const Request& request);
  void LogFailure(const Response& response) const;

  std::shared_ptr<Shared> shared_;
  Connections::Place place_;
  Worker& worker_;
  std::weak_ptr<Worker> weak_worker_;
  asio::ip::tcp::socket socket_;
  asio::steady_timer woken_;  ///< Never over by itself: whoever waits is woken, or is by the tick.
  RequestReader reader_;
  std::string client_;
  std::string request_line_;  ///< For the log.
  std::shared_ptr<Exchange> exchange_;
  Phase phase_ = Phase::kIdle;
  Clock::time_point deadline_ = Clock::time_point::max();
  bool timed_out_ = false;
  bool aborted_ = false;
  bool is_gone_ = false;  ///< The client, while its body came piece by piece.
  std::size_t came_ = 0;  ///< Of such a body since the time to read was given last.
};

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

void Session::Enter(Phase phase, milliseconds allowed) {
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
  if (phase_ == Phase::kReading && timed_out_) {
    const Response response = ProblemResponse(ProblemKind::kRequestTimeout);
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

awaitable<bool> Session::TakeBody(RequestReader::Begun begun) {
  Enter(Phase::kReading, shared_->limits.read);
  came_ = 0;
  is_gone_ = false;
  begun.request.client = client_;
  NoteRequestLine(begun.request);
  const auto exchange = std::make_shared<Exchange>(weak_worker_);
  exchange_ = exchange;
  exchange->taken = true;
  const auto sink = OpenBody(*begun.route, begun.request, exchange);
  bool is_whole = false;
  if (sink && !exchange->response && begun.send_continue) co_await SendContinue();
  if (sink) {
    const bool is_packed = EqualsIgnoringCase(begun.request.Header("Content-Encoding"), "gzip");
    is_whole = co_await Pump(*sink, is_packed);
  }
  if (!is_gone_) co_await WaitForAnswer();
  exchange_.reset();
  exchange->answered = true;
  if (is_gone_) co_return false;
  Framing framing = begun.framing;
  framing.keep_alive = framing.keep_alive && is_whole;
  if (!exchange->response) exchange->response = ProblemResponse(ProblemKind::kOutcomeUnknown);
  const Response response = *std::move(exchange->response);
  const bool goes_on = co_await Write(response, framing);
  co_return goes_on;
}

awaitable<bool> Session::Pump(BodySink& sink, bool is_packed) {
  std::optional<Gunzip> packed;
  if (is_packed) packed.emplace();
  while (!exchange_->response && !aborted_) {
    RequestReader::Outcome outcome = reader_.Next();
    std::optional<CutShort> cut;
    if (std::holds_alternative<RequestReader::NeedMore>(outcome)) {
      cut = co_await ReadPiece();
    } else if (auto* piece = std::get_if<RequestReader::Piece>(&outcome)) {
      came_ += piece->bytes.size();
      if (packed) {
        cut = co_await Unpack(sink, *packed, std::move(piece->bytes));
      } else {
        cut = co_await Bring(sink, piece->bytes);
      }
    } else if (std::holds_alternative<RequestReader::Whole>(outcome)) {
      const bool is_whole = !packed || packed->is_whole();
      is_whole ? sink.Finish() : sink.Cut(CutShort::kBroken);
      co_return is_whole;
    } else {
      cut = CutShort::kBroken;
    }
    if (!cut || exchange_->response) continue;
    is_gone_ = *cut == CutShort::kGone;
    sink.Cut(*cut);
    co_return false;
  }
  co_return false;
}

awaitable<std::optional<CutShort>> Session::ReadPiece() {
  const Limits& limits = shared_->limits;
  // What came so far has kept the rate, or somebody else was waited for.
  if (phase_ != Phase::kReading || came_ >= limits.read_bytes) {
    Enter(Phase::kReading, limits.read);
    came_ = 0;
  }
  const std::span<char> space = reader_.Space();
  exchange_->wake = [this] {
    boost::system::error_code ignored;
    socket_.cancel(ignored);
  };
  const auto [error, bytes] =
      co_await socket_.async_read_some(asio::buffer(space.data(), space.size()), kAsTuple);
  exchange_->wake = nullptr;
  if (!error) {
    reader_.Filled(bytes);
    co_return std::nullopt;
  }
  if (timed_out_) co_return CutShort::kSilent;
  if (exchange_->response) co_return std::nullopt;
  co_return CutShort::kGone;
}

awaitable<std::optional<CutShort>> Session::Unpack(BodySink& sink, Gunzip& packed,
                                                   std::string bytes) {
  packed.Put(std::move(bytes));
  for (;;) {
    const auto unpacked = packed.Next();
    if (!unpacked) co_return CutShort::kBroken;
    if (unpacked->empty() || exchange_->response) co_return std::nullopt;
    const auto cut = co_await Bring(sink, *unpacked);
    if (cut) co_return cut;
  }
}

awaitable<std::optional<CutShort>> Session::Bring(BodySink& sink, std::string_view bytes) {
  const auto exchange = exchange_;
  exchange->wants_more = false;
  sink.Take(bytes, [exchange] { WantMore(exchange); });
  if (!exchange->wants_more) co_await WaitForAnswer();
  if (exchange->wants_more || exchange->response) co_return std::nullopt;
  co_return aborted_ ? CutShort::kGone : CutShort::kSilent;
}

awaitable<void> Session::WaitForAnswer() {
  Enter(Phase::kHandling, shared_->limits.answer);
  exchange_->wants_more = false;
  exchange_->wake = [this] { woken_.cancel(); };
  while (!exchange_->response && !exchange_->wants_more && !aborted_ && !timed_out_) {
    co_await woken_.async_wait(kAsTuple);
  }
  exchange_->wake = nullptr;
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
    const auto now = Clock::now();
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
