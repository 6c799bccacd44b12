#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <memory>
#include <unordered_set>

#include "connections.hpp"
#include "herdflow/http/server.hpp"
#include "router.hpp"

namespace herdflow::http {

/// Threads for handlers that may wait, and how many requests wait for them or are being handled.
struct Pool {
  Pool(std::size_t count, std::size_t limit) : threads(count), most(limit) {}

  boost::asio::thread_pool threads;
  const std::size_t most;
  std::atomic<std::size_t> requests{0};
};

/// What every session of a server shares. Outlives them. Threads: any.
class Shared {
 public:
  Shared(const ServerOptions& options, std::vector<Route> routes);

  /// Where handlers of this kind run; nothing: on the thread that asks.
  Pool* PoolOf(Run run);
  void StopPools();
  void JoinPools();

  const Limits limits;
  const Access access;
  const Router router;
  Connections connections;
  std::atomic<bool> draining{false};  ///< Every answer is its connection's last.

 private:
  Pool blocking_, writing_, probing_;
};

class Session;

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
                  boost::asio::ip::tcp::socket socket, Connections::Place place);
/// End the sessions that are idle. REQUIRES: Shared::draining, which ends the others.
void DrainSessions(Worker& worker);
/// End every session now.
void AbortSessions(Worker& worker);

}  // namespace herdflow::http
