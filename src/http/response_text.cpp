#include "response_text.hpp"

#include <fmt/format.h>

#include <boost/beast/http/status.hpp>
#include <ctime>
#include <initializer_list>
#include <string_view>

namespace herdflow::http {
namespace {

constexpr std::size_t kLikelyHead = 384;

std::string_view Reason(int status) {
  const auto reason =
      boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(status));
  return {reason.data(), reason.size()};
}

/// `Sun, 07 Apr 2024 05:00:00 GMT`, made once a second and thread.
const std::string& HttpDate() {
  constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  thread_local std::time_t made_at = -1;
  thread_local std::string text;
  const std::time_t now = std::time(nullptr);
  if (now != made_at) {
    std::tm utc{};
    gmtime_r(&now, &utc);
    text =
        fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT", kDays[utc.tm_wday], utc.tm_mday,
                    kMonths[utc.tm_mon], utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
    made_at = now;
  }
  return text;
}

bool Has(const Response& response, std::string_view name) {
  for (const auto& header : response.headers) {
    if (EqualsIgnoringCase(header.first, name)) return true;
  }
  return false;
}

void Append(std::string& out, std::initializer_list<std::string_view> parts) {
  for (const std::string_view part : parts) out += part;
}

}  // namespace

std::string ResponseText(const Response& response, Framing framing) {
  std::string out;
  out.reserve(kLikelyHead + response.body.size());
  Append(out, {"HTTP/1.1 ", fmt::format_int(response.status).c_str(), " ", Reason(response.status),
               "\r\nDate: ", HttpDate(), "\r\nX-Content-Type-Options: nosniff\r\n"});
  if (!Has(response, "Cache-Control")) out += "Cache-Control: no-store\r\n";
  for (const auto& [name, value] : response.headers) Append(out, {name, ": ", value, "\r\n"});
  if (!response.content_type.empty()) {
    Append(out, {"Content-Type: ", response.content_type, "\r\n"});
  }
  if (response.status != 204 && response.status != 304) {
    Append(out, {"Content-Length: ", fmt::format_int(response.body.size()).c_str(), "\r\n"});
  }
  if (!framing.keep_alive) {
    out += "Connection: close\r\n";
  } else if (framing.old_client) {
    out += "Connection: keep-alive\r\n";
  }
  out += "\r\n";
  if (!framing.head) out += response.body;
  return out;
}

}  // namespace herdflow::http
