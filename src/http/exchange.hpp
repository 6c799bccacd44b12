#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "herdflow/http/route.hpp"
#include "worker.hpp"

namespace herdflow::http {

/// One request on its way between its session and its handler, whatever thread answers.
struct Exchange {
  explicit Exchange(std::weak_ptr<Worker> of) : worker(std::move(of)) {}

  const std::weak_ptr<Worker> worker;
  std::atomic<bool> answered{false};
  /// Set by who handles the request, or by who gave up that anybody will: whoever is first.
  std::atomic<bool> taken{false};
  // Touched by the worker's thread alone:
  std::optional<Response> response;
  bool wants_more = false;     ///< Of a body that comes piece by piece.
  std::function<void()> wake;  ///< Ends the session's wait, while it waits.
};

/// Has the route handle the request, here or on the pool. The answer comes into `exchange`.
void Dispatch(Shared& shared, const Route& route, Request request,
              const std::shared_ptr<Exchange>& exchange);

/// Has the route take the body of a request that has just begun; nothing: it is answered.
std::shared_ptr<BodySink> OpenBody(const Route& route, const Request& request,
                                   const std::shared_ptr<Exchange>& exchange);
/// Tells the session's thread that more of the body may come. From any thread.
void WantMore(const std::shared_ptr<Exchange>& exchange);

/// A line for the log, at most 20 a second; what was left out is counted.
void LogServerFailure(std::string_view line);

}  // namespace herdflow::http
