#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "herdflow/core/result.hpp"

namespace herdflow::http {

/// Unpacks gzip (RFC 1952, any number of members) piece by piece, in memory that does not depend on
/// what is packed. Threads: one at a time.
class Gunzip {
 public:
  Gunzip();
  ~Gunzip();
  Gunzip(const Gunzip&) = delete;
  Gunzip& operator=(const Gunzip&) = delete;

  /// The next packed bytes. REQUIRES: Next gave nothing since the ones before.
  void Put(std::string packed);
  /// Some of what they hold; empty: nothing more. The view lives until the next call.
  /// kInvalidInput: they are no gzip.
  Result<std::string_view> Next();
  /// Nothing is missing at the end.
  [[nodiscard]] bool is_whole() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace herdflow::http
