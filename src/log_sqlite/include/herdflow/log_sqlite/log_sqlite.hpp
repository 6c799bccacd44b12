#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "herdflow/core/result.hpp"
#include "herdflow/core/time.hpp"
#include "herdflow/pipeline/event_log.hpp"

namespace herdflow::log_sqlite {

/// The embedded event log: one SQLite file that any number of processes append to and read from at
/// the same time. Everything of one log lies in one folder: `log.db`, and lock files beside it.
struct SqliteLogOptions {
  std::string folder;  ///< Must exist; `log.db` is made in it if it is missing.
  /// What the writer holds at most of events that are not in the log yet; beyond either, a batch
  /// is refused with kUnavailable (one that finds nothing waiting is always taken).
  std::size_t max_queued_bytes = std::size_t{64} << 20;
  std::size_t max_queued_events = 200'000;
  /// An event larger than this (key, value and headers) is refused with kInvalidInput.
  std::size_t max_event_bytes = std::size_t{64} << 20;
  /// How long a write waits for other processes' locks before it is refused with kUnavailable.
  std::chrono::milliseconds busy_timeout{5'000};
  /// A reader leaves out what is damaged or missing, and says so, instead of stopping there.
  bool past_damage = false;
  /// What a message's broker time is read from, in its transaction. It may step back.
  std::function<Instant()> clock = Now;
};

/// Group commit: what waits goes into one synced transaction, on a thread of the writer's.
Result<std::unique_ptr<pipeline::EventWriter>> MakeSqliteEventWriter(
    const SqliteLogOptions& options);

/// A member of `group` (1 to 64 of `A-Z a-z 0-9 . _ -`). One member at a time reads all topics, the
/// others are idle until it ends, however it ends: the group is a lock that the kernel releases.
/// A topic or partition made later is assigned in addition.
Result<std::unique_ptr<pipeline::EventReader>> MakeSqliteEventReader(
    const SqliteLogOptions& options, const std::string& group, std::vector<pipeline::Topic> topics);

Result<std::unique_ptr<pipeline::TopicAdmin>> MakeSqliteTopicAdmin(const SqliteLogOptions& options);

}  // namespace herdflow::log_sqlite
