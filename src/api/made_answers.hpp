#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "herdflow/http/message.hpp"

namespace herdflow::api {

/// How an answer is made, and what of.
struct Recipe {
  std::string subject;  ///< What is asked for.
  /// Another one wherever the answer may have other bytes. Read before what the answer is made of.
  std::string state;
  std::function<http::Response()> make;  ///< May block.
};
/// Or an answer that is nobody else's: a refusal, a failure.
using Prepared = std::variant<Recipe, http::Response>;

/// Answers that many ask for, each made once while its state stays the same: with an `ETag`, kept
/// in memory (the newest state of a subject; the one that was asked for longest ago goes first), as
/// a 304 for who has it already, and gzip for who takes that. Whoever asks for what is being made
/// waits for it, and no thread waits with it. Kept is only what is a 200, and whose state is the
/// same after it was made: so one tag never has two bodies.
///
/// Threads: any.
class MadeAnswers {
 public:
  struct Limits {
    std::size_t bytes = std::size_t{16} << 20;  ///< Of all that is kept. One is half of it at most.
    /// Below this gzip spares no packet, and answers go as they are.
    std::size_t smallest_packed = 1'400;
  };
  explicit MadeAnswers(Limits limits) : limits_(limits) {}

  /// `prepare` reads the state: once for an answer that is kept, twice for one that is made.
  void Answer(const http::Request& request, const http::Respond& respond,
              const std::function<Prepared()>& prepare);

  /// How much is kept.
  [[nodiscard]] std::size_t bytes() const;

 private:
  /// One body. Never changes but for its packed form, which is made when it is first asked for.
  struct Body;
  struct Kept {
    std::shared_ptr<Body> body;
    std::size_t bytes = 0;
  };
  /// How one client takes an answer.
  struct Asker {
    http::Respond respond;
    bool takes_gzip = false;
    bool has_any = false;  ///< `If-None-Match: *`.
  };
  /// One answer that is being made.
  struct Flight;
  class Landing;

  void Make(const Recipe& recipe, const std::string& tag, const Asker& asker,
            const std::function<Prepared()>& prepare);
  void Give(const Asker& asker, const std::string& tag, const std::shared_ptr<Body>& body);
  std::shared_ptr<const std::string> PackedOf(const std::shared_ptr<Body>& body);
  void Keep(const std::shared_ptr<Body>& body);
  // With the mutex held.
  std::shared_ptr<Body> Find(const Recipe& recipe);
  void Forget(std::list<Kept>::iterator kept);
  void MakeRoom();

  const Limits limits_;
  mutable std::mutex mutex_;
  std::list<Kept> kept_;  ///< Asked for newest first.
  std::unordered_map<std::string_view, std::list<Kept>::iterator>
      by_subject_;                                                    ///< Views into them.
  std::unordered_map<std::string, std::shared_ptr<Flight>> flights_;  ///< By subject and state.
  std::size_t bytes_ = 0;
};

}  // namespace herdflow::api
