#pragma once

#include "herdflow/api/backend.hpp"
#include "herdflow/http/message.hpp"

/// What the back end answers about pipelines and the runs of their tasks.
namespace herdflow::api {

[[nodiscard]] http::Response GetPipelines(const BackendDeps& deps, const http::Request& request);
[[nodiscard]] http::Response PostRun(const BackendDeps& deps, const http::Request& request);
[[nodiscard]] http::Response GetRun(const BackendDeps& deps, const http::Request& request);
[[nodiscard]] http::Response PostCancel(const BackendDeps& deps, const http::Request& request);
[[nodiscard]] http::Response PostNotification(const BackendDeps& deps,
                                              const http::Request& request);

}  // namespace herdflow::api
