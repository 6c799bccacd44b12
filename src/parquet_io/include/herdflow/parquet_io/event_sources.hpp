#pragma once

#include <memory>
#include <string>
#include <vector>

#include "herdflow/core/result.hpp"
#include "herdflow/pipeline/seed.hpp"

namespace herdflow::parquet_io {

/// The Parquet files behind the paths of `herdflow seed`: cows, then sensors, then measurements,
/// part files by name. A path is
/// - a file: its columns tell its topic, its name decides where the columns fit several;
/// - a folder with all of cows, sensors and measurements, each a file `cows.parquet`, or a folder
///   `cows` or `cows.parquet` of part files;
/// - any other folder: every `*.parquet` in it, each taken as a single file.
///
/// The schema of every file is checked before this returns, so nothing is sent of any of them when
/// a column of one is missing, ambiguous or of a type that cannot be read without doubt. Files are
/// opened again when they are read: however many they are, one is open at a time.
///
/// Memory: a batch of rows and a page a column, whatever the size of the file or its row groups.
/// Errors: kNotFound (no such path), kInvalidInput naming file, column and what was expected.
Result<std::vector<std::unique_ptr<pipeline::EventSource>>> OpenEventSources(
    const std::vector<std::string>& paths);

}  // namespace herdflow::parquet_io
