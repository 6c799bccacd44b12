// How a session takes a body piece by piece.

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <exception>
#include <utility>
#include <variant>

#include "herdflow/http/problem.hpp"
#include "session.hpp"

namespace herdflow::http {

namespace asio = boost::asio;
using asio::awaitable;

awaitable<bool> Session::TakeBody(RequestReader::Begun begun) {
  read_left_ = shared_->limits.read;
  Enter(Phase::kReading, read_left_);
  is_gone_ = false;
  came_ = 0;
  begun.request.client = client_;
  NoteRequestLine(begun.request);
  const auto exchange = std::make_shared<Exchange>(weak_worker_);
  exchange_ = exchange;
  exchange->taken = true;
  takes_body_ = true;
  const auto sink = OpenBody(*begun.route, begun.request, exchange);
  bool is_whole = false;
  if (sink && !exchange->response && begun.send_continue) co_await SendContinue();
  if (sink) {
    const bool is_packed = EqualsIgnoringCase(begun.request.Header("Content-Encoding"), "gzip");
    try {
      is_whole = co_await Pump(*sink, is_packed);
    } catch (const std::exception& failure) {
      if (!exchange->response) {
        exchange->response = ProblemResponse(Error(ErrorCode::kInternal, failure.what()));
      }
    }
  }
  if (!is_gone_) co_await WaitForAnswer();
  if (sink && !exchange->response && timed_out_) sink->Cut(CutShort::kSlow);
  exchange_.reset();
  exchange->answered = true;
  takes_body_ = false;
  if (is_gone_) co_return false;
  Framing framing = begun.framing;
  framing.keep_alive = framing.keep_alive && is_whole;
  if (!exchange->response) exchange->response = ProblemResponse(ProblemKind::kOutcomeUnknown);
  const Response response = *std::move(exchange->response);
  const bool goes_on = co_await Write(response, framing);
  co_return goes_on;
}

awaitable<bool> Session::Pump(BodySink& sink, bool is_packed) {
  std::optional<Gunzip> packed;
  if (is_packed) packed.emplace();
  std::optional<CutShort> cut;
  while (!cut && !exchange_->response) {
    RequestReader::Outcome outcome = reader_.Next();
    if (std::holds_alternative<RequestReader::NeedMore>(outcome)) {
      cut = co_await ReadPiece();
    } else if (auto* piece = std::get_if<RequestReader::Piece>(&outcome)) {
      came_ += piece->bytes.size();
      if (packed) {
        cut = co_await Unpack(sink, *packed, std::move(piece->bytes));
      } else {
        cut = co_await Bring(sink, piece->bytes);
      }
    } else if (std::holds_alternative<RequestReader::Whole>(outcome) &&
               (!packed || packed->is_whole())) {
      sink.Finish();
      co_return true;
    } else {
      cut = CutShort::kBroken;
    }
  }
  if (exchange_->response) co_return false;
  is_gone_ = *cut == CutShort::kGone;
  sink.Cut(*cut);
  co_return false;
}

awaitable<std::optional<CutShort>> Session::ReadPiece() {
  if (shared_->draining) co_return CutShort::kStopping;
  if (came_ >= shared_->limits.read_bytes) {
    read_left_ = shared_->limits.read;
    came_ = 0;
  }
  Enter(Phase::kReading, read_left_);
  const std::span<char> space = reader_.Space();
  exchange_->wake = [this] {
    boost::system::error_code ignored;
    socket_.cancel(ignored);
  };
  const auto [error, bytes] =
      co_await socket_.async_read_some(asio::buffer(space.data(), space.size()), kAsTuple);
  exchange_->wake = nullptr;
  read_left_ = deadline_ - Clock::now();
  if (!error) {
    reader_.Filled(bytes);
    co_return std::nullopt;
  }
  if (exchange_->response) co_return std::nullopt;
  if (error == asio::error::eof) co_return CutShort::kUnfinished;
  if (timed_out_) co_return CutShort::kSilent;
  if (error == asio::error::operation_aborted && shared_->draining) co_return CutShort::kStopping;
  co_return CutShort::kGone;
}

awaitable<std::optional<CutShort>> Session::Unpack(BodySink& sink, Gunzip& packed,
                                                   std::string bytes) {
  Enter(Phase::kHandling, shared_->limits.answer);
  packed.Put(std::move(bytes));
  for (;;) {
    const auto unpacked = packed.Next();
    if (!unpacked) co_return CutShort::kBroken;
    if (unpacked->empty()) co_return std::nullopt;
    auto cut = co_await Bring(sink, *unpacked);
    // A thousand times of what was read may follow, and the sink may want all of it at once.
    co_await asio::post(worker_.context, asio::use_awaitable);
    if (!cut) cut = WhatCuts();
    if (cut || exchange_->response) co_return cut;
  }
}

awaitable<std::optional<CutShort>> Session::Bring(BodySink& sink, std::string_view bytes) {
  const auto exchange = exchange_;
  exchange->wants_more = false;
  sink.Take(bytes, [exchange] { WantMore(exchange); });
  if (!exchange->wants_more) co_await WaitForMore();
  if (exchange->wants_more || exchange->response) co_return std::nullopt;
  co_return WhatCuts();
}

std::optional<CutShort> Session::WhatCuts() const {
  if (aborted_) return CutShort::kGone;
  if (timed_out_) return CutShort::kSlow;
  if (shared_->draining) return CutShort::kStopping;
  return std::nullopt;
}

awaitable<void> Session::WaitForMore() {
  Enter(Phase::kHandling, shared_->limits.answer);
  exchange_->wake = [this] { woken_.cancel(); };
  while (!exchange_->response && !exchange_->wants_more && !WhatCuts()) {
    co_await woken_.async_wait(kAsTuple);
  }
  exchange_->wake = nullptr;
}

awaitable<void> Session::WaitForAnswer() {
  Enter(Phase::kHandling, shared_->limits.answer);
  exchange_->wake = [this] { woken_.cancel(); };
  while (!exchange_->response && !aborted_ && !timed_out_) {
    co_await woken_.async_wait(kAsTuple);
  }
  exchange_->wake = nullptr;
}

}  // namespace herdflow::http
