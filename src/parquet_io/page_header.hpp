#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace herdflow::parquet_io {

/// What stands before each page of a column: of it only what is asked for here.
struct PageHeader {
  std::size_t own_bytes = 0;    ///< Of the header itself.
  std::int64_t page_bytes = 0;  ///< Of the page that follows it, as it stands in the file.
  std::int64_t values = 0;      ///< Nulls included; 0 for a page that holds no rows.
  std::optional<std::int64_t>
      rows{};  ///< Where the page says it as well (data pages of version 2).
};

/// The page header at the beginning of `bytes` (Thrift's compact protocol, any bytes). Nothing: it
/// is damaged, or goes on after these bytes.
[[nodiscard]] std::optional<PageHeader> ReadPageHeader(std::string_view bytes);

}  // namespace herdflow::parquet_io
