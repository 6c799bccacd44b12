#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <variant>

#include "herdflow/http/message.hpp"
#include "herdflow/http/server.hpp"
#include "response_text.hpp"
#include "router.hpp"

namespace herdflow::http {

/// Takes the bytes of one connection apart into requests and holds them to the limits. Knows no
/// socket: fill Space(), tell with Filled(), ask Next().
///
/// Threads: one at a time. Lifetime: what it is made of outlives it.
class RequestReader {
 public:
  RequestReader(const Router& router, const Limits& limits, const Access& access);
  ~RequestReader();
  RequestReader(const RequestReader&) = delete;
  RequestReader& operator=(const RequestReader&) = delete;

  /// The request is incomplete.
  struct NeedMore {
    bool send_continue = false;  ///< The client waits for `100 Continue` before the body.
  };
  struct Complete {
    Request request;
    const Route* route = nullptr;
    Framing framing;
  };
  /// The request cannot be given to a route. Without keep-alive nothing more can be read.
  struct Refused {
    Response response;
    Framing framing;
  };
  /// The head of a request whose body comes piece by piece: Pieces follow, then a Whole, or
  /// Refused.
  struct Begun {
    Request request;
    const Route* route = nullptr;
    Framing framing;
    bool send_continue = false;
  };
  struct Piece {
    std::string bytes;
  };
  struct Whole {};
  using Outcome = std::variant<NeedMore, Complete, Refused, Begun, Piece, Whole>;

  [[nodiscard]] Outcome Next();
  /// Bytes of a request have come that Next() has not given yet.
  [[nodiscard]] bool begun() const;

  [[nodiscard]] std::span<char> Space();
  void Filled(std::size_t bytes);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace herdflow::http
