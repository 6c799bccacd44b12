#include "herdflow/http/validators.hpp"

#include <zlib.h>

#include <algorithm>
#include <optional>

#include "herdflow/core/text.hpp"

namespace herdflow::http {
namespace {

constexpr std::string_view kBlanks = " \t";

/// All lines of a header, each in turn.
template <class Each>
void ForEachLine(const Request& request, std::string_view name, Each each) {
  for (const auto& [key, value] : request.headers) {
    if (EqualsIgnoringCase(key, name)) each(std::string_view(value));
  }
}

/// The text without its first `count` characters, and without the blanks then.
std::string_view After(std::string_view text, std::size_t count) {
  text.remove_prefix(std::min(count, text.size()));
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  return text;
}

/// Takes `W/` away: compared weakly, it counts for nothing.
std::string_view Opaque(std::string_view tag) {
  return tag.starts_with("W/") ? tag.substr(2) : tag;
}

bool ListNames(std::string_view list, std::string_view opaque) {
  for (list = After(list, 0); !list.empty(); list = After(list, 1)) {
    if (list.front() == ',') continue;
    const std::string_view tag = Opaque(list);
    const std::size_t end = tag.starts_with('"') ? tag.find('"', 1) : std::string_view::npos;
    if (end == std::string_view::npos) return false;
    if (tag.substr(0, end + 1) == opaque) return true;
    list = After(tag, end + 1);
    if (!list.empty() && list.front() != ',') return false;
  }
  return false;
}

/// Whether a weight is above 0: `0`, `0.`, `0.000` are not.
bool IsWanted(std::string_view parameters) {
  for (std::size_t at = 0; at < parameters.size();) {
    const std::size_t end = std::min(parameters.find(';', at), parameters.size());
    std::string_view parameter = Trimmed(parameters.substr(at, end - at));
    at = end + 1;
    if (parameter.size() < 2 || !EqualsIgnoringCase(parameter.substr(0, 2), "q=")) continue;
    parameter.remove_prefix(2);
    return parameter.find_first_of("123456789") != std::string_view::npos;
  }
  return true;
}

}  // namespace

bool NamesTag(const Request& request, std::string_view tag) {
  bool names = false;
  ForEachLine(request, "If-None-Match",
              [&](std::string_view line) { names = names || ListNames(line, Opaque(tag)); });
  return names;
}

bool NamesAnyTag(const Request& request) { return Trimmed(request.Header("If-None-Match")) == "*"; }

bool TakesGzip(const Request& request) {
  std::optional<bool> by_name;
  std::optional<bool> by_star;
  ForEachLine(request, "Accept-Encoding", [&](std::string_view line) {
    for (std::size_t at = 0; at <= line.size();) {
      const std::size_t end = std::min(line.find(',', at), line.size());
      const std::string_view item = line.substr(at, end - at);
      at = end + 1;
      const std::size_t name_end = std::min(item.find(';'), item.size());
      const std::string_view name = Trimmed(item.substr(0, name_end));
      const std::string_view parameters =
          name_end < item.size() ? item.substr(name_end + 1) : std::string_view();
      if (EqualsIgnoringCase(name, "gzip") || EqualsIgnoringCase(name, "x-gzip")) {
        by_name = IsWanted(parameters);
      } else if (name == "*") {
        by_star = IsWanted(parameters);
      }
    }
  });
  return by_name.value_or(by_star.value_or(false));
}

Result<std::string> Gzip(std::string_view bytes) {
  constexpr int kFast = 1;  // Reports are digits and names: a higher level takes longer for little.
  constexpr int kGzip = 16;
  constexpr int kMemory = 8;
  const Error failure(ErrorCode::kInternal, "packing an answer: zlib has no memory for it");
  z_stream stream{};
  if (deflateInit2(&stream, kFast, Z_DEFLATED, MAX_WBITS + kGzip, kMemory, Z_DEFAULT_STRATEGY) !=
      Z_OK) {
    return Fail(failure);
  }
  std::string packed;
  packed.resize(deflateBound(&stream, bytes.size()));
  // zlib takes no pointer to const, and does not write to it.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const int ended = deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  if (ended != Z_STREAM_END) return Fail(failure);
  packed.shrink_to_fit();
  return packed;
}

}  // namespace herdflow::http
