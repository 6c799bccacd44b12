#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "session.hpp"

namespace herdflow::store_sqlite {

/// Writes rows of integers by one INSERT or REPLACE, many rows a statement.
///
/// `Add` every row, then `Finish`: until then the last rows are not written.
template <std::size_t kColumns>
class BulkWrite {
 public:
  using Row = std::array<std::optional<std::int64_t>, kColumns>;

  /// `name`: the statement of one row, with kColumns parameters in the columns' order.
  BulkWrite(WriteScope& scope, std::string_view name) : scope_(scope), name_(name) {}

  Result<> Add(const Row& row) {
    rows_[count_++] = row;
    return count_ == kBulkRows ? WriteAll() : Result<>();
  }

  Result<> Finish() {
    if (count_ == 0) return {};
    HERDFLOW_ASSIGN(sqlite::Statement * one, scope_.Get(name_));
    for (std::size_t i = 0; i < count_; ++i) {
      BindRow(*one, rows_[i], 0);
      HERDFLOW_CHECK(one->Run());
    }
    count_ = 0;
    return {};
  }

 private:
  Result<> WriteAll() {
    HERDFLOW_ASSIGN(sqlite::Statement * many,
                    scope_.writer().session->GetBulk(name_, static_cast<int>(kColumns)));
    for (std::size_t i = 0; i < kBulkRows; ++i) {
      BindRow(*many, rows_[i], static_cast<int>(i * kColumns));
    }
    count_ = 0;
    return many->Run();
  }

  static void BindRow(sqlite::Statement& statement, const Row& row, int before) {
    for (std::size_t column = 0; column < kColumns; ++column) {
      statement.Bind(before + static_cast<int>(column) + 1, row[column]);
    }
  }

  WriteScope& scope_;
  std::string_view name_;
  std::array<Row, kBulkRows> rows_;
  std::size_t count_ = 0;
};

}  // namespace herdflow::store_sqlite
