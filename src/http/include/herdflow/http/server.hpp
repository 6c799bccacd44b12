#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "herdflow/core/result.hpp"
#include "herdflow/http/access.hpp"
#include "herdflow/http/route.hpp"

namespace herdflow::http {

struct Limits {
  std::size_t header_bytes =
      std::size_t{16} * 1024;  ///< Of the request line and all fields: else 431.
  std::size_t header_fields = 64;
  /// For one more the oldest idle one is closed, of the address that has most; if none is idle it
  /// is answered 503. One address has three quarters of them at most (an IPv6 network: /64).
  std::size_t connections = 1024;
  // Of each kind of handler that may wait; one more is answered 503.
  std::size_t blocking_requests = 256;
  std::size_t writing_requests = 64;
  std::size_t probing_requests = 16;
  std::chrono::milliseconds read{10'000};  ///< First byte to last byte of a request: else 408.
  /// What of a body that is taken piece by piece must come in this time, again and again. Only the
  /// time counts in which the client is waited for.
  std::size_t read_bytes = std::size_t{10} * 1024;
  std::chrono::milliseconds turn{10'000};    ///< Until a handler begins: else 503.
  std::chrono::milliseconds answer{30'000};  ///< Until it answers, or takes on: else 504.
  std::chrono::milliseconds write{30'000};   ///< A client that does not read is cut off.
  std::chrono::milliseconds idle{75'000};    ///< Between two requests of a connection.
};

struct ServerOptions {
  std::string address = "127.0.0.1";  ///< Without a token loopback only.
  std::uint16_t port = 0;             ///< 0: any free one, see Server::port().
  Access access;                      ///< Whether requests need a token.
  std::size_t threads = 2;            ///< That read and write the sockets.
  std::size_t blocking_threads = 2;
  std::size_t writing_threads = 2;
  Limits limits;
  /// How the user names the settings, for error messages.
  std::string address_setting = "the listen address";
  std::string port_setting = "the port";
  std::string token_setting = "the token";
};

/// An HTTP/1.1 server of a list of routes.
///
/// Lifetime: destruction drains without patience. Handlers and what they use must outlive it.
/// Threads: any.
class Server {
 public:
  /// What Start refuses by these options alone: its kInvalidInput.
  static Result<> Check(const ServerOptions& options);
  /// Listens when it returns. kInvalidInput: no address, or one that others reach and no token.
  /// kConflict: the port is in use; the message names its holder where the system tells.
  static Result<std::unique_ptr<Server>> Start(const ServerOptions& options,
                                               std::vector<Route> routes);

  virtual ~Server() = default;

  [[nodiscard]] virtual std::uint16_t port() const = 0;
  /// `http://127.0.0.1:5000`.
  [[nodiscard]] virtual std::string url() const = 0;

  /// Accept no more, finish every request that was begun, close. Of a body that is taken piece by
  /// piece no more is read: it is cut, and answered. What is not answered within `patience` is cut
  /// off. Blocks; again is harmless.
  virtual void Drain(std::chrono::milliseconds patience) = 0;
};

}  // namespace herdflow::http
