#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

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
    texts_.clear();
    text_bytes_ = 0;
    return done;
  }

 private:
  static constexpr std::size_t kBlock = std::size_t{64} << 10;
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

  /// A copy that stays where it is: a block never grows beyond what it reserved.
  std::string_view Copy(std::string_view text) {
    text_bytes_ += text.size();
    if (texts_.empty() || texts_.back().capacity() - texts_.back().size() < text.size()) {
      texts_.emplace_back().reserve(std::max(kBlock, text.size()));
    }
    std::string& block = texts_.back();
    const std::size_t begin = block.size();
    block += text;
    return std::string_view(block).substr(begin);
  }

  Session& session_;
  const Sql& sql_;
  std::vector<Value> values_;
  std::deque<std::string> texts_;
  std::size_t text_bytes_ = 0;
};

}  // namespace herdflow::store_sql
