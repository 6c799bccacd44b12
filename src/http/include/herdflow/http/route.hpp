#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "herdflow/http/message.hpp"

namespace herdflow::http {

enum class Run : std::uint8_t {
  kInline,  ///< On the thread that reads the sockets: quick, never waits.
  // On threads that may wait, each kind on its own: none waits behind another.
  kBlocking,  ///< Reads from a disk or a database.
  kWriting,   ///< Writes there: may wait long for others who write.
  kProbing,   ///< Tells who looks after the process whether it is well.
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
};

}  // namespace herdflow::http
