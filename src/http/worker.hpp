#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <unordered_set>

#include "herdflow/http/server.hpp"
#include "router.hpp"

namespace herdflow::http {

class Session;

/// What every session of a server shares. Outlives them. Threads: any.
class Shared {
 public:
  Shared(const ServerOptions& options, std::vector<Route> routes);

  /// False: there are as many as there may be.
  bool BeginSession();
  void EndSession();
  /// True once no session is left; false after `patience`.
  bool WaitForSessions(std::chrono::milliseconds patience);

  const Limits limits;
  const Access access;
  const Router router;
  boost::asio::thread_pool pool;
  std::atomic<bool> draining{false};     ///< Every answer is its connection's last.
  std::atomic<std::size_t> blocking{0};  ///< Requests given to the pool and not yet done.

 private:
  std::mutex mutex_;
  std::condition_variable none_left_;
  std::size_t sessions_ = 0;
};

/// One thread's event loop and the sessions that live on it; touched by that thread alone.
/// An answer may come after the server's end, so whoever answers holds a weak pointer.
struct Worker {
  std::unordered_set<Session*> sessions;
  boost::asio::io_context context{1};
  boost::asio::steady_timer tick{context};
};

/// Look every 100 ms which session's time is over: one timer a worker, not one an operation.
void KeepTicking(Worker& worker);
/// Serve an accepted connection on its worker. From any thread.
void StartSession(std::shared_ptr<Shared> shared, const std::shared_ptr<Worker>& worker,
                  boost::asio::ip::tcp::socket socket);
/// End the sessions that are idle. REQUIRES: Shared::draining, which ends the others.
void DrainSessions(Worker& worker);
/// End every session now.
void AbortSessions(Worker& worker);

}  // namespace herdflow::http
