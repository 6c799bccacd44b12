#include "consistency.hpp"

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>
#include <arrow/result.h>
#include <parquet/metadata.h>
#include <parquet/types.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "arrow_error.hpp"
#include "file_kind.hpp"
#include "page_header.hpp"

namespace herdflow::parquet_io {
namespace {

/// A header is some 30 bytes; with the least and the greatest of its values it may be long.
constexpr std::int64_t kUsualHeader = 256;
constexpr std::int64_t kLongestHeader = 16 << 20;

template <class... Args>
tl::unexpected<Error> Disagrees(const std::string& path, fmt::format_string<Args...> format,
                                Args&&... args) {
  return Fail(ErrorCode::kInvalidInput,
              "reading {}: {}: the file is damaged or was written wrongly, write it anew", path,
              fmt::format(format, std::forward<Args>(args)...));
}

struct Range {
  std::int64_t begin = 0;
  std::int64_t end = 0;
};

/// One column of one row group.
struct Chunk {
  int group = 0;
  std::string column;
  std::int64_t values = 0;
  Range bytes;

  /// For a person, who counts from 1.
  [[nodiscard]] std::string Name() const {
    return fmt::format("column \"{}\" of row group {}", column, group + 1);
  }
};

/// Nothing where they are not all in a file of `file_bytes`.
std::optional<Range> BytesOf(const parquet::ColumnChunkMetaData& chunk, std::int64_t file_bytes) {
  std::int64_t begin = chunk.data_page_offset();
  if (chunk.has_dictionary_page() && chunk.dictionary_page_offset() > 0) {
    // Of a column without values some writers say that its data begin at 0.
    const std::int64_t dictionary = chunk.dictionary_page_offset();
    begin = begin == 0 ? dictionary : std::min(begin, dictionary);
  }
  const std::int64_t bytes = chunk.total_compressed_size();
  if (begin < 0 || bytes < 0 || begin > file_bytes || bytes > file_bytes - begin) {
    return std::nullopt;
  }
  return Range{begin, begin + bytes};
}

class Checker {
 public:
  Checker(const std::string& path, arrow::io::RandomAccessFile& file, std::int64_t file_bytes,
          const parquet::FileMetaData& metadata)
      : path_(path), file_(file), file_bytes_(file_bytes), metadata_(metadata) {}

  Result<> Run(const std::vector<int>& leaves) {
    HERDFLOW_CHECK(CheckRows());
    std::vector<Chunk> read;
    for (int group = 0; group < metadata_.num_row_groups(); ++group) {
      HERDFLOW_CHECK(CheckGroup(group, leaves, read));
    }
    HERDFLOW_CHECK(CheckOverlap(read));
    for (const Chunk& chunk : read) HERDFLOW_CHECK(CheckPages(chunk));
    return {};
  }

 private:
  Result<> CheckRows();
  Result<> CheckGroup(int group, const std::vector<int>& leaves, std::vector<Chunk>& read);
  Result<Chunk> CheckColumn(parquet::RowGroupMetaData& row_group, int group, int leaf);
  Result<> CheckOverlap(std::vector<Chunk> chunks);
  Result<> CheckPages(const Chunk& chunk);
  Result<PageHeader> HeaderAt(const Chunk& chunk, std::int64_t position);

  const std::string& path_;
  arrow::io::RandomAccessFile& file_;
  const std::int64_t file_bytes_;
  const parquet::FileMetaData& metadata_;
};

Result<> Checker::CheckRows() {
  std::int64_t rows = 0;
  for (int group = 0; group < metadata_.num_row_groups(); ++group) {
    const std::int64_t in_group = metadata_.RowGroup(group)->num_rows();
    if (in_group < 0 || in_group > std::numeric_limits<std::int64_t>::max() - rows) {
      return Disagrees(path_, "row group {} has {} rows", group + 1, in_group);
    }
    rows += in_group;
  }
  if (rows == metadata_.num_rows()) return {};
  return Disagrees(path_, "it says that it has {} rows, its row groups have {}",
                   metadata_.num_rows(), rows);
}

Result<> Checker::CheckGroup(int group, const std::vector<int>& leaves, std::vector<Chunk>& read) {
  const auto row_group = metadata_.RowGroup(group);
  if (row_group->num_columns() != metadata_.num_columns()) {
    return Disagrees(path_, "row group {} has {} columns, the file has {}", group + 1,
                     row_group->num_columns(), metadata_.num_columns());
  }
  for (int leaf = 0; leaf < metadata_.num_columns(); ++leaf) {
    HERDFLOW_ASSIGN(auto chunk, CheckColumn(*row_group, group, leaf));
    if (std::find(leaves.begin(), leaves.end(), leaf) == leaves.end()) continue;
    if (row_group->ColumnChunk(leaf)->crypto_metadata() != nullptr) return Fail(Encrypted(path_));
    read.push_back(std::move(chunk));
  }
  return {};
}

Result<Chunk> Checker::CheckColumn(parquet::RowGroupMetaData& row_group, int group, int leaf) {
  const parquet::ColumnDescriptor& column = *metadata_.schema()->Column(leaf);
  const auto told = row_group.ColumnChunk(leaf);
  Chunk chunk{group, column.path()->ToDotString(), told->num_values(), {}};
  if (told->path_in_schema()->ToDotString() != chunk.column ||
      told->type() != column.physical_type()) {
    return Disagrees(path_, "{} holds a column \"{}\" of {}", chunk.Name(),
                     told->path_in_schema()->ToDotString(), parquet::TypeToString(told->type()));
  }
  if (!told->file_path().empty()) {
    return Fail(ErrorCode::kInvalidInput,
                "reading {}: its rows lie in another file, {}: name that one", path_,
                told->file_path());
  }
  const auto bytes = BytesOf(*told, file_bytes_);
  if (!bytes) return Disagrees(path_, "{} lies outside of the file", chunk.Name());
  chunk.bytes = *bytes;
  // What may repeat has one value a row at least, anything else exactly one, null or not.
  const std::int64_t rows = row_group.num_rows();
  const bool fits = column.max_repetition_level() > 0 ? chunk.values >= rows : chunk.values == rows;
  if (fits) return chunk;
  return Disagrees(path_, "{} says that it has {} values for {} rows", chunk.Name(), chunk.values,
                   rows);
}

/// Bytes that two columns claim would be read twice.
Result<> Checker::CheckOverlap(std::vector<Chunk> chunks) {
  std::erase_if(chunks, [](const Chunk& chunk) { return chunk.bytes.begin == chunk.bytes.end; });
  std::sort(chunks.begin(), chunks.end(),
            [](const Chunk& a, const Chunk& b) { return a.bytes.begin < b.bytes.begin; });
  for (std::size_t i = 1; i < chunks.size(); ++i) {
    if (chunks[i].bytes.begin >= chunks[i - 1].bytes.end) continue;
    return Disagrees(path_, "{} and {} share bytes", chunks[i - 1].Name(), chunks[i].Name());
  }
  return {};
}

Result<> Checker::CheckPages(const Chunk& chunk) {
  std::int64_t values = 0;
  std::int64_t position = chunk.bytes.begin;
  while (position < chunk.bytes.end) {
    HERDFLOW_ASSIGN(const PageHeader page, HeaderAt(chunk, position));
    if (page.rows && *page.rows != page.values) {
      return Disagrees(path_, "a page of {} says that it has {} values for {} rows", chunk.Name(),
                       page.values, *page.rows);
    }
    values += page.values;
    position += static_cast<std::int64_t>(page.own_bytes);
    if (page.page_bytes > file_bytes_ - position) {
      return Disagrees(path_, "a page of {} lies outside of the file", chunk.Name());
    }
    position += page.page_bytes;
  }
  if (values == chunk.values) return {};
  return Disagrees(path_, "{} says that it has {} values, its pages have {}", chunk.Name(),
                   chunk.values, values);
}

Result<PageHeader> Checker::HeaderAt(const Chunk& chunk, std::int64_t position) {
  for (std::int64_t bytes = kUsualHeader; bytes <= kLongestHeader; bytes *= 16) {
    const auto read = file_.ReadAt(position, bytes);
    if (!read.ok()) return Fail(ReadingError(path_, chunk.Name(), read.status()));
    const std::shared_ptr<arrow::Buffer>& buffer = *read;
    const auto header = ReadPageHeader(
        {reinterpret_cast<const char*>(buffer->data()), static_cast<std::size_t>(buffer->size())});
    if (header) return *header;
    if (buffer->size() < bytes) break;
  }
  return Disagrees(path_, "{} has no page at byte {}", chunk.Name(), position);
}

}  // namespace

Result<> CheckConsistency(const std::string& path, arrow::io::RandomAccessFile& file,
                          const parquet::FileMetaData& metadata, const std::vector<int>& leaves) {
  const auto file_bytes = file.GetSize();
  if (!file_bytes.ok()) return Fail(ReadingError(path, "", file_bytes.status()));
  return Checker(path, file, *file_bytes, metadata).Run(leaves);
}

}  // namespace herdflow::parquet_io
