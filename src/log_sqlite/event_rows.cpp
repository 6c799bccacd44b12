#include "event_rows.hpp"

#include <algorithm>

#include "log_file.hpp"

namespace herdflow::log_sqlite {
namespace {

using pipeline::Event;
using pipeline::Header;

constexpr int kColumns = 6;

std::string InsertOf(std::size_t rows) {
  std::string sql =
      "INSERT INTO events(position, broker_time, key, value, headers, checksum) VALUES ";
  for (std::size_t i = 0; i < rows; ++i) sql += i == 0 ? "(?,?,?,?,?,?)" : ",(?,?,?,?,?,?)";
  return sql;
}

bool AreSame(const std::vector<Header>& a, const std::vector<Header>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Header& x, const Header& y) {
    return x.name == y.name && x.value == y.value;
  });
}

}  // namespace

Result<EventRows> EventRows::Prepare(sqlite::Database& database) {
  HERDFLOW_ASSIGN(auto one, database.Prepare(InsertOf(1)));
  HERDFLOW_ASSIGN(auto many, database.Prepare(InsertOf(kRowsAtOnce)));
  return EventRows(std::move(one), std::move(many));
}

void EventRows::Begin() { rows_.clear(); }

Result<> EventRows::Add(std::int64_t position, Instant broker_time, const Event& event) {
  rows_.push_back({position, ToMicros(broker_time), &event, EncodedHeaders(event)});
  if (rows_.size() < kRowsAtOnce) return {};
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    Bind(many_, static_cast<int>(i) * kColumns, rows_[i]);
  }
  rows_.clear();
  return many_.Run();
}

Result<> EventRows::Finish() {
  for (const Row& row : rows_) {
    Bind(one_, 0, row);
    HERDFLOW_CHECK(one_.Run());
  }
  rows_.clear();
  return {};
}

/// Events that came together have the same headers.
std::optional<std::string_view> EventRows::EncodedHeaders(const Event& event) {
  if (event.headers.empty()) return std::nullopt;
  if (!rows_.empty() && AreSame(event.headers, rows_.back().event->headers)) {
    return rows_.back().headers;
  }
  return headers_[rows_.size()] = pipeline::EncodeHeaders(event.headers);
}

void EventRows::Bind(sqlite::Statement& statement, int first, const Row& row) {
  const auto& [position, broker_time, event, headers] = row;
  statement.Bind(first + 1, position)
      .Bind(first + 2, broker_time)
      .BindBlob(first + 3, event->key)
      .BindBlob(first + 4, event->value)
      .Bind(first + 6, ChecksumOf(position, broker_time, event->key, event->value, headers));
  if (headers) {
    statement.BindBlob(first + 5, *headers);
  } else {
    statement.Bind(first + 5, nullptr);
  }
}

}  // namespace herdflow::log_sqlite
