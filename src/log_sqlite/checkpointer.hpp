#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

#include "herdflow/sqlite/database.hpp"

namespace herdflow::log_sqlite {

/// Copies the write-ahead log into the file on a thread and a connection of its own, while the
/// writer goes on. What was written meanwhile is left to the writer, a small rest: only between two
/// commits can everything be copied, and only then does the write-ahead log start anew.
class Checkpointer {
 public:
  explicit Checkpointer(sqlite::Database database);
  ~Checkpointer();

  /// The writer's thread calls this after each commit, and when it has nothing to do.
  void AfterCommit(sqlite::Database& writer);
  void WhenIdle(sqlite::Database& writer);

 private:
  enum class State : std::uint8_t { kResting, kAsked, kDone, kStopped };

  void Run();
  /// False: the thread is at work.
  bool Ask(bool finish_on_writer);
  void FinishOn(sqlite::Database& writer);

  sqlite::Database database_;
  std::mutex mutex_;
  std::condition_variable asked_;
  State state_ = State::kResting;
  bool finish_on_writer_ = false;    ///< Once the thread is done.
  std::int64_t finished_pages_ = 0;  ///< The log's length when it was last copied as a whole.
  std::thread thread_;
};

}  // namespace herdflow::log_sqlite
