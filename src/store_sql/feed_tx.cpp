#include <algorithm>
#include <map>
#include <utility>

#include "day_sums.hpp"
#include "derived_rows.hpp"
#include "derived_statements.hpp"
#include "feed_blocks.hpp"
#include "feed_places.hpp"
#include "gold_rows.hpp"
#include "herdflow/store_sql/columns.hpp"
#include "rejudge_queue.hpp"
#include "revisions.hpp"
#include "row_counts.hpp"
#include "transactions.hpp"
#include "unjudged.hpp"

namespace herdflow::store_sql {
namespace {

using herd::Period;
using herd::PeriodKind;
using pipeline::Block;
using pipeline::CowRange;
using pipeline::CowRef;
using pipeline::DayRange;
using pipeline::Derived;
using pipeline::DerivedKey;
using pipeline::DerivedRow;
using pipeline::DerivedTable;
using pipeline::FarmRef;
using pipeline::FeedPlace;
using pipeline::kAllCows;
using pipeline::SensorRef;

bool Touches(const Period& period, const DayRange& days) {
  return period.first <= days.last && period.last >= days.first;
}

class SqlFeedTx final : public pipeline::FeedTx {
 public:
  SqlFeedTx(FeedSessions sessions, std::unique_ptr<Transaction> snapshot, const DerivedTable& table)
      : sessions_(std::move(sessions)),
        snapshot_(std::move(snapshot)),
        table_(table),
        sums_(table) {}

  Result<std::optional<Block>> Next(std::size_t max) override {
    if (!seen_) {
      HERDFLOW_CHECK(LookWhereItStands());
      if (!seen_) return std::optional<Block>();
    }
    const std::size_t done = std::max(read_, keys_);
    if (done > max - max / 4) return std::optional<Block>();  // What is left is not worth a block.
    const std::size_t left = max - done;
    std::optional<Block> block;
    if (after_->state == FeedState::kFill) {
      HERDFLOW_ASSIGN(block, NextOfAll(session(), table_, after_->days, after_->last, left));
      if (!block) {
        *after_ = {after_->position, after_->position, FeedState::kIdle, {}, {}};
        if (had_block_) return block;  // Its rows are there before those that are noted follow.
      }
    }
    if (!block) {
      HERDFLOW_ASSIGN(block, NextOfNotes(session(), table_, *after_, *seen_, left));
    }
    if (block) {
      block_ = *block;
      keys_ += block->keys.size();
      had_block_ = true;
    } else if (after_ == before_) {
      HERDFLOW_ASSIGN(drops_, AreAllNotesSeen());
    }
    return block;
  }

  Result<std::optional<Block>> Look(const std::optional<DayRange>& days, FeedPlace& place,
                                    std::size_t max) override {
    session().herd().Forget();
    is_looking_ = true;
    looks_at_ = days;
    HERDFLOW_ASSIGN(before_, ReadPlace(session(), table_));
    if (!before_ || before_->state == FeedState::kFill) return std::optional<Block>();
    HERDFLOW_ASSIGN(auto block, NextOfAll(session(), table_, days, place, max));
    if (block) block_ = *block;
    return block;
  }

  Result<> Write(const Derived& derived) override {
    HERDFLOW_ASSIGN(const std::vector<DerivedRow> known, ReadKnown(derived));
    std::int64_t& added = added_[block_.farm];
    CompareRows(
        derived, known,
        [&](const DerivedRow& row, const DerivedRow* was) {
          rows_.push_back(row);
          if (was == nullptr) ++added;
          if (block_.whole) return;
          sums_.Add(row);
          if (was != nullptr) sums_.Remove(*was);
        },
        [&](const DerivedRow& was) {
          gone_.push_back(was.key);
          --added;
          if (!block_.whole) sums_.Remove(was);
        });
    if (!block_.whole) return {};
    for (const DerivedRow& row : derived.rows) sums_.Add(row);  // A fill begins without any.
    return {};
  }

  Result<std::vector<DerivedKey>> Otherwise(const Derived& derived) override {
    HERDFLOW_ASSIGN(const std::vector<DerivedRow> known, ReadKnown(derived));
    std::vector<DerivedKey> differing = std::exchange(wrong_sums_, {});
    CompareRows(
        derived, known,
        [&](const DerivedRow& row, const DerivedRow*) { differing.push_back(row.key); },
        [&](const DerivedRow& was) { differing.push_back(was.key); });
    std::vector<DerivedKey> otherwise;
    for (const DerivedKey& key : differing) {
      // A chain is computed as a whole.
      if (looks_at_ && !Touches(herd::PeriodOf(shape().period, key.day), *looks_at_)) continue;
      HERDFLOW_ASSIGN(const bool noted, IsNoted(key));
      if (!noted) otherwise.push_back(key);
    }
    HERDFLOW_ASSIGN(const bool waits, IsPassRequested(session()));
    if (!waits) return otherwise;
    return Fail(ErrorCode::kUnavailable,
                "comparing {}: readings are being judged again by other units or rules",
                table_.shape().table);
  }

  Result<> Commit() override {
    const bool moves = after_ && after_ != before_;
    snapshot_.reset();        // Nobody waits for it while it waits for its turn to write.
    if (!moves && !drops_) {  // Looking in vain writes nothing.
      sessions_.writers->Rest();
      return {};
    }
    HERDFLOW_ASSIGN(const auto scope, WriteScope::Begin(*sessions_.writers, shape().task));
    HERDFLOW_CHECK(CheckNothingMoved(*scope));
    HERDFLOW_CHECK(WriteRows(*scope));
    HERDFLOW_CHECK(WritePlace(*scope, table_, *after_));
    if (after_->state == FeedState::kIdle) HERDFLOW_CHECK(DropNotes(*scope));
    return scope->Commit();
  }

  Result<> ReadReadings(const Block& block, const EachReading& each) override {
    static constexpr Columns kOf(sql::kReadAcceptedOfCow);
    static_assert(SameColumns(sql::kReadAcceptedOfCow, sql::kReadAcceptedOfCows));
    const auto give = [&](const Statement& row) {
      ++read_;
      return each({DayOf(row.Int(kOf["farm_day"])), CowRef{row.Int(kOf["cow_id"])},
                   SensorRef{row.Int(kOf["sensor_id"])}, FromMicros(row.Int(kOf["timestamp"])),
                   row.Int(kOf["value"])});
    };
    if (block.whole) {
      for (const auto& [first, last] : block.cows) {
        HERDFLOW_ASSIGN(Statement * read, session().Get(sql::kReadAcceptedOfCows));
        read->Bind(1, block.farm).Bind(2, block.period.first.days).Bind(3, first).Bind(4, last);
        HERDFLOW_CHECK(ForEachRow(*read, give));
      }
      return {};
    }
    std::vector<Value> cows;
    const DerivedKey* last = nullptr;
    for (const DerivedKey& key : block.keys) {
      const bool again = last != nullptr && last->day == key.day && last->cow == key.cow;
      if (!again) cows.insert(cows.end(), {key.farm, key.day.days, key.cow});
      last = &key;
    }
    return session().ReadForKeys(sql::kReadAcceptedOfCow, 3, cows, give);
  }

  Result<> ReadRows(const DerivedTable& of, const Block& block, const EachRow& each) override {
    const auto give = [&](const DerivedRow& row) {
      ++read_;
      return each(row);
    };
    if (block.whole) return ReadWhole(session(), of, block, give);
    return ReadSourceRows(session(), of, table_, block.keys, give);
  }

  Result<> SumDays(const DerivedTable& of, const Block& block, const EachSum& each) override {
    read_ += block.keys.size();
    if (!is_looking_) return ReadDaySums(session(), of, block.keys, each);
    HERDFLOW_ASSIGN(const auto wrong, FindWrongSums(session(), of, block.keys));
    for (const FarmDay day : wrong) wrong_sums_.push_back({block.farm, day, {}, {}});
    return store_sql::SumDays(session(), of, block.keys, each);
  }

  Result<std::int64_t> CountRefused(FarmRef farm, FarmDay day) override {
    HERDFLOW_ASSIGN(Statement * count, session().Get(sql::kCountRefusedOfDay));
    HERDFLOW_ASSIGN(const auto counted, FirstInt(count->Bind(1, farm).Bind(2, day.days)));
    return counted.value_or(0);
  }

  Result<herd::Measure> MeasureOf(SensorRef sensor) override {
    HERDFLOW_ASSIGN(const auto measure, session().herd().MeasureOf(sensor));
    return measure.value_or(herd::Measure{});
  }

  Result<std::string_view> IdOf(SensorRef sensor) override {
    HERDFLOW_ASSIGN(const TextId id, session().sensors().IdOf(static_cast<std::int64_t>(sensor)));
    return id.text;
  }

 private:
  /// Nothing can be done where seen_ stays empty.
  Result<> LookWhereItStands() {
    HERDFLOW_ASSIGN(const bool waits, IsPassRequested(session()));
    if (waits) return {};
    HERDFLOW_ASSIGN(before_, ReadPlace(session(), table_));
    HERDFLOW_ASSIGN(auto seen, ReadSeen(session(), table_));
    if (seen && !before_) {
      HERDFLOW_CHECK(BeginTable(*seen));
      HERDFLOW_ASSIGN(seen, ReadSeen(session(), table_));
    }
    if (!before_) return {};
    after_ = before_;
    seen_ = seen;
    return {};
  }

  Session& session() { return snapshot_->session(); }
  [[nodiscard]] const DerivedTable::Shape& shape() const { return table_.shape(); }

  /// From here on what changes is noted; what has changed before is in every snapshot to come,
  /// since whoever changes something holds the counter until it is committed. `seen`: what the
  /// tables that it reads have seen; what they will see later they will have to be asked for again.
  Result<> BeginTable(std::int64_t seen) {
    snapshot_.reset();
    {
      HERDFLOW_ASSIGN(const auto scope, WriteScope::Begin(*sessions_.writers, shape().task));
      HERDFLOW_CHECK(HoldChunkCounter(*scope));
      HERDFLOW_ASSIGN(const auto place, HoldPlace(*scope, table_));
      if (!place) {
        HERDFLOW_CHECK(DropDaySums(*scope, table_, {}));
        HERDFLOW_CHECK(WritePlace(*scope, table_, {seen, seen, FeedState::kFill, {}, {}}));
      }
      HERDFLOW_CHECK(scope->Commit());
    }
    HERDFLOW_ASSIGN(snapshot_, sessions_.readers->BeginRead());
    HERDFLOW_ASSIGN(before_, ReadPlace(session(), table_));
    return {};
  }

  /// Whether the row is noted, and may be to be computed still.
  Result<bool> IsNoted(const DerivedKey& key) {
    const CowRange cows = shape().by_cow ? CowRange{key.cow, key.cow} : CowRange{{}, kAllCows.last};
    const FarmDay first = shape().chains ? FeedPlace{}.day : key.day;
    const FarmDay last = herd::PeriodOf(shape().period, key.day).last;
    HERDFLOW_ASSIGN(Statement * find, session().Get(sql::kFindNote));
    find->Bind(1, key.farm).Bind(2, first.days).Bind(3, last.days);
    find->Bind(4, cows.first).Bind(5, cows.last).Bind(6, before_->position);
    HERDFLOW_ASSIGN(const auto found, FirstInt(*find));
    return found.has_value();
  }

  // --- What is written -------------------------------------------------------------------------

  /// What the table holds of the block in hand.
  Result<std::vector<DerivedRow>> ReadKnown(const Derived& derived) {
    std::vector<DerivedRow> known;
    const auto keep = [&](const DerivedRow& row) -> Result<> {
      known.push_back(row);
      return {};
    };
    if (block_.whole) {
      HERDFLOW_CHECK(ReadWhole(session(), table_, block_, keep));
      const bool is_first = block_.cows.front().first == kAllCows.first;
      if (is_first && !shape().chains && shape().period != PeriodKind::kDay) {
        HERDFLOW_ASSIGN(Statement * read, session().Get(StatementsOf(table_).read_misplaced.sql()));
        read->Bind(1, block_.farm).Bind(2, block_.period.first.days);
        read->Bind(3, block_.period.last.days);
        HERDFLOW_CHECK(ForEachRow(
            *read, [&](const Statement& row) { return keep(DerivedRowIn(table_, row)); }));
      }
    } else {
      HERDFLOW_CHECK(store_sql::ReadRows(session(), table_, derived.keys, keep));
    }
    const auto by_key = [](const DerivedRow& a, const DerivedRow& b) { return a.key < b.key; };
    if (!std::is_sorted(known.begin(), known.end(), by_key)) {
      std::sort(known.begin(), known.end(), by_key);
    }
    return known;
  }

  /// Goes through what there is to be and what there is, both by key.
  template <class New, class Gone>
  static void CompareRows(const Derived& derived, const std::vector<DerivedRow>& known, New is_new,
                          Gone is_gone) {
    auto was = known.begin();
    for (const DerivedRow& row : derived.rows) {
      while (was != known.end() && was->key < row.key) is_gone(*was++);
      const bool there = was != known.end() && was->key == row.key;
      if (!there || *was != row) is_new(row, there ? &*was : nullptr);
      if (there) ++was;
    }
    while (was != known.end()) is_gone(*was++);
  }

  Result<> CheckNothingMoved(WriteScope& scope) {
    HERDFLOW_ASSIGN(const auto place, HoldPlace(scope, table_));
    if (place != before_) {
      return Fail(ErrorCode::kUnavailable, "computing {}: another process has done it meanwhile",
                  shape().table);
    }
    HERDFLOW_ASSIGN(const bool waits, IsPassRequested(scope.session()));
    if (!waits) return {};
    return Fail(ErrorCode::kUnavailable,
                "computing {}: a sensor's unit or kind or a farm's rules changed meanwhile",
                shape().table);
  }

  /// What the herd's answers and reports are made from.
  void Touch(WriteScope& scope, const DerivedKey& key) const {
    if (&table_ == &pipeline::SensorPeriods(PeriodKind::kDay)) {
      TouchRevision(scope, Revised::kDaily, key.farm, key.day);
    } else if (&table_ == &pipeline::CowDays()) {
      TouchRevision(scope, Revised::kCowDays, key.farm, key.day);
    }
  }

  Result<> WriteRows(WriteScope& scope) {
    const DerivedSql& sql = StatementsOf(table_);
    std::vector<Value> values;
    const std::size_t batch = scope.session().rows_at_once();
    const auto write = [&](const Sql& statement, std::size_t columns) -> Result<> {
      auto done =
          values.empty() ? Result<>() : scope.session().RunForRows(statement, columns, values);
      values.clear();
      return done;
    };
    for (const DerivedKey& key : gone_) AddKey(table_, key, values);
    HERDFLOW_CHECK(write(sql.remove.sql(), sql.key_columns));
    for (const DerivedRow& row : rows_) {
      AddKey(table_, row.key, values);
      for (std::size_t i = 0; i < shape().values.size(); ++i) {
        const std::int64_t value = row.values[i];
        values.push_back(value == pipeline::kNoValue ? Value() : Value(value));
      }
      if (values.size() == batch * sql.columns) HERDFLOW_CHECK(write(sql.write.sql(), sql.columns));
    }
    HERDFLOW_CHECK(write(sql.write.sql(), sql.columns));
    for (const DerivedKey& key : gone_) Touch(scope, key);
    for (const DerivedRow& row : rows_) Touch(scope, row.key);
    HERDFLOW_CHECK(sums_.Write(scope));
    for (const auto& [farm, added] : added_) {
      CountChange(scope, GoldName(table_), static_cast<std::int64_t>(farm), "", added);
    }
    return {};
  }

  /// Of tables that come to the end at once, none saw where the others had come to.
  Result<bool> AreAllNotesSeen() {
    HERDFLOW_ASSIGN(Statement * any, session().Get(sql::kFindNoteOfAny));
    HERDFLOW_ASSIGN(const auto found, FirstInt(*any));
    if (!found) return false;
    HERDFLOW_ASSIGN(const std::int64_t newest, ReadChunkCounter(session()));
    HERDFLOW_ASSIGN(Statement * read, session().Get(sql::kReadOldestPosition));
    HERDFLOW_ASSIGN(const auto oldest, FirstInt(*read));
    return oldest == newest;
  }

  /// Once every table has seen every note, all of them go at once, which costs next to nothing; but
  /// not those that cleanse has written since.
  static Result<> DropNotes(WriteScope& scope) {
    HERDFLOW_ASSIGN(const std::int64_t newest, ReadChunkCounter(scope.session()));
    HERDFLOW_ASSIGN(Statement * read, scope.Get(sql::kReadOldestPosition));
    HERDFLOW_ASSIGN(const auto oldest, FirstInt(*read));
    if (oldest != newest) return {};
    HERDFLOW_ASSIGN(Statement * remove, scope.Get(sql::kDeleteDirtyDays));
    return remove->Bind(1, newest).Run();
  }

  FeedSessions sessions_;
  std::unique_ptr<Transaction> snapshot_;
  const DerivedTable& table_;
  std::optional<TablePlace> before_;  ///< Where the table stands,
  std::optional<TablePlace> after_;   ///< and where once this is committed.
  std::optional<std::int64_t> seen_;  ///< Up to which note it can go.
  Block block_;                       ///< In hand,
  bool had_block_ = false;            ///< if this transaction had any yet;
  std::size_t keys_ = 0;              ///< it asked for so many rows,
  std::size_t read_ = 0;              ///< for which so many were read.
  bool is_looking_ = false;           ///< Nothing is to be written,
  std::optional<DayRange> looks_at_;  ///< and these days alone are looked at.
  bool drops_ = false;                ///< Nothing is to be done but to let all notes go.
  std::vector<DerivedRow> rows_;
  std::vector<DerivedKey> gone_;
  std::vector<DerivedKey> wrong_sums_;  ///< What is to be made of these would come out wrong.
  DaySumChanges sums_;
  std::map<FarmRef, std::int64_t> added_;  ///< How many rows more each farm has.
};

}  // namespace

Result<std::unique_ptr<pipeline::FeedTx>> MakeFeedTx(FeedSessions sessions,
                                                     const DerivedTable& table) {
  HERDFLOW_ASSIGN(auto snapshot, sessions.readers->BeginRead());
  return std::make_unique<SqlFeedTx>(std::move(sessions), std::move(snapshot), table);
}

}  // namespace herdflow::store_sql
