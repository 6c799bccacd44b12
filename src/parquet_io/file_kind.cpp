#include "file_kind.hpp"

#include <arrow/io/file.h>
#include <arrow/result.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "arrow_error.hpp"
#include "herdflow/core/text.hpp"

namespace herdflow::parquet_io {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kMagic = "PAR1";
constexpr std::string_view kEncryptedMagic = "PARE";
/// The footer's length in four bytes, and the magic bytes once more.
constexpr std::int64_t kTailBytes = 8;
constexpr std::int64_t kHeadBytes = 512;  ///< And as many at its end.

constexpr std::string_view kExport =
    "write it as Parquet, for example with pandas' to_parquet or DuckDB's COPY … (FORMAT parquet)";
constexpr std::string_view kUnpack = "unpack it, and name what is in it";
constexpr std::string_view kOther = "name the Parquet file that is meant";
constexpr std::string_view kAnew = "copy it or write it anew";
constexpr std::string_view kZip = "PK\x03\x04";

struct Kind {
  std::string_view beginning, what, advice;
};
constexpr std::array kKinds{
    Kind{"\x1F\x8B"sv, "a file compressed by gzip", kUnpack},
    Kind{"\x28\xB5\x2F\xFD"sv, "a file compressed by zstd", kUnpack},
    Kind{"BZh"sv, "a file compressed by bzip2", kUnpack},
    Kind{"\xFD"
         "7zXZ"sv,
         "a file compressed by xz", kUnpack},
    Kind{"\x04\x22\x4D\x18"sv, "a file compressed by lz4", kUnpack},
    Kind{kZip, "a ZIP archive", kUnpack},
    Kind{"\xD0\xCF\x11\xE0"sv, "a workbook of Excel (.xls)", kExport},
    Kind{"\x89PNG"sv, "a picture (PNG)", kOther},
    Kind{"\xFF\xD8\xFF"sv, "a picture (JPEG)", kOther},
    Kind{"%PDF"sv, "a PDF document", kOther},
    Kind{"ORC"sv, "an ORC file", kExport},
    Kind{"ARROW1"sv, "an Arrow (Feather) file", kExport},
    Kind{"FEA1"sv, "a Feather file", kExport},
    Kind{"Obj\x01"sv, "an Avro file", kExport},
    Kind{"SQLite format 3\0"sv, "a database of SQLite", kExport},
    Kind{"\x89HDF"sv, "an HDF5 file", kExport},
    Kind{"\xFF\xFE"sv, "text in UTF-16", kExport},
    Kind{"\xFE\xFF"sv, "text in UTF-16", kExport},
    Kind{"version https://git-lfs"sv, "the pointer that Git LFS leaves for a file",
         "fetch the file itself: git lfs pull"},
};

/// Where the beginning cuts a character in two, the rest of it is no fault.
bool IsText(std::string_view head) {
  constexpr std::size_t kLongestCharacter = 4;
  while (!head.empty()) {
    const Utf8Character next = DecodeUtf8(head);
    if (next.code_point == Utf8Character::kInvalid) return head.size() < kLongestCharacter;
    if (IsControl(next.code_point) && !IsBlank(next.code_point)) return false;
    head.remove_prefix(next.bytes);
  }
  return true;
}

/// A workbook is a ZIP archive of files with these names.
bool IsWorkbook(std::string_view head) {
  constexpr std::array kNames{"[Content_Types].xml"sv, "docProps/"sv, "xl/"sv};
  return head.starts_with(kZip) &&
         std::any_of(kNames.begin(), kNames.end(), [head](std::string_view name) {
           return head.find(name) != std::string_view::npos;
         });
}

Kind KindOf(std::string_view head) {
  if (IsWorkbook(head)) return {"", "a workbook of Excel (.xlsx)", kExport};
  if (head.find_first_not_of('\0') == std::string_view::npos) {
    return {"", "zeros, as a copy that was broken off leaves them", kAnew};
  }
  const auto found = std::find_if(kKinds.begin(), kKinds.end(), [head](const Kind& kind) {
    return head.starts_with(kind.beginning);
  });
  if (found != kKinds.end()) return *found;
  if (!IsText(head)) return {"", "something else", kOther};
  std::string_view text = WithoutByteOrderMark(head);
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  if (text.starts_with('{') || text.starts_with('[')) return {"", "JSON", kExport};
  if (text.starts_with('<')) {
    return {"", "a page of HTML or XML", "see what was downloaded in its place"};
  }
  return {"", "text, such as CSV", kExport};
}

Result<std::string> BytesAt(const std::string& path, arrow::io::ReadableFile& file,
                            std::int64_t position, std::int64_t count) {
  std::string bytes(static_cast<std::size_t>(count), '\0');
  const auto read = file.ReadAt(position, count, bytes.data());
  if (!read.ok()) return Fail(ReadingError(path, "", read.status()));
  bytes.resize(static_cast<std::size_t>(*read));
  return bytes;
}

std::int64_t FooterBytes(std::string_view tail) {
  std::uint32_t bytes = 0;
  for (std::size_t i = 4; i-- > 0;) bytes = bytes << 8U | static_cast<unsigned char>(tail[i]);
  return bytes;
}

/// How many bytes follow the end of a whole file; nothing where no end is near.
std::optional<std::size_t> BytesAfterEnd(std::string_view ending, std::int64_t size) {
  const std::size_t magic = ending.rfind(kMagic);
  if (magic == std::string_view::npos || magic < 4) return std::nullopt;
  const std::size_t after = ending.size() - magic - kMagic.size();
  const std::int64_t before = size - static_cast<std::int64_t>(after) - kTailBytes;
  if (FooterBytes(ending.substr(magic - 4)) >= before) return std::nullopt;
  return after;
}

tl::unexpected<Error> Refused(const std::string& path, std::string_view what,
                              std::string_view advice) {
  return Fail(ErrorCode::kInvalidInput, "reading {}: {}; {}", path, what, advice);
}

}  // namespace

Error Encrypted(const std::string& path) {
  return Error(
      ErrorCode::kInvalidInput,
      fmt::format("reading {}: it is encrypted: write the file anew without encryption", path));
}

Result<> CheckIsParquet(const std::string& path, const InputFile& file) {
  const std::int64_t size = file.state.bytes;
  if (size == 0) return Refused(path, "it is empty, 0 bytes", kAnew);
  HERDFLOW_ASSIGN(const std::string head,
                  BytesAt(path, *file.bytes, 0, std::min(size, kHeadBytes)));
  const std::int64_t ending_bytes = std::min(size, kHeadBytes);
  HERDFLOW_ASSIGN(const std::string ending,
                  BytesAt(path, *file.bytes, size - ending_bytes, ending_bytes));
  const std::string_view tail = std::string_view(ending).substr(
      ending.size() - std::min<std::size_t>(ending.size(), kTailBytes));
  if (head.starts_with(kEncryptedMagic)) return Fail(Encrypted(path));
  const bool ends = size > kTailBytes && tail.ends_with(kMagic);
  if (!head.starts_with(kMagic)) {
    if (ends) return Refused(path, "it ends as Parquet does, but its beginning is damaged", kAnew);
    const Kind kind = KindOf(head);
    return Refused(path, fmt::format("it is no Parquet file, but seems to be {}", kind.what),
                   kind.advice);
  }
  if (const auto after = BytesAfterEnd(ending, size); !ends && after) {
    return Refused(
        path, fmt::format("bytes follow its end ({}): something was added to it", *after), kAnew);
  }
  if (!ends) {
    return Refused(path,
                   "it begins as Parquet does, but its end is missing: it was cut off, or is "
                   "being written",
                   kAnew);
  }
  const auto magic_bytes = static_cast<std::int64_t>(kMagic.size());
  if (FooterBytes(tail) > size - kTailBytes - magic_bytes) {
    return Refused(
        path,
        fmt::format("its footer should have {} bytes, the whole file has {}: it is damaged",
                    FooterBytes(tail), size),
        kAnew);
  }
  return {};
}

}  // namespace herdflow::parquet_io
