#include "made_answers.hpp"

#include <fmt/format.h>

#include <utility>

#include "herdflow/core/logging.hpp"
#include "herdflow/http/validators.hpp"
#include "herdflow/pipeline/bronze_codec.hpp"

namespace herdflow::api {
namespace {

using http::Response;

/// The same text for the packed and the plain form, so it is a weak one.
std::string TagOf(const Recipe& recipe) {
  std::string tag = "W/\"";
  for (const std::uint8_t byte : pipeline::HashOf(recipe.subject, recipe.state)) {
    tag += fmt::format("{:02x}", byte);
  }
  return tag + '"';
}

/// `private`: a cache that many share must not give it to who has no token. `no-cache`: a browser
/// asks each time, and mostly hears that what it has is still so.
void AddValidators(Response& response, const std::string& tag) {
  response.headers.emplace_back("ETag", tag);
  response.headers.emplace_back("Cache-Control", "private, no-cache");
  response.headers.emplace_back("Vary", "Accept-Encoding");
}

Response NotModified(const std::string& tag) {
  Response response;
  response.status = 304;
  AddValidators(response, tag);
  return response;
}

std::string KeyOf(const Recipe& recipe) { return recipe.subject + '\n' + recipe.state; }

}  // namespace

struct MadeAnswers::Body {
  std::string subject, state, content_type, plain;
  std::mutex packing;
  std::shared_ptr<const std::string> packed;  ///< Empty: gzip gains nothing.
};

struct MadeAnswers::Flight {
  std::vector<Asker> askers;
};

/// Ends a flight, whatever became of it: who is left then gets a 500.
class MadeAnswers::Landing {
 public:
  Landing(MadeAnswers& answers, std::string key) : answers_(answers), key_(std::move(key)) {}
  ~Landing() { TakeAskers(); }
  Landing(const Landing&) = delete;
  Landing& operator=(const Landing&) = delete;

  /// All who asked for it until now; nobody joins them any more.
  std::vector<Asker> TakeAskers() {
    const std::lock_guard lock(answers_.mutex_);
    const auto found = answers_.flights_.find(key_);
    if (is_taken_ || found == answers_.flights_.end()) return {};
    is_taken_ = true;
    std::vector<Asker> askers = std::move(found->second->askers);
    answers_.flights_.erase(found);
    return askers;
  }

 private:
  MadeAnswers& answers_;
  const std::string key_;
  bool is_taken_ = false;
};

void MadeAnswers::Answer(const http::Request& request, const http::Respond& respond,
                         const std::function<Prepared()>& prepare) {
  Prepared prepared = prepare();
  if (auto* other = std::get_if<Response>(&prepared)) return respond(std::move(*other));
  const auto& recipe = std::get<Recipe>(prepared);
  const std::string tag = TagOf(recipe);
  if (http::NamesTag(request, tag)) return respond(NotModified(tag));
  Asker asker{respond, http::TakesGzip(request), http::NamesAnyTag(request)};
  std::shared_ptr<Body> body;
  {
    const std::lock_guard lock(mutex_);
    body = Find(recipe);
    if (!body) {
      auto& flight = flights_[KeyOf(recipe)];
      if (flight) return flight->askers.push_back(std::move(asker));
      flight = std::make_shared<Flight>();
    }
  }
  if (body) return Give(asker, tag, body);
  Make(recipe, tag, asker, prepare);
}

void MadeAnswers::Make(const Recipe& recipe, const std::string& tag, const Asker& asker,
                       const std::function<Prepared()>& prepare) {
  Landing landing(*this, KeyOf(recipe));
  Response made = recipe.make();
  bool is_same = false;
  if (made.status == 200) {
    const Prepared now = prepare();
    const auto* again = std::get_if<Recipe>(&now);
    is_same = again != nullptr && again->state == recipe.state;
  }
  if (!is_same) {  // It may be newer than its tag, so it has none.
    for (const Asker& each : landing.TakeAskers()) each.respond(made);
    return asker.respond(std::move(made));
  }
  auto body = std::make_shared<Body>();
  body->subject = recipe.subject;
  body->state = recipe.state;
  body->content_type = std::move(made.content_type);
  body->plain = std::move(made.body);
  Keep(body);
  const std::vector<Asker> askers = landing.TakeAskers();
  Give(asker, tag, body);
  for (const Asker& each : askers) Give(each, tag, body);
}

void MadeAnswers::Give(const Asker& asker, const std::string& tag,
                       const std::shared_ptr<Body>& body) {
  if (asker.has_any) return asker.respond(NotModified(tag));
  Response response;
  response.content_type = body->content_type;
  AddValidators(response, tag);
  const auto packed = asker.takes_gzip ? PackedOf(body) : nullptr;
  if (packed && !packed->empty()) {
    response.headers.emplace_back("Content-Encoding", "gzip");
    response.body = *packed;
  } else {
    response.body = body->plain;
  }
  asker.respond(std::move(response));
}

std::shared_ptr<const std::string> MadeAnswers::PackedOf(const std::shared_ptr<Body>& body) {
  if (body->plain.size() < limits_.smallest_packed) return nullptr;
  const std::lock_guard packing(body->packing);
  if (body->packed) return body->packed;
  auto packed = http::Gzip(body->plain);
  if (!packed) {  // It goes as it is.
    Log(LogLevel::kWarning, "{}", packed.error().message());
    return nullptr;
  }
  if (packed->size() >= body->plain.size()) packed->clear();
  body->packed = std::make_shared<const std::string>(std::move(*packed));
  const std::lock_guard lock(mutex_);
  const auto found = by_subject_.find(body->subject);
  if (found != by_subject_.end() && found->second->body == body) {
    found->second->bytes += body->packed->size();
    bytes_ += body->packed->size();
    MakeRoom();
  }
  return body->packed;
}

void MadeAnswers::Keep(const std::shared_ptr<Body>& body) {
  const std::size_t bytes = sizeof(Kept) + sizeof(Body) + body->subject.capacity() +
                            body->state.capacity() + body->plain.capacity();
  if (bytes > limits_.bytes / 2) return;
  const std::lock_guard lock(mutex_);
  if (const auto older = by_subject_.find(body->subject); older != by_subject_.end()) {
    Forget(older->second);
  }
  bytes_ += bytes;
  kept_.push_front({body, bytes});
  by_subject_.emplace(body->subject, kept_.begin());
  MakeRoom();
}

std::shared_ptr<MadeAnswers::Body> MadeAnswers::Find(const Recipe& recipe) {
  const auto found = by_subject_.find(recipe.subject);
  if (found == by_subject_.end() || found->second->body->state != recipe.state) return nullptr;
  kept_.splice(kept_.begin(), kept_, found->second);
  return found->second->body;
}

void MadeAnswers::Forget(std::list<Kept>::iterator kept) {
  bytes_ -= kept->bytes;
  by_subject_.erase(kept->body->subject);
  kept_.erase(kept);
}

void MadeAnswers::MakeRoom() {
  while (bytes_ > limits_.bytes) Forget(std::prev(kept_.end()));
}

std::size_t MadeAnswers::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace herdflow::api
