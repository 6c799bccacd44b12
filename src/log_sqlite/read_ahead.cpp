#include "read_ahead.hpp"

#include <utility>

namespace herdflow::log_sqlite {

Result<std::unique_ptr<ReadAhead>> ReadAhead::Make(sqlite::Database database) {
  HERDFLOW_ASSIGN(auto query, MessageQuery::Prepare(database));
  return std::unique_ptr<ReadAhead>(new ReadAhead(std::move(database), std::move(query)));
}

void ReadAhead::Begin(std::string_view stream_id, const Piece& piece) {
  begun_.reset();
  begun_ = Begun{std::string(stream_id), piece,
                 std::async(std::launch::async, [this, piece] { return query_.Read(piece); })};
}

std::optional<Result<Messages>> ReadAhead::Take(std::string_view stream_id, const Piece& piece) {
  if (!begun_ || begun_->stream_id != stream_id || begun_->piece.offset != piece.offset ||
      begun_->piece.partition_id != piece.partition_id) {
    return {};
  }
  auto begun = std::exchange(begun_, std::nullopt);
  return begun->messages.get();
}

}  // namespace herdflow::log_sqlite
