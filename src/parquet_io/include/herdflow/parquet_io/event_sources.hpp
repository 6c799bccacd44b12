#pragma once

#include <functional>
#include <memory>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "herdflow/core/result.hpp"
#include "herdflow/intake/seed.hpp"

namespace herdflow::parquet_io {

struct EventSources {
  std::vector<std::unique_ptr<intake::EventSource>> sources;
  /// What lies in the folders and is not read, and why: a line each for a person.
  std::vector<std::string> left_out;
  /// Whose rows they are, but for `default` and for farms that one of the files makes.
  std::set<std::string, std::less<>> farms;
};

/// The Parquet files behind the paths of `herdflow seed`: farms, then cows, sensors and
/// measurements, part files by name. A path is
/// - a file: its columns tell its topic, its name decides where the columns fit several;
/// - a folder with all of cows, sensors and measurements, and farms or not, each a file
/// `cows.parquet`, or a folder
///   `cows` or `cows.parquet` of part files; what else lies there is left out;
/// - any other folder: every file in it that is named or begins as Parquet, each taken as a single
///   file.
///
/// Every file is read once from front to back before this returns, so nothing is sent of any of
/// them when a column of one is missing, ambiguous or of a type that cannot be read without doubt,
/// when a file disagrees with itself or is damaged, or when a row makes an event that is too large.
/// What names no farm's id is sent as it stands, for quarantine. Whether there is such a farm is
/// not asked.
/// Files are opened again when they are read: however many they are, one is open at a time. One
/// that was changed meanwhile is refused.
///
/// `farm`: of cows, sensors and measurements of rows that name none; empty: `default`. A row that
/// names another is refused.
///
/// Memory: below a hundred megabytes, whatever the files hold.
/// Errors: kNotFound (no such path), kInvalidInput naming file, column or row and what was
/// expected, kConflict (changed meanwhile), kShuttingDown.
Result<EventSources> OpenEventSources(const std::vector<std::string>& paths,
                                      const std::string& farm, const std::stop_token& stop);

}  // namespace herdflow::parquet_io
