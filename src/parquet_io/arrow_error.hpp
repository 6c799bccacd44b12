#pragma once

#include <string_view>

#include "herdflow/core/result.hpp"

namespace arrow {
class Status;
}

namespace herdflow::parquet_io {

/// What a failure of Arrow's means to whoever named the file. Arrow's own words come last, since
/// they name neither the file nor a way out. `place`: where in the file, if that is known.
/// kUnavailable: the system refused to read, kInvalidInput: the file is to blame.
[[nodiscard]] Error ReadingError(std::string_view path, std::string_view place,
                                 const arrow::Status& status);
/// kUnavailable: a full disk, rights.
[[nodiscard]] Error WritingError(std::string_view path, const arrow::Status& status);

/// Whether the system refused, such as a disk that fails.
[[nodiscard]] bool IsOfTheSystem(const arrow::Status& status);

}  // namespace herdflow::parquet_io
