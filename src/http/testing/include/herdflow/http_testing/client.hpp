#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace herdflow::http_testing {

/// An answer as it came over the wire.
struct Answer {
  int status = 0;
  std::map<std::string, std::string, std::less<>> headers;  ///< Names in lower case.
  std::string body;

  [[nodiscard]] std::string Header(std::string_view name) const;
};

/// A plain socket to 127.0.0.1 for tests: what is sent is exactly what the test wrote.
/// A wait longer than ten seconds counts as the connection's end.
class Connection {
 public:
  explicit Connection(std::uint16_t port);
  ~Connection();
  Connection(Connection&& other) noexcept;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  [[nodiscard]] bool connected() const { return socket_ >= 0; }
  /// False where the server has closed.
  bool Send(std::string_view text) const;
  /// Nothing more is sent; answers may still be read.
  void EndSending() const;
  /// Gone without a word, as after a cable was pulled.
  void Reset();
  /// The next answer; nothing where the connection ends before it is complete.
  /// `head`: the answer has no body whatever its Content-Length says.
  std::optional<Answer> Read(bool head = false);
  /// The server closed the connection, and nothing is left to read.
  bool AtEnd();

 private:
  bool Fill();

  int socket_ = -1;
  std::string buffer_;
};

/// `GET /path HTTP/1.1` with Host, ready to send.
std::string Get(std::string_view path);
std::string Post(std::string_view path, std::string_view body, std::string_view more_headers = {});

/// One request on a connection of its own.
std::optional<Answer> Ask(std::uint16_t port, std::string_view request);

}  // namespace herdflow::http_testing
