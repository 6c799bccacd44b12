#include "bronze_ahead.hpp"

#include <cstring>

namespace herdflow::store_sql {
namespace {

Result<BronzePiece> ReadPiece(ReadSessions& sessions, const UnjudgedPartition& partition,
                              std::size_t max) {
  BronzePiece piece;
  piece.texts = std::make_unique<std::pmr::monotonic_buffer_resource>();
  const auto kept = [&](std::string_view text) {
    if (text.empty()) return std::string_view();
    auto* bytes = static_cast<char*>(piece.texts->allocate(text.size(), 1));
    std::memcpy(bytes, text.data(), text.size());
    return std::string_view(bytes, text.size());
  };
  HERDFLOW_ASSIGN(const auto snapshot, sessions.BeginRead());
  HERDFLOW_ASSIGN(
      piece.taken,
      TakeBronze(snapshot->session(), sql::kReadBronzeMeasurements, partition, max, kChunkBytes,
                 [&](const Statement& statement) -> Result<> {
                   BronzeRow row = BronzeRowIn(statement);
                   for (auto* text : {&row.timestamp, &row.value, &row.deleted, &row.payload}) {
                     *text = kept(*text);
                   }
                   piece.rows.push_back(row);
                   return {};
                 }));
  return piece;
}

}  // namespace

BronzeRow BronzeRowIn(const Statement& row) {
  BronzeRow found;
  found.lineage = {row.Int(1), pipeline::StreamRef{row.Int(10)},
                   static_cast<std::int32_t>(row.Int(11)), row.Int(0)};
  found.received_at = FromMicros(row.Int(2));
  found.sensor = row.MaybeInt(3);
  found.cow = row.MaybeInt(4);
  found.kinds = row.MaybeInt(5);
  found.timestamp = row.Bytes(6);
  found.value = row.Bytes(7);
  found.deleted = row.Bytes(8);
  if (!found.kinds) found.payload = row.Bytes(kPayload);
  return found;
}

void BronzeAhead::Begin(const UnjudgedPartition& partition, std::size_t max) {
  begun_.reset();
  begun_ = Begun{partition, std::async(std::launch::async, [sessions = sessions_, partition, max] {
                   return ReadPiece(*sessions, partition, max);
                 })};
}

std::optional<BronzePiece> BronzeAhead::Take(const UnjudgedPartition& partition, std::size_t max,
                                             std::size_t max_bytes) {
  if (!begun_ || begun_->partition.stream != partition.stream ||
      begun_->partition.partition != partition.partition ||
      begun_->partition.from != partition.from) {
    return {};
  }
  auto piece = std::exchange(begun_, std::nullopt)->piece.get();
  // Whoever reads it then finds out what is wrong.
  if (!piece || piece->taken.rows > max || piece->taken.bytes > max_bytes) return {};
  return *std::move(piece);
}

}  // namespace herdflow::store_sql
