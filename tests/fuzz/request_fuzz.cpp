// What a client sends on one connection, read as requests and given to the routes of either port.

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "fakes.hpp"
#include "fuzz.hpp"
#include "herdflow/api/backend.hpp"
#include "herdflow/api/producer.hpp"
#include "request_reader.hpp"

namespace herdflow::fuzz {
namespace {

/// A log that answers at once, and only remembers how much it was given.
class CountingWriter : public pipeline::EventWriter {
 public:
  void Append(pipeline::Topic, pipeline::EventBatch batch, pipeline::Completion done) override {
    pipeline::AppendOutcome outcome;
    outcome.kind = pipeline::AppendOutcome::Kind::kDurable;
    appended_ += batch.size();
    done(std::vector(batch.size(), outcome));
  }
  [[nodiscard]] std::size_t appended() const { return appended_; }

 private:
  std::size_t appended_ = 0;
};

/// A port's routes and all that they need, none of which fails.
struct Port {
  explicit Port(bool producer)
      : is_producer(producer),
        router(producer ? api::ProducerRoutes({writer, topics, farms})
                        : api::BackendRoutes({queries,
                                              queries,
                                              queries,
                                              [](const intake::NewCow& cow) {
                                                pipeline::CowView view;
                                                view.name = cow.name;
                                                return Result<pipeline::CowView>(view);
                                              },
                                              [](const herd::FarmFields& fields) {
                                                pipeline::FarmView view;
                                                view.id = fields.id.text;
                                                return Result<pipeline::FarmView>(view);
                                              },
                                              [](std::string_view) { return FarmDay{19'822}; },
                                              herd::HealthRule{},
                                              ledger,
                                              orchestration::Definitions({}),
                                              {}})) {}

  bool is_producer;
  CountingWriter writer;
  api::FakeTopics topics;
  api::FakeFarms farms;
  api::FakeQueries queries;
  api::FakeLedger ledger;
  http::Router router;
};

/// A request as it came out, or a refusal.
struct Read {
  std::string text;
  bool goes_on = true;  ///< Another request may follow.

  bool operator==(const Read&) const = default;
};

void Serve(Port& port, const http::Route& route, const http::Request& request) {
  const std::size_t before = port.writer.appended();
  std::optional<http::Response> response;
  route.handle(request, [&](http::Response given) {
    Require(!response, "a request is answered once");
    response = std::move(given);
  });
  Require(response.has_value(), "a request is answered");
  Require(response->status >= 200 && response->status < 500, "nothing that is sent is our failure");
  const bool is_event = port.is_producer && route.method == "POST" && response->status == 200;
  Require(port.writer.appended() == before + (is_event ? 1 : 0),
          "what is accepted is in the log, and nothing else");
}

/// A body that is taken piece by piece, on its way to whoever takes it.
class Streamed {
 public:
  Streamed(const http::Route& route, const http::Request& request)
      : sink_(route.stream(request, [this](http::Response given) {
          Require(!response_, "a body is answered once");
          response_ = std::move(given);
        })) {}

  void Take(std::string_view bytes) {
    bool wants_more = false;
    if (IsTaken()) sink_->Take(bytes, [&] { wants_more = true; });
    Require(wants_more || response_, "more is wanted, or there is an answer");
  }
  /// `cut`: what it was cut by; nothing: it is whole.
  void End(std::optional<http::CutShort> cut) {
    if (IsTaken()) cut ? sink_->Cut(*cut) : sink_->Finish();
    Require(response_.has_value(), "a body is answered");
    Require(response_->status >= 200 && response_->status < 500,
            "nothing that is sent is our failure");
  }

 private:
  [[nodiscard]] bool IsTaken() const { return sink_ && !response_; }

  std::optional<http::Response> response_;
  std::shared_ptr<http::BodySink> sink_;
};

Read ReadOf(const http::Request& request, bool keep_alive) {
  std::string text = request.method + " " + request.path + "?" + request.query + "\n";
  for (const auto& [name, value] : request.headers) text += name + ": " + value + "\n";
  return {text + request.body, keep_alive};
}

/// All requests in the bytes when they come in pieces of `piece`; `port`: gets them.
std::vector<Read> ReadAll(const http::Router& router, std::string_view bytes, std::size_t piece,
                          Port* port) {
  static const http::Limits limits = [] {
    http::Limits small;
    small.header_bytes = 1024;
    small.header_fields = 16;
    return small;
  }();
  static const http::Access access;
  http::RequestReader reader(router, limits, access);
  std::vector<Read> all;
  std::optional<Streamed> streamed;
  bool goes_on_behind_body = false;
  while (!bytes.empty()) {
    const auto space = reader.Space();
    const std::size_t count = std::min({piece, space.size(), bytes.size()});
    Require(count > 0, "there is room for more while more is asked for");
    std::copy_n(bytes.begin(), count, space.begin());
    bytes.remove_prefix(count);
    reader.Filled(count);
    for (auto outcome = reader.Next();
         !std::holds_alternative<http::RequestReader::NeedMore>(outcome); outcome = reader.Next()) {
      if (const auto* refused = std::get_if<http::RequestReader::Refused>(&outcome)) {
        Require(refused->response.status >= 400 && !refused->response.body.empty(),
                "a refused request is told why");
        if (streamed) streamed->End(http::CutShort::kBroken);
        // Which limit it met first depends on how it was cut.
        all.push_back({refused->framing.keep_alive ? refused->response.body : "closed",
                       refused->framing.keep_alive});
      } else if (const auto* begun = std::get_if<http::RequestReader::Begun>(&outcome)) {
        all.push_back(ReadOf(begun->request, true));
        goes_on_behind_body = begun->framing.keep_alive;
        if (port != nullptr) streamed.emplace(*begun->route, begun->request);
      } else if (const auto* piece_of_body = std::get_if<http::RequestReader::Piece>(&outcome)) {
        all.back().text += piece_of_body->bytes;
        if (streamed) streamed->Take(piece_of_body->bytes);
      } else if (std::holds_alternative<http::RequestReader::Whole>(outcome)) {
        all.back().goes_on = goes_on_behind_body;
        if (streamed) streamed->End(std::nullopt);
        streamed.reset();
      } else {
        const auto& complete = std::get<http::RequestReader::Complete>(outcome);
        all.push_back(ReadOf(complete.request, complete.framing.keep_alive));
        if (port != nullptr) Serve(*port, *complete.route, complete.request);
      }
      if (!all.back().goes_on) return all;
    }
  }
  if (streamed) streamed->End(http::CutShort::kUnfinished);
  return all;
}

}  // namespace
}  // namespace herdflow::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace herdflow::fuzz;
  static Port producer(true);
  static Port backend(false);
  // Whatever is begun has an end: else how it is cut decides whether its fault is seen yet.
  const std::string bytes = std::string(Text(data, size)) + "\r\n\r\n";
  for (Port* port : {&producer, &backend}) {
    const auto whole = ReadAll(port->router, bytes, bytes.size(), port);
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}}) {
      Require(ReadAll(port->router, bytes, piece, nullptr) == whole,
              "bytes mean the same however they are cut");
    }
  }
  return 0;
}
