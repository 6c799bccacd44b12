#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "columns.hpp"
#include "herdflow/core/result.hpp"
#include "herdflow/herd/message.hpp"

namespace arrow {
class Array;
class DataType;
}  // namespace arrow

namespace herdflow::parquet_io {

/// Can a column of this type be read as what `role` means, without doubt?
[[nodiscard]] bool IsUsable(const arrow::DataType& type, Role role);
/// The types that are, for a person: "a number or text".
[[nodiscard]] std::string_view Expected(Role role);

/// Some rows of one column as JSON fields, exactly as the file holds them:
/// - text and binary as JSON strings, their bytes unchanged (bytes that are not UTF-8 are for the
///   rules to refuse); UUIDs as 8-4-4-4-12 hexadecimal digits;
/// - integers and decimals as numbers; floating-point numbers by the shortest text that reads back
///   as the same number of the same width, NaN as null, infinities as "inf" and "-inf";
/// - dates and timestamps as ISO 8601 strings: a number near 1970 would be taken for another unit.
///   With a zone in the type the value is UTC and gets a `Z`; without one it gets none.
///
/// Lifetime: the fields' texts live until the next Load or as long as the array, whichever ends
/// first. Threads: one at a time.
class FieldColumn {
 public:
  /// The rows [begin, begin + count) of an array that IsUsable said yes to; nullptr: the file has
  /// no such column. kInvalidInput: the file's bytes contradict themselves.
  Result<> Load(const arrow::Array* array, std::int64_t begin, std::int64_t count);

  [[nodiscard]] const herd::Field& operator[](std::int64_t row) const {
    return fields_[static_cast<std::size_t>(row)];
  }

 private:
  template <class Array, class Convert>
  void Each(const arrow::Array& array, Convert convert);
  template <class Array>
  void LoadTexts(const arrow::Array& array);
  template <class Array>
  void LoadIntegers(const arrow::Array& array);
  template <class Array>
  void LoadFloats(const arrow::Array& array);
  template <class Array>
  void LoadDecimals(const arrow::Array& array);
  void LoadDates(const arrow::Array& array);
  void LoadTimestamps(const arrow::Array& array);
  void LoadUuids(const arrow::Array& array);
  Result<> LoadDictionary(const arrow::Array& array);
  template <class Array>
  Result<> LoadIndices(const arrow::Array& array);
  Result<> LoadPlain(const arrow::Array& array);

  /// Room for one made text; Keep says how much of it was used.
  char* Room();
  std::string_view Keep(const char* end);

  std::int64_t begin_ = 0;
  std::vector<herd::Field> fields_;
  std::vector<char> made_;  ///< The texts that stand nowhere in the file.
  std::size_t used_ = 0;
};

}  // namespace herdflow::parquet_io
