#pragma once

#include <librdkafka/rdkafka.h>

#include <string_view>

#include "herdflow/core/result.hpp"

namespace herdflow::log_kafka {

/// What a failure of the driver means to the caller: the one place that knows the driver's codes.
[[nodiscard]] ErrorCode CodeOf(rd_kafka_resp_err_t error);
/// "<doing>: <what the driver says>; <what to do>". `reason` is what it says in its own words.
[[nodiscard]] Error ToError(rd_kafka_resp_err_t error, std::string_view doing,
                            std::string_view reason = {});
/// Whether the brokers refuse us: wrong credentials, or a right is missing.
[[nodiscard]] bool IsForbidden(rd_kafka_resp_err_t error);
/// Whether there is no connection because TLS or the login failed: the driver goes on trying, and
/// what was asked for comes back as a time-out that does not say why.
[[nodiscard]] bool IsRefusal(rd_kafka_resp_err_t error, std::string_view reason);
/// Whether a line that the driver logs of a broken connection is of that kind.
[[nodiscard]] bool TellsRefusal(std::string_view line);

}  // namespace herdflow::log_kafka
