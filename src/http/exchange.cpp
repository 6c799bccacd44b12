#include "exchange.hpp"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <exception>
#include <mutex>

#include "herdflow/core/logging.hpp"
#include "herdflow/http/problem.hpp"

namespace herdflow::http {
namespace {

/// Brings the answer to the session's thread; the first one counts.
void Deliver(const std::shared_ptr<Exchange>& exchange, Response response) {
  if (exchange->answered.exchange(true)) return;
  const auto worker = exchange->worker.lock();
  if (!worker) return;  // The server has ended.
  boost::asio::dispatch(worker->context, [exchange, answer = std::move(response)]() mutable {
    exchange->response = std::move(answer);
    if (exchange->wake) exchange->wake();
  });
}

/// What the copies of a Respond share: when the last is gone, there is an answer.
class Answerer {
 public:
  explicit Answerer(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}
  ~Answerer() {
    if (exchange_->answered) return;
    Deliver(exchange_, ProblemResponse(Error(ErrorCode::kInternal, "no handler answered")));
  }
  Answerer(const Answerer&) = delete;
  Answerer& operator=(const Answerer&) = delete;

  void Answer(Response response) const { Deliver(exchange_, std::move(response)); }

 private:
  std::shared_ptr<Exchange> exchange_;
};

Respond RespondTo(const std::shared_ptr<Exchange>& exchange) {
  return [answerer = std::make_shared<Answerer>(exchange)](Response response) {
    answerer->Answer(std::move(response));
  };
}

void Call(const Route& route, const Request& request, const Respond& respond) {
  try {
    route.handle(request, respond);
  } catch (const std::exception& failure) {
    respond(ProblemResponse(Error(ErrorCode::kInternal, failure.what())));
  }
}

}  // namespace

std::shared_ptr<BodySink> OpenBody(const Route& route, const Request& request,
                                   const std::shared_ptr<Exchange>& exchange) {
  const Respond respond = RespondTo(exchange);
  try {
    return route.stream(request, respond);
  } catch (const std::exception& failure) {
    respond(ProblemResponse(Error(ErrorCode::kInternal, failure.what())));
    return nullptr;
  }
}

void WantMore(const std::shared_ptr<Exchange>& exchange) {
  const auto worker = exchange->worker.lock();
  if (!worker) return;  // The server has ended.
  boost::asio::dispatch(worker->context, [exchange] {
    exchange->wants_more = true;
    if (exchange->wake) exchange->wake();
  });
}

void Dispatch(Shared& shared, const Route& route, Request request,
              const std::shared_ptr<Exchange>& exchange) {
  Respond respond = RespondTo(exchange);
  Pool* const pool = shared.PoolOf(route.run);
  if (pool == nullptr) {
    exchange->taken = true;
    Call(route, request, respond);
    return;
  }
  if (pool->requests.fetch_add(1) >= pool->most) {
    --pool->requests;
    respond(ProblemResponse(ProblemKind::kUnavailable, "Too many requests wait for an answer."));
    return;
  }
  boost::asio::post(pool->threads, [pool, &route, exchange, asked = std::move(request),
                                    answer = std::move(respond)] {
    if (!exchange->taken.exchange(true)) Call(route, asked, answer);
    --pool->requests;
  });
}

void LogServerFailure(std::string_view line) {
  constexpr int kLinesASecond = 20;
  static std::mutex mutex;
  static std::chrono::steady_clock::time_point second;
  static int lines = 0;
  const std::lock_guard lock(mutex);
  const auto now = std::chrono::steady_clock::now();
  if (now - second >= std::chrono::seconds(1)) {
    if (lines > kLinesASecond) {
      Log(LogLevel::kError, "{} more failures were not logged", lines - kLinesASecond);
    }
    second = now;
    lines = 0;
  }
  if (++lines <= kLinesASecond) Log(LogLevel::kError, "{}", line);
}

}  // namespace herdflow::http
