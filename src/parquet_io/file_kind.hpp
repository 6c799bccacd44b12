#pragma once

#include <string>

#include "herdflow/core/result.hpp"
#include "input_file.hpp"

namespace herdflow::parquet_io {

/// Does the file begin and end as Parquet does, with a footer that everybody may read?
/// kInvalidInput says what it seems to be instead and what to do with it; kUnavailable: it could
/// not be read.
Result<> CheckIsParquet(const std::string& path, const InputFile& file);

/// A file that needs a key.
Error Encrypted(const std::string& path);

}  // namespace herdflow::parquet_io
