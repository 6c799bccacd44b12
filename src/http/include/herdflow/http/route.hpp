#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "herdflow/http/message.hpp"

namespace herdflow::http {

enum class Run : std::uint8_t {
  kInline,  ///< On the thread that reads the sockets: quick, never waits.
  // On threads that may wait, each kind on its own: none waits behind another.
  kBlocking,  ///< Reads from a disk or a database.
  kWriting,   ///< Writes there: may wait long for others who write.
  kProbing,   ///< Tells who looks after the process whether it is well.
};

/// Why a body never becomes whole.
enum class CutShort : std::uint8_t {
  kGone,        ///< The connection is lost: nobody reads an answer.
  kUnfinished,  ///< The client ended its side before the body's end; it may still read.
  kSilent,      ///< It sends too slowly.
  kBroken,      ///< What it sent is no HTTP, or no gzip where it said so.
  kSlow,        ///< The server: what came, or its answer, has taken longer than Limits::answer.
  kStopping,    ///< The server ends.
};

/// Where a body goes that is taken piece by piece. Threads: that which reads the sockets; quick,
/// never waits.
class BodySink {
 public:
  virtual ~BodySink() = default;

  /// The next bytes, at most 64 KiB, which live until it returns. Call `more` when the ones after
  /// them may come: at once, or later, from any thread; never, where the answer is on its way.
  virtual void Take(std::string_view bytes, std::function<void()> more) = 0;
  /// The body is whole. Nothing more comes; kSlow may.
  virtual void Finish() = 0;
  /// It will never be. Nothing more comes; kSlow may, and it is the last: answer with what is known
  /// by then, before it returns.
  virtual void Cut(CutShort why) = 0;
};

/// One path and method. `path`: `/cows/{cow_id}`; matches with and without a trailing slash.
struct Route {
  std::string method;
  std::string path;
  Run run = Run::kInline;
  std::size_t max_body_bytes = 0;
  bool is_open = false;  ///< Answered without the token too.
  /// What is answered in the place of a problem where the token is missing: a page that asks for
  /// it. Its status and challenge are set by the server.
  std::optional<Response> without_token = std::nullopt;
  /// The request lives until the call returns; keep what is needed later. An exception is a 500.
  std::function<void(const Request&, Respond)> handle;
  /// In its place, for bodies of any length, plain or gzip: what takes this one. Before the whole
  /// of it came an answer ends the connection. Nothing: it was answered. Runs as kInline.
  std::function<std::shared_ptr<BodySink>(const Request&, Respond)> stream = nullptr;
};

}  // namespace herdflow::http
