#pragma once

#include <string_view>

namespace herdflow::http {

/// Whether a host is this machine by its name: `localhost` or a name below it, in any letter case,
/// or an address of loopback, without brackets and port. Nobody is asked what a name means.
[[nodiscard]] bool IsLoopback(std::string_view host);

}  // namespace herdflow::http
