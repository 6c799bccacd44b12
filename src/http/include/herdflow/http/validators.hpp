#pragma once

#include <string>
#include <string_view>

#include "herdflow/core/result.hpp"
#include "herdflow/http/message.hpp"

/// What a client already has, and in which packing it takes the rest.
namespace herdflow::http {

/// Whether `If-None-Match` names this tag: weakly compared (RFC 9110, 8.8.3.2), in a list or alone.
/// `tag`: with its quotes. What is no list of tags ends the list.
[[nodiscard]] bool NamesTag(const Request& request, std::string_view tag);
/// `If-None-Match: *`: any answer that there is will do.
[[nodiscard]] bool NamesAnyTag(const Request& request);

/// Whether `Accept-Encoding` takes gzip: by its name, or else by `*`, with a weight above 0.
[[nodiscard]] bool TakesGzip(const Request& request);
/// One member of gzip. kInternal: there is not the memory for it.
[[nodiscard]] Result<std::string> Gzip(std::string_view bytes);

}  // namespace herdflow::http
