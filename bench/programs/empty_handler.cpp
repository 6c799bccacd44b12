/// The server of src/http with a handler that reads nothing and answers at once, in the bytes of an
/// accepted reading: what of an answer's time is HTTP's.
///
///   empty_handler PORT
///
/// Ends with SIGTERM.

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "herdflow/http/server.hpp"

namespace {

constexpr std::size_t kMaxBodyBytes = std::size_t{64} << 10;

herdflow::http::Response Accepted() {
  auto response = herdflow::http::JsonResponse(
      200,
      R"({"status":"success","message":"Sent to measurements kafka topic","topic":"measurements",)"
      R"("partition":0,"offset":1234567,"warnings":[]})");
  response.headers.emplace_back("X-Request-Id", "0123456789abcdef0123456789abcdef");
  return response;
}

}  // namespace

int main(int count, char** arguments) {
  sigset_t end;
  sigemptyset(&end);
  sigaddset(&end, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &end, nullptr);

  herdflow::http::ServerOptions options;
  if (count == 2) options.port = static_cast<std::uint16_t>(std::atoi(arguments[1]));
  herdflow::http::Route route;
  route.method = "POST";
  route.path = "/measurement";
  route.max_body_bytes = kMaxBodyBytes;
  route.handle = [](const herdflow::http::Request&, const herdflow::http::Respond& respond) {
    respond(Accepted());
  };
  const auto server = herdflow::http::Server::Start(options, {route});
  if (!server) {
    std::fprintf(stderr, "empty_handler: %s\n", server.error().message().c_str());
    return 1;
  }
  int signal = 0;
  sigwait(&end, &signal);
}
