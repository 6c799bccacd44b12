#pragma once

#include <string>

#include "herdflow/http/message.hpp"

namespace herdflow::http {

struct Framing {
  bool head = false;  ///< The request was HEAD: everything but the body.
  bool keep_alive = true;
  bool old_client = false;  ///< HTTP/1.0: keeping alive has to be said.
};

/// The bytes of an answer, with the headers that every answer has.
[[nodiscard]] std::string ResponseText(const Response& response, Framing framing);

}  // namespace herdflow::http
