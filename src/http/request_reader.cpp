#include "request_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <cstdint>
#include <iterator>
#include <optional>
#include <utility>

#include "herdflow/http/problem.hpp"
#include "request_head.hpp"

namespace herdflow::http {
namespace {

namespace beast_http = boost::beast::http;

/// A body as a text that grows with what comes. (Beast's own has room at once for as many bytes as
/// the client says there will be.)
struct GrowingBody {
  using value_type = std::string;

  class reader {
   public:
    template <class Header>
    reader(const Header& /*header*/, value_type& body) : body_(body) {}

    void init(const boost::optional<std::uint64_t>& /*length*/, boost::beast::error_code& error) {
      error = {};
    }
    template <class Buffers>
    std::size_t put(const Buffers& buffers, boost::beast::error_code& error) {
      error = {};
      const std::size_t before = body_.size();
      for (const boost::asio::const_buffer bytes : boost::beast::buffers_range_ref(buffers)) {
        body_.append(static_cast<const char*>(bytes.data()), bytes.size());
      }
      return body_.size() - before;
    }
    static void finish(boost::beast::error_code& error) { error = {}; }

   private:
    value_type& body_;
  };
};
using Parser = beast_http::request_parser<GrowingBody>;

constexpr std::size_t kReadBytes = std::size_t{16} * 1024;

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
