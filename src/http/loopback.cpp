#include "herdflow/http/loopback.hpp"

#include <boost/asio/ip/address.hpp>
#include <string>

#include "herdflow/http/message.hpp"

namespace herdflow::http {

bool IsLoopback(std::string_view host) {
  constexpr std::string_view kLocal = "localhost";
  constexpr std::string_view kBelow = ".localhost";
  constexpr std::string_view kUsual = "127.0.0.1";
  if (host == kUsual || EqualsIgnoringCase(host, kLocal)) return true;
  if (host.size() > kBelow.size() &&
      EqualsIgnoringCase(host.substr(host.size() - kBelow.size()), kBelow)) {
    return true;
  }
  boost::system::error_code no_address;
  const auto address = boost::asio::ip::make_address(std::string(host), no_address);
  return !no_address && address.is_loopback();
}

}  // namespace herdflow::http
