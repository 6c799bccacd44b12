#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "herdflow/core/text_arena.hpp"
#include "herdflow/store_sql/session.hpp"

namespace herdflow::store_sql {

/// Runs one statement for many rows, as many at once as the session does well. Copies what a row
/// views. `Add` every row, then `Finish`: until then the last rows are not written.
template <std::size_t kColumns>
class RowWriter {
 public:
  using Row = std::array<Value, kColumns>;

  /// `sql`: the statement of one row, with kColumns parameters in their order.
  RowWriter(Session& session, const Sql& sql) : session_(session), sql_(sql) {
    values_.reserve(session.rows_at_once() * kColumns);
  }

  Result<> Add(const Row& row) {
    for (const Value& value : row) values_.push_back(Kept(value));
    const bool full = values_.size() == session_.rows_at_once() * kColumns;
    return full || text_bytes_ >= kMaxTextBytes ? Finish() : Result<>();
  }

  Result<> Finish() {
    if (values_.empty()) return {};
    auto done = session_.RunForRows(sql_, kColumns, values_);
    values_.clear();
    if (std::exchange(text_bytes_, 0) != 0) texts_.Drop();
    return done;
  }

 private:
  static constexpr std::size_t kMaxTextBytes = std::size_t{8} << 20;

  Value Kept(const Value& value) {
    switch (value.kind()) {
      case Value::Kind::kNull:
      case Value::Kind::kInt:
        return value;
      case Value::Kind::kText:
        return Copy(value.bytes());
      case Value::Kind::kBlob:
        return Value::Blob(Copy(value.bytes()));
    }
    return value;
  }

  std::string_view Copy(std::string_view text) {
    text_bytes_ += text.size();
    return texts_.Keep(text);
  }

  Session& session_;
  Sql sql_;
  std::vector<Value> values_;
  TextArena texts_;
  std::size_t text_bytes_ = 0;
};

}  // namespace herdflow::store_sql
