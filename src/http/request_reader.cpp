#include "request_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstdint>
#include <iterator>
#include <optional>
#include <utility>

#include "herdflow/http/loopback.hpp"
#include "herdflow/http/problem.hpp"

namespace herdflow::http {
namespace {

namespace beast_http = boost::beast::http;
using Parser = beast_http::request_parser<beast_http::string_body>;
using Fields = beast_http::request_header<>;

constexpr std::size_t kReadBytes = std::size_t{16} * 1024;

std::string_view Text(boost::beast::string_view text) { return {text.data(), text.size()}; }

struct Target {
  std::optional<std::string_view> authority;  ///< Of `http://host/p`.
  std::string_view path;
  std::string_view query;  ///< What stands behind `?`.
};

/// Of the request line's target: `/p?q`, or `http://host/p?q` as to a proxy.
Target TargetOf(std::string_view target) {
  constexpr std::string_view kScheme = "http://";
  std::optional<std::string_view> authority;
  if (EqualsIgnoringCase(target.substr(0, kScheme.size()), kScheme)) {
    target.remove_prefix(kScheme.size());
    authority = target.substr(0, target.find_first_of("/?"));
    target.remove_prefix(authority->size());
  }
  const std::size_t question = std::min(target.find('?'), target.size());
  const std::string_view path = target.substr(0, question);
  target.remove_prefix(std::min(question + 1, target.size()));
  return {authority, authority && path.empty() ? "/" : path, target};
}

/// What says whom a request is for and how long it is, found in one look at its fields.
struct Head {
  /// How often a field was sent, and what it said first.
  struct Sent {
    void Note(boost::beast::string_view value) {
      if (times++ == 0) first = Text(value);
    }
    std::size_t times = 0;
    std::string_view first;
  };

  explicit Head(const Fields& header);

  unsigned version;
  Target target;
  std::size_t fields = 0;
  Sent host, origin, length, coding;
};

Head::Head(const Fields& header)
    : version(header.version()), target(TargetOf(Text(header.target()))) {
  for (const auto& field : header) {
    ++fields;
    if (field.name() == beast_http::field::host) host.Note(field.value());
    if (field.name() == beast_http::field::origin) origin.Note(field.value());
    if (field.name() == beast_http::field::content_length) length.Note(field.value());
    if (field.name() == beast_http::field::transfer_encoding) coding.Note(field.value());
  }
}

/// Whom the request is for: what its target says counts, and Host where that is a path (RFC 9112,
/// 3.2.2).
std::optional<std::string_view> HostOf(const Head& head) {
  if (head.target.authority) return head.target.authority;
  return head.host.times == 0 ? std::nullopt : std::optional(head.host.first);
}

/// No host, or a user before it, which no reader of an address expects (RFC 9110, 4.2.1 and 4.2.4).
bool IsAuthorityInDoubt(const Target& target) {
  const auto& authority = target.authority;
  return authority && (authority->empty() || authority->starts_with(':') ||
                       authority->find('@') != std::string_view::npos);
}

/// A browser says in `Origin` which page sends; a page of elsewhere may not. (Without this, any
/// web page could post readings to the loopback address of whoever looks at it.)
bool IsCrossOrigin(const Fields& header, const Head& head) {
  if (head.origin.times == 0) return false;
  const auto [first, last] = header.equal_range(beast_http::field::origin);
  return std::any_of(first, last, [&](const auto& origin) {
    const std::string_view text = Text(origin.value());
    const std::size_t authority = text.find("://");
    return authority == std::string_view::npos ||
           !EqualsIgnoringCase(text.substr(authority + 3), HostOf(head).value_or(""));
  });
}

/// `Host: name`, `name:port` or `[IPv6]:port`. A page of elsewhere whose name was made to mean a
/// loopback address (DNS rebinding) sends its own name.
bool IsForLoopback(std::string_view host) {
  const bool is_bracketed = host.starts_with('[');
  const std::size_t end = std::min(host.find(is_bracketed ? ']' : ':'), host.size());
  const std::string_view name = host.substr(0, end).substr(is_bracketed ? 1 : 0);
  std::string_view port = host.substr(end);
  if (is_bracketed) {
    if (port.empty() || name.find(':') == std::string_view::npos) return false;
    port.remove_prefix(1);
  }
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const bool is_port = port.starts_with(':') && std::all_of(port.begin() + 1, port.end(), is_digit);
  return (port.empty() || is_port) && IsLoopback(name);
}

/// Of the ways to send a body, `chunked` alone is understood, and by HTTP/1.1 alone (RFC
/// 9112, 6.1).
bool IsCodingInDoubt(const Head& head) {
  if (head.coding.times == 0) return false;
  return head.version < 11 || head.coding.times > 1 ||
         !EqualsIgnoringCase(head.coding.first, "chunked");
}

/// `5, 5` is one length to some, and two to others (RFC 9112, 6.3).
bool IsLengthListed(const Head& head) {
  return head.length.times > 1 || head.length.first.find(',') != std::string_view::npos;
}

/// A line that begins with a blank goes on with the field before; to some it is a field of its own
/// (RFC 9112, 5.2).
bool HasFoldedLine(std::string_view lines) {
  for (;;) {
    const std::size_t end = lines.find('\n');
    if (end == std::string_view::npos) return false;
    lines.remove_prefix(end + 1);
    if (lines.starts_with(' ') || lines.starts_with('\t')) return true;
  }
}

/// Refuses a control character in what follows a chunk's size: between quotes it would be taken,
/// while to others it ends the line.
struct ExtensionCheck {
  void operator()(std::uint64_t, boost::beast::string_view extension,
                  boost::beast::error_code& error) const {
    const auto is_control = [](char c) {
      return (c >= '\0' && c < ' ' && c != '\t') || c == '\x7f';
    };
    if (std::any_of(extension.begin(), extension.end(), is_control)) {
      error = beast_http::error::bad_chunk_extension;
    }
  }
};

/// HTTP/1.0 knows no answer before the answer (RFC 9110, 10.1.1).
bool AwaitsContinue(const Fields& header) {
  return header.version() >= 11 &&
         EqualsIgnoringCase(Text(header[beast_http::field::expect]), "100-continue");
}

ProblemKind KindOf(boost::beast::error_code error) {
  if (error == beast_http::error::header_limit) return ProblemKind::kHeadersTooLarge;
  if (error == beast_http::error::body_limit) return ProblemKind::kBodyTooLarge;
  return ProblemKind::kMalformedRequest;
}

/// The refusal of a request without the token. It does not tell which other paths there are.
Response AskForToken(const Route* route, const Fields& header) {
  const bool has_page = route != nullptr && route->without_token.has_value();
  Response response =
      has_page ? *route->without_token : ProblemResponse(ProblemKind::kUnauthorized);
  response.status = Facts(ProblemKind::kUnauthorized).status;
  const bool was_sent = header.count(beast_http::field::authorization) > 0;
  response.headers.emplace_back("WWW-Authenticate",
                                was_sent ? R"(Bearer realm="herdflow", error="invalid_token")"
                                         : R"(Bearer realm="herdflow")");
  return response;
}

std::string BodyLimitText(std::size_t bytes) {
  return bytes == 0 ? "This path takes no body."
                    : fmt::format("This path takes at most {} bytes.", bytes);
}

}  // namespace

struct RequestReader::State {
  State(const Router& the_router, const Limits& the_limits, const Access& the_access)
      : router(the_router),
        limits(the_limits),
        access(the_access),
        buffer(the_limits.header_bytes + 2 * kReadBytes) {}

  void Begin();
  void Put(boost::beast::error_code& error);
  std::optional<Response> JudgeHeader();
  std::optional<Response> JudgeRouting(const Target& target);
  bool IsAdmitted(const Fields& header) const;
  void TakeHead();
  Framing FramingOf() const;
  Refused Refuse() const;
  Piece TakePiece();

  const Router& router;
  const Limits& limits;
  const Access& access;
  boost::beast::flat_buffer buffer;
  std::optional<Parser> parser;
  ExtensionCheck check_extension;
  std::size_t header_bytes = 0;  ///< That the parser has taken.
  bool has_folded_line = false;
  /// Where a body has no length that all agree on, what follows may be its rest or a request.
  bool is_length_in_doubt = false;
  bool header_judged = false;
  bool is_streaming = false;         ///< The head was given.
  boost::beast::error_code failure;  ///< Nothing more can be read.
  Router::Found found;
  Request request;
};

void RequestReader::State::Begin() {
  // An empty line before a request is to be ignored (RFC 9112, 2.2).
  while (buffer.size() > 0) {
    const char c = *static_cast<const char*>(buffer.data().data());
    if (c != '\r' && c != '\n') break;
    buffer.consume(1);
  }
  parser.emplace();
  parser->header_limit(static_cast<std::uint32_t>(limits.header_bytes));
  parser->body_limit(boost::none);  // Known once the route is.
  parser->on_chunk_header(check_extension);
  header_bytes = 0;
  has_folded_line = false;
  header_judged = false;
  is_streaming = false;
}

/// Gives the parser what is there, up to the end of the header or of the body.
void RequestReader::State::Put(boost::beast::error_code& error) {
  const auto bytes = buffer.data();
  const std::size_t used = parser->put(bytes, error);
  if (!header_judged) {
    if (HasFoldedLine({static_cast<const char*>(bytes.data()), used})) has_folded_line = true;
    header_bytes += used;
    // The parser's own limit forgets what came and was taken before.
    if (header_bytes > limits.header_bytes) error = beast_http::error::header_limit;
  }
  buffer.consume(used);
}

Framing RequestReader::State::FramingOf() const {
  Framing framing;
  framing.head = parser->get().method() == beast_http::verb::head;
  framing.keep_alive = parser->keep_alive();
  framing.old_client = parser->get().version() < 11;
  return framing;
}

/// Reads the header's meaning as soon as it is complete; an answer refuses the request.
std::optional<Response> RequestReader::State::JudgeHeader() {
  const Fields& header = parser->get();
  const Head head(header);
  is_length_in_doubt = has_folded_line || IsCodingInDoubt(head) || IsLengthListed(head);
  if (head.fields > limits.header_fields) {
    return ProblemResponse(ProblemKind::kHeadersTooLarge,
                           fmt::format("At most {} header fields.", limits.header_fields));
  }
  if (head.version >= 11 && head.host.times != 1) {
    return ProblemResponse(ProblemKind::kMalformedRequest, "Send the header Host, once.");
  }
  if (is_length_in_doubt) {
    return ProblemResponse(
        ProblemKind::kMalformedRequest,
        "Send one Content-Length, or by HTTP/1.1 Transfer-Encoding: chunked, and "
        "each header on a line of its own.");
  }
  if (IsAuthorityInDoubt(head.target)) {
    return ProblemResponse(ProblemKind::kMalformedRequest,
                           "Send the path alone as the request's target, or http://HOST before "
                           "it.");
  }
  if (IsCrossOrigin(header, head)) return ProblemResponse(ProblemKind::kCrossOrigin);
  const auto host = HostOf(head);
  if (!access.needs_token() && host && !IsForLoopback(*host)) {
    return ProblemResponse(ProblemKind::kCrossOrigin,
                           "Without a token herdflow is reached by localhost, 127.0.0.1 or [::1] "
                           "alone. Whoever runs it sets [http] token_file for other names.");
  }
  return JudgeRouting(head.target);
}

bool RequestReader::State::IsAdmitted(const Fields& header) const {
  if (!access.needs_token() || (found.route != nullptr && found.route->is_open)) return true;
  return header.count(beast_http::field::authorization) == 1 &&
         access.Admits(Text(header[beast_http::field::authorization]));
}

std::optional<Response> RequestReader::State::JudgeRouting(const Target& target) {
  const Fields& header = parser->get();
  const bool is_path = target.path.starts_with('/');
  found = is_path ? router.Find(Text(header.method_string()), target.path) : Router::Found();
  if (!IsAdmitted(header)) return AskForToken(found.route, header);
  if (!is_path) {
    return ProblemResponse(ProblemKind::kMalformedRequest, "The request's target must be a path.");
  }
  if (found.bad_escape) {
    return ProblemResponse(ProblemKind::kMalformedRequest,
                           "In the path, % must be followed by two hexadecimal digits.");
  }
  if (found.route == nullptr && found.allow.empty()) {
    return ProblemResponse(ProblemKind::kNotFound,
                           "There is no such path on this port; /docs lists what there is.");
  }
  if (found.route == nullptr) {
    Response response = ProblemResponse(ProblemKind::kMethodNotAllowed);
    response.headers.emplace_back("Allow", found.allow);
    return response;
  }
  if (found.route->stream) return std::nullopt;
  const std::size_t limit = found.route->max_body_bytes;
  if (const auto length = parser->content_length(); length && *length > limit) {
    return ProblemResponse(ProblemKind::kBodyTooLarge, BodyLimitText(limit));
  }
  parser->body_limit(limit);
  return std::nullopt;
}

/// Before the body is read: what comes behind its chunks as further fields is nobody's.
void RequestReader::State::TakeHead() {
  const Fields& header = parser->get();
  request = {};
  request.method = found.route->method;
  const Target target = TargetOf(Text(header.target()));
  request.path = target.path;
  request.query = target.query;
  request.parameters = std::move(found.parameters);
  request.headers.reserve(static_cast<std::size_t>(std::distance(header.begin(), header.end())));
  for (const auto& field : header) {
    request.headers.emplace_back(Text(field.name_string()), Text(field.value()));
  }
}

RequestReader::Piece RequestReader::State::TakePiece() {
  return {std::exchange(parser->get().body(), {})};
}

/// What ends a request that cannot be read on.
RequestReader::Refused RequestReader::State::Refuse() const {
  const bool too_large = failure == beast_http::error::body_limit;
  return {
      ProblemResponse(KindOf(failure), too_large ? BodyLimitText(found.route->max_body_bytes) : ""),
      Framing{.head = false, .keep_alive = false}};
}

RequestReader::RequestReader(const Router& router, const Limits& limits, const Access& access)
    : state_(std::make_unique<State>(router, limits, access)) {}

RequestReader::~RequestReader() = default;

bool RequestReader::begun() const {
  return state_->buffer.size() > 0 || (state_->parser && state_->parser->got_some());
}

std::span<char> RequestReader::Space() {
  auto& buffer = state_->buffer;
  const auto space = buffer.prepare(std::min(kReadBytes, buffer.max_size() - buffer.size()));
  return {static_cast<char*>(space.data()), space.size()};
}

void RequestReader::Filled(std::size_t bytes) { state_->buffer.commit(bytes); }

RequestReader::Outcome RequestReader::Next() {
  State& state = *state_;
  if (!state.parser || !state.parser->got_some()) state.Begin();
  Parser& parser = *state.parser;
  if (state.failure) return state.Refuse();
  while (!parser.is_done()) {
    if (state.buffer.size() == 0) return NeedMore{};
    boost::beast::error_code error;
    state.Put(error);
    const bool full = state.buffer.size() == state.buffer.max_size();
    if (error && (error != beast_http::error::need_more || full)) state.failure = error;
    if (state.is_streaming && !parser.get().body().empty()) return state.TakePiece();
    if (state.failure) return state.Refuse();
    if (error) return NeedMore{};
    if (state.header_judged || !parser.is_header_done()) continue;
    state.header_judged = true;
    parser.eager(true);
    if (auto refusal = state.JudgeHeader()) {
      Framing framing = state.FramingOf();
      // Else its body would follow, or what may be its body.
      framing.keep_alive = framing.keep_alive && parser.is_done() && !state.is_length_in_doubt;
      state.parser.reset();
      return Refused{std::move(*refusal), framing};
    }
    state.TakeHead();
    const bool awaits_continue =
        !parser.is_done() && state.buffer.size() == 0 && AwaitsContinue(parser.get());
    if (state.found.route->stream) {
      state.is_streaming = true;
      return Begun{std::move(state.request), state.found.route, state.FramingOf(), awaits_continue};
    }
    if (!parser.is_done() && state.buffer.size() == 0) return NeedMore{awaits_continue};
  }
  if (state.is_streaming) {
    if (!parser.get().body().empty()) return state.TakePiece();
    state.parser.reset();
    return Whole{};
  }
  state.request.body = std::move(parser.get().body());
  const Framing framing = state.FramingOf();
  state.parser.reset();
  return Complete{std::move(state.request), state.found.route, framing};
}

}  // namespace herdflow::http
