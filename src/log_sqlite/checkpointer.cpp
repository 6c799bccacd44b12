#include "checkpointer.hpp"

#include <utility>

#include "herdflow/core/logging.hpp"

namespace herdflow::log_sqlite {
namespace {

/// Pages, 4 MiB. While they are copied commits wait longer for the disk: with more of them that is
/// what the slowest answers waited for.
constexpr std::int64_t kWorthCopying = 1'024;
/// So long (256 MiB) it becomes only where readers kept it from starting anew: wait for them.
constexpr std::int64_t kTooLong = 65'536;
constexpr std::chrono::milliseconds kReaderPatience{50};

}  // namespace

Checkpointer::Checkpointer(sqlite::Database database)
    : database_(std::move(database)), thread_([this] { Run(); }) {}

Checkpointer::~Checkpointer() {
  {
    const std::lock_guard lock(mutex_);
    state_ = State::kStopped;
  }
  asked_.notify_one();
  thread_.join();
}

void Checkpointer::AfterCommit(sqlite::Database& writer) {
  const std::int64_t pages = writer.wal_pages();
  if (pages < finished_pages_) finished_pages_ = 0;
  if (pages - finished_pages_ < kWorthCopying) return;
  std::unique_lock lock(mutex_);
  if (state_ == State::kDone && finish_on_writer_) {
    state_ = State::kResting;
    lock.unlock();
    FinishOn(writer);
    return;
  }
  lock.unlock();
  Ask(/*finish_on_writer=*/true);
}

void Checkpointer::WhenIdle(sqlite::Database& writer) {
  const std::int64_t pages = writer.wal_pages();
  if (pages - finished_pages_ >= kWorthCopying && Ask(/*finish_on_writer=*/false)) {
    finished_pages_ = pages;
  }
}

bool Checkpointer::Ask(bool finish_on_writer) {
  {
    const std::lock_guard lock(mutex_);
    if (state_ == State::kAsked) return false;
    state_ = State::kAsked;
    finish_on_writer_ = finish_on_writer;
  }
  asked_.notify_one();
  return true;
}

void Checkpointer::FinishOn(sqlite::Database& writer) {
  auto mode = sqlite::CheckpointMode::kPassive;
  if (writer.wal_pages() >= kTooLong) {
    mode = sqlite::CheckpointMode::kRestart;
    writer.SetBusyTimeout(kReaderPatience);
  }
  // Without success the pages stay where they are, safe; the next time may be better.
  if (auto done = writer.Checkpoint(mode); !done) {
    Log(LogLevel::kDebug, "{}", done.error().message());
  }
  writer.SetBusyTimeout(std::chrono::milliseconds(0));
  finished_pages_ = writer.wal_pages();
}

void Checkpointer::Run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    asked_.wait(lock, [this] { return state_ == State::kAsked || state_ == State::kStopped; });
    if (state_ == State::kStopped) return;
    lock.unlock();
    auto done = database_.Checkpoint();
    if (!done) Log(LogLevel::kWarning, "{}", done.error().message());
    lock.lock();
    if (state_ == State::kAsked) state_ = State::kDone;
  }
}

}  // namespace herdflow::log_sqlite
