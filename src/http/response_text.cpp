#include "response_text.hpp"

#include <fmt/format.h>

#include <boost/beast/http/status.hpp>
#include <ctime>
#include <string_view>

namespace herdflow::http {
namespace {

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

void AppendHeader(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  out += value;
  out += "\r\n";
}

}  // namespace

std::string ResponseText(const Response& response, Framing framing) {
  std::string out;
  out.reserve(384 + response.body.size());
  out += fmt::format("HTTP/1.1 {} {}\r\n", response.status, Reason(response.status));
  AppendHeader(out, "Date", HttpDate());
  AppendHeader(out, "X-Content-Type-Options", "nosniff");
  if (!Has(response, "Cache-Control")) AppendHeader(out, "Cache-Control", "no-store");
  for (const auto& [name, value] : response.headers) AppendHeader(out, name, value);
  if (!response.content_type.empty()) AppendHeader(out, "Content-Type", response.content_type);
  if (response.status != 204 && response.status != 304) {
    AppendHeader(out, "Content-Length", fmt::format_int(response.body.size()).c_str());
  }
  if (!framing.keep_alive) {
    AppendHeader(out, "Connection", "close");
  } else if (framing.old_client) {
    AppendHeader(out, "Connection", "keep-alive");
  }
  out += "\r\n";
  if (!framing.head) out += response.body;
  return out;
}

}  // namespace herdflow::http
