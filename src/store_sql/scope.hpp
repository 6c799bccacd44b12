#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "herdflow/core/result.hpp"
#include "herdflow/pipeline/rows.hpp"
#include "herdflow/store_sql/session.hpp"
#include "revisions.hpp"

namespace herdflow::store_sql {

/// Of what rows a count is.
struct CountKey {
  std::string counted;
  std::int64_t farm = 0;
  std::string kind;

  auto operator<=>(const CountKey&) const = default;
};
using RowCounts = std::map<CountKey, std::int64_t>;

/// One write transaction of a step. Destroyed uncommitted, it rolls back.
class WriteScope {
 public:
  static Result<std::unique_ptr<WriteScope>> Begin(WriteSessions& sessions, std::string_view step);
  ~WriteScope();
  WriteScope(const WriteScope&) = delete;
  WriteScope& operator=(const WriteScope&) = delete;

  Result<Statement*> Get(const Sql& sql) { return session().Get(sql); }
  [[nodiscard]] Session& session() { return transaction_->session(); }
  [[nodiscard]] IdTable& cows() { return session().cows(); }
  [[nodiscard]] IdTable& sensors() { return session().sensors(); }
  /// What rises when this commits: see TouchRevision.
  [[nodiscard]] Touched& touched() { return touched_; }
  /// As Transaction::Commit. What CountChange and TouchRevision were told is written first.
  Result<> Commit();

  [[nodiscard]] std::string_view step() const { return step_; }
  /// What the transaction changes of the counts that its step keeps: by CountChange.
  [[nodiscard]] RowCounts& count_changes() { return count_changes_; }

 private:
  WriteScope(std::unique_ptr<Transaction> transaction, std::string_view step)
      : transaction_(std::move(transaction)), step_(step) {}

  std::unique_ptr<Transaction> transaction_;
  std::string_view step_;  ///< A literal.
  RowCounts count_changes_;
  Touched touched_;
  bool committed_ = false;
};

/// Adds what CountChange was told to what is kept.
Result<> WriteCountChanges(WriteScope& scope);

/// The farm's integer; given now, if it has none yet.
Result<pipeline::FarmRef> FarmRefOf(Session& session, std::string_view id);

/// Steps to the end: `each(row)` for each; where it may fail, to the first failure.
template <class Each>
Result<> ForEachRow(Statement& read, const Each& each) {
  while (true) {
    HERDFLOW_ASSIGN(const bool there, read.Step());
    if (!there) return {};
    if constexpr (std::is_void_v<std::invoke_result_t<const Each&, const Statement&>>) {
      each(read);
    } else if (auto done = each(read); !done) {
      read.Reset();
      return done;
    }
  }
}

/// The first column of the one row that a bound statement gives, if it gives one.
Result<std::optional<std::int64_t>> FirstInt(Statement& statement);

/// Binds version, stream, partition and offset from parameter `first` on.
void BindLineage(Statement& statement, int first, const pipeline::Lineage& lineage);
/// Of a row's own message, as most tables have it.
inline constexpr std::string_view kLineageColumns[]{"version", "stream_id", "topic_partition",
                                                    "topic_offset"};
/// Reads the same four from column `first` on.
[[nodiscard]] pipeline::Lineage ReadLineage(const Statement& row, int first);
/// The hash in a blob column, if it holds one.
[[nodiscard]] std::optional<pipeline::MessageHash> HashIn(std::string_view bytes);

}  // namespace herdflow::store_sql
