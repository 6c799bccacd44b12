#include "arrow_error.hpp"

#include <arrow/status.h>
#include <arrow/util/io_util.h>

#include <string>
#include <system_error>

namespace herdflow::parquet_io {
namespace {

/// Some end with the end of a line.
std::string_view WordsOf(const arrow::Status& status) {
  const std::string_view words = status.message();
  return words.substr(0, words.find_last_not_of(" \n") + 1);
}

std::string SystemsReason(const arrow::Status& status) {
  return std::generic_category().message(arrow::internal::ErrnoFromStatus(status));
}

}  // namespace

bool IsOfTheSystem(const arrow::Status& status) {
  return arrow::internal::ErrnoFromStatus(status) != 0;
}

Error ReadingError(std::string_view path, std::string_view place, const arrow::Status& status) {
  if (IsOfTheSystem(status)) {
    return Error(ErrorCode::kUnavailable,
                 fmt::format("reading {}: {}; see whether the disk or the share that it lies on is "
                             "well",
                             path, SystemsReason(status)));
  }
  const std::string_view wrong = status.IsNotImplemented()
                                     ? "it uses what is not read here; write it anew with pandas, "
                                       "pyarrow or DuckDB"
                                     : "the file is damaged or was written wrongly, write it anew";
  return Error(ErrorCode::kInvalidInput,
               fmt::format("reading {}: {}{}{} (Arrow says: {})", path, place,
                           place.empty() ? "" : ": ", wrong, WordsOf(status)));
}

Error WritingError(std::string_view path, const arrow::Status& status) {
  return Error(ErrorCode::kUnavailable,
               IsOfTheSystem(status)
                   ? fmt::format("writing {}: {}", path, SystemsReason(status))
                   : fmt::format("writing {} failed (Arrow says: {})", path, WordsOf(status)));
}

}  // namespace herdflow::parquet_io
