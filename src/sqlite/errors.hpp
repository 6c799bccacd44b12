#pragma once

#include <string_view>

#include "herdflow/core/result.hpp"

namespace herdflow::sqlite {

/// The one translation of SQLite's result codes (extended or not) into ours. `name` is the file's,
/// `detail` SQLite's own words, `sql` the statement, told only where it is the likely culprit.
[[nodiscard]] Error Translate(int code, std::string_view name, std::string_view detail,
                              std::string_view sql);

/// Whether a library of this version (3.51.3 is 3051003) is free of the WAL-reset bug, which may
/// lose pages when two connections write and checkpoint at the same instant.
[[nodiscard]] bool IsSafeVersion(int version_number);

}  // namespace herdflow::sqlite
