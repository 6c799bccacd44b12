#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "herdflow/store_sql/session.hpp"
#include "session.hpp"

namespace herdflow::store_mysql {

/// The sessions of one process, opened when they are needed, at most `connections` of them. One
/// that lay idle for longer than `fresh` is given its settings again before it is used, which tells
/// whether it still lives as well; one that lost its connection is dropped. Threads: any.
class MysqlPool final : public store_sql::WriteSessions, public store_sql::ReadSessions {
 public:
  explicit MysqlPool(MysqlOptions options, std::chrono::milliseconds fresh = kFresh)
      : options_(std::move(options)), databases_(options_.prefix), fresh_(fresh) {}

  Result<std::unique_ptr<store_sql::Transaction>> BeginWrite(std::string_view step) override;
  Result<std::unique_ptr<store_sql::Transaction>> BeginRead() override;

  [[nodiscard]] const Databases& databases() const { return databases_; }

 private:
  /// Far below the time after which the server closes a connection.
  static constexpr std::chrono::seconds kFresh{2};
  class PooledTransaction;
  using Clock = std::chrono::steady_clock;
  struct Idle {
    std::unique_ptr<MysqlSession> session;
    Clock::time_point since;
  };

  Result<std::unique_ptr<MysqlSession>> Take();
  void GiveBack(std::unique_ptr<MysqlSession> session);
  Result<std::unique_ptr<store_sql::Transaction>> Begin(std::string_view how,
                                                        std::string_view step);

  const MysqlOptions options_;
  const Databases databases_;
  const std::chrono::milliseconds fresh_;
  std::mutex mutex_;
  std::condition_variable given_back_;
  std::vector<Idle> idle_;
  std::size_t taken_ = 0;
};

}  // namespace herdflow::store_mysql
