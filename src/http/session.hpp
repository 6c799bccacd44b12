#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "connections.hpp"
#include "exchange.hpp"
#include "gunzip.hpp"
#include "request_reader.hpp"
#include "response_text.hpp"
#include "worker.hpp"

namespace herdflow::http {

inline constexpr auto kAsTuple = boost::asio::as_tuple(boost::asio::use_awaitable);

/// One connection: reads a request, has it answered, writes the answer, again. What a client sends
/// ahead waits in the buffer, so answers keep the requests' order.
///
/// Threads: its worker's alone. Others of that thread have their turn whenever it waits, and at
/// least after each 64 KiB of a body.
class Session : public std::enable_shared_from_this<Session> {
 public:
  using Clock = std::chrono::steady_clock;

  Session(std::shared_ptr<Shared> shared, const std::shared_ptr<Worker>& worker,
          boost::asio::ip::tcp::socket socket, Connections::Place place);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  boost::asio::awaitable<void> Live();
  /// The worker's tick: is the time of what the session is doing over? Has it been idle since the
  /// last one?
  void Tick(Clock::time_point now);
  /// End, if it is idle; take no more of a body that comes piece by piece.
  void Drain();
  void Abort();

 private:
  template <class T>
  using Awaitable = boost::asio::awaitable<T>;
  enum class Phase { kIdle, kReading, kHandling, kWriting };

  Awaitable<bool> ServeOne();
  /// Fill the reader. False: the connection is over.
  Awaitable<bool> ReadMore(bool send_continue);
  Awaitable<Response> Handle(RequestReader::Complete& complete);

  // A body that is taken piece by piece (session_body.cpp).
  Awaitable<bool> TakeBody(RequestReader::Begun begun);
  /// Brings the body to the sink until it is whole, cut, or answered. True: whole.
  Awaitable<bool> Pump(BodySink& sink, bool is_packed);
  /// The next bytes of the connection. What cuts the body, if anything does.
  Awaitable<std::optional<CutShort>> ReadPiece();
  Awaitable<std::optional<CutShort>> Unpack(BodySink& sink, Gunzip& packed, std::string bytes);
  Awaitable<std::optional<CutShort>> Bring(BodySink& sink, std::string_view bytes);
  /// Until there is an answer, or the time for one is over.
  Awaitable<void> WaitForAnswer();
  /// Until more of the body is wanted too, or it is cut.
  Awaitable<void> WaitForMore();
  /// Why a body is not taken on, but for what its client does.
  [[nodiscard]] std::optional<CutShort> WhatCuts() const;

  Awaitable<bool> Write(const Response& response, Framing framing);
  /// True: all of it went at once, as nearly always. Else `text` is what did not.
  bool SendNow(std::string_view& text);
  Awaitable<bool> Send(std::string_view text);
  Awaitable<bool> SendContinue();
  /// Let the client read the last answer before the connection goes.
  Awaitable<void> Linger();
  void Enter(Phase phase, Clock::duration allowed);
  void OfferItsPlace();
  void NoteRequestLine(const Request& request);
  void LogFailure(const Response& response) const;

  std::shared_ptr<Shared> shared_;
  Connections::Place place_;
  Worker& worker_;
  std::weak_ptr<Worker> weak_worker_;
  boost::asio::ip::tcp::socket socket_;
  /// Never over by itself: whoever waits is woken, or is by the tick.
  boost::asio::steady_timer woken_;
  RequestReader reader_;
  std::string client_;
  std::string request_line_;  ///< For the log.
  std::shared_ptr<Exchange> exchange_;
  Phase phase_ = Phase::kIdle;
  Clock::time_point deadline_ = Clock::time_point::max();
  bool timed_out_ = false;
  bool aborted_ = false;

  // While a body comes piece by piece:
  bool takes_body_ = false;
  bool is_gone_ = false;          ///< The client: nobody reads an answer.
  std::size_t came_ = 0;          ///< Since the time to read was given last.
  Clock::duration read_left_{0};  ///< Of that time. It goes by only while the client is waited for.
};

}  // namespace herdflow::http
