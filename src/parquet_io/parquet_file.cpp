#include "parquet_file.hpp"

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <arrow/util/compression.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>

#include <algorithm>
#include <exception>
#include <new>

#include "arrow_error.hpp"
#include "consistency.hpp"
#include "file_kind.hpp"

namespace herdflow::parquet_io {
namespace {

/// Rows decoded at once: some hundred kilobytes a column.
constexpr std::int64_t kBatchRows = 16'384;
/// Of so many rows fewer are read where they are too large for the memory.
constexpr std::int64_t kFewerRows = 16;
/// Rows read at once in search of a damage.
constexpr std::int64_t kSearchRows = 16;
/// What Arrow may hold at a time. A page is decoded as a whole, and pages of many megabytes do
/// occur.
constexpr std::int64_t kMostMemory = 96 << 20;
/// Read from the disk at once, a column. Without a buffer Arrow reads whole column chunks.
constexpr std::int64_t kBufferBytes = 128 << 10;

/// Runs what returns an Arrow status, or throws one.
template <class Action>
arrow::Status Try(Action action) {
  try {
    return action();
  } catch (const parquet::ParquetStatusException& exception) {
    return exception.status();
  } catch (const std::bad_alloc&) {
    return arrow::Status::OutOfMemory("");
  } catch (const std::exception& exception) {
    return arrow::Status::Invalid(exception.what());
  }
}

std::string TypeText(const arrow::DataType& type) {
  return type.id() == arrow::Type::DICTIONARY
             ? "dictionary of " +
                   static_cast<const arrow::DictionaryType&>(type).value_type()->ToString()
             : type.ToString();
}

class OpenFile final : public ParquetFile {
 public:
  explicit OpenFile(TopicFile file) : file_(std::move(file)) {}

  Result<> Open() {
    HERDFLOW_ASSIGN(input_, OpenInputFile(file_.path, &pool_));
    HERDFLOW_CHECK(CheckIsParquet(file_.path, input_));
    HERDFLOW_CHECK(Guarded([this] { return OpenReader(); }));
    HERDFLOW_CHECK(FindColumns());
    HERDFLOW_CHECK(GuardedResult([this] { return CheckCodecs(); }));
    return Seek(0);
  }

  [[nodiscard]] pipeline::Topic topic() const override { return match_.topic; }
  [[nodiscard]] std::int64_t rows() const override { return metadata_->num_rows(); }
  [[nodiscard]] const FileState& state() const override { return input_.state; }
  Result<> Check() override;
  Result<> Seek(std::int64_t row) override;
  Result<ColumnBatch> Read() override;

 private:
  using BatchReader = std::unique_ptr<arrow::RecordBatchReader>;

  template <class Action>
  Result<> Guarded(Action action) const {
    const arrow::Status status = Try(action);
    if (status.ok()) return {};
    return Fail(Explained(status, ""));
  }
  /// Runs what returns a Result, and may throw.
  template <class Action>
  Result<> GuardedResult(Action action) const {
    Result<> result;
    HERDFLOW_CHECK(Guarded([&] {
      result = action();
      return arrow::Status::OK();
    }));
    return result;
  }
  [[nodiscard]] Error Explained(const arrow::Status& status, std::string_view place) const;

  arrow::Status OpenReader();
  [[nodiscard]] bool ReadAsDictionary(int leaf) const;
  Result<> FindColumns();
  Result<> CheckCodecs() const;
  [[nodiscard]] std::vector<int> GroupsFrom(std::int64_t row, std::int64_t& first_row) const;
  arrow::Result<BatchReader> ReaderFrom(std::int64_t row, const std::vector<int>& leaves,
                                        std::int64_t& before);
  Result<bool> ReadNext(std::shared_ptr<arrow::RecordBatch>& batch);
  Result<> CheckUnchanged() const;
  bool ReadsOn(int leaf, std::int64_t& reached);
  tl::unexpected<Error> Damaged(const arrow::Status& status);

  TopicFile file_;
  arrow::CappedMemoryPool pool_{arrow::default_memory_pool(), kMostMemory};
  InputFile input_;
  std::unique_ptr<parquet::arrow::FileReader> reader_;
  std::shared_ptr<parquet::FileMetaData> metadata_;
  std::shared_ptr<arrow::Schema> schema_;
  ColumnMatch match_;
  std::vector<int> leaves_;  ///< The Parquet columns that are read.
  std::int64_t batch_rows_ = kBatchRows;
  BatchReader batches_;        ///< Nothing once the end is reached.
  std::int64_t before_ = 0;    ///< Rows of `batches_` still to be passed over.
  std::int64_t position_ = 0;  ///< The row that is read next.
};

Error OpenFile::Explained(const arrow::Status& status, std::string_view place) const {
  if (status.IsOutOfMemory()) {
    return Error(
        ErrorCode::kInvalidInput,
        fmt::format("reading {}: more than {} MiB are needed at once to read it; write the "
                    "file anew with pages of about a megabyte{}",
                    file_.path, kMostMemory >> 20,
                    place.empty() ? "" : fmt::format(" ({})", place)));
  }
  if (metadata_ != nullptr && metadata_->is_encryption_algorithm_set())
    return Encrypted(file_.path);
  return ReadingError(file_.path, place, status);
}

arrow::Status OpenFile::OpenReader() {
  parquet::ReaderProperties reading(&pool_);
  reading.enable_buffered_stream();
  reading.set_buffer_size(kBufferBytes);
  reading.set_page_checksum_verification(true);

  parquet::arrow::FileReaderBuilder builder;
  ARROW_RETURN_NOT_OK(builder.Open(input_.bytes, reading));
  metadata_ = builder.raw_reader()->metadata();

  parquet::ArrowReaderProperties decoding(/*use_threads=*/false);
  decoding.set_pre_buffer(false);
  decoding.set_batch_size(kBatchRows);
  decoding.set_arrow_extensions_enabled(true);
  // Nanoseconds would wrap round where a day is beyond 2262, microseconds keep it out of range.
  decoding.set_coerce_int96_timestamp_unit(arrow::TimeUnit::MICRO);
  for (int leaf = 0; leaf < metadata_->num_columns(); ++leaf) {
    if (ReadAsDictionary(leaf)) decoding.set_read_dictionary(leaf, true);
  }
  ARROW_ASSIGN_OR_RAISE(reader_, builder.memory_pool(&pool_)->properties(decoding)->Build());
  return reader_->GetSchema(&schema_);
}

/// Ids repeat: what the file stores once is not copied once a row, however long it is. But where
/// pages hold texts of their own as well, Arrow would keep all of them for the row group.
bool OpenFile::ReadAsDictionary(int leaf) const {
  if (metadata_->schema()->Column(leaf)->physical_type() != parquet::Type::BYTE_ARRAY) return false;
  for (int group = 0; group < metadata_->num_row_groups(); ++group) {
    const auto chunk = metadata_->RowGroup(group)->ColumnChunk(leaf);
    if (!chunk->has_dictionary_page()) return false;
    for (const parquet::PageEncodingStats& pages : chunk->encoding_stats()) {
      const bool is_indices = pages.encoding == parquet::Encoding::RLE_DICTIONARY ||
                              pages.encoding == parquet::Encoding::PLAIN_DICTIONARY;
      if (pages.page_type != parquet::PageType::DICTIONARY_PAGE && !is_indices) return false;
    }
  }
  return true;
}

Result<> OpenFile::FindColumns() {
  HERDFLOW_ASSIGN(match_, MatchColumns(file_, schema_->field_names()));
  const auto specs = ColumnsOf(match_.topic);
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const int position = match_.positions[i];
    if (position < 0) continue;
    const arrow::Field& field = *schema_->field(position);
    const int leaf =
        reader_->manifest().schema_fields[static_cast<std::size_t>(position)].column_index;
    if (leaf < 0 || !IsUsable(*field.type(), specs[i].role)) {
      return Fail(ErrorCode::kInvalidInput,
                  "{}: column \"{}\" is of type {}; a file of {} needs {} there", file_.path,
                  field.name(), TypeText(*field.type()), pipeline::Name(match_.topic),
                  Expected(specs[i].role));
    }
    leaves_.push_back(leaf);
  }
  return {};
}

Result<> OpenFile::CheckCodecs() const {
  for (int group = 0; group < metadata_->num_row_groups(); ++group) {
    const auto chunks = metadata_->RowGroup(group);
    for (const int leaf : leaves_) {
      const arrow::Compression::type codec = chunks->ColumnChunk(leaf)->compression();
      if (codec == arrow::Compression::UNCOMPRESSED || arrow::util::Codec::IsAvailable(codec)) {
        continue;
      }
      return Fail(ErrorCode::kInvalidInput,
                  "reading {}: column \"{}\" is compressed by {}, which cannot be read here; write "
                  "the file anew with zstd or snappy",
                  file_.path, metadata_->schema()->Column(leaf)->name(),
                  arrow::util::Codec::GetCodecAsString(codec));
    }
  }
  return {};
}

/// The row groups from the one that holds `row` on, and the number of the first one's first row.
std::vector<int> OpenFile::GroupsFrom(std::int64_t row, std::int64_t& first_row) const {
  std::vector<int> groups;
  first_row = 0;
  for (int group = 0; group < metadata_->num_row_groups(); ++group) {
    const std::int64_t rows = metadata_->RowGroup(group)->num_rows();
    if (groups.empty() && first_row + rows <= row) {
      first_row += rows;
    } else {
      groups.push_back(group);
    }
  }
  return groups;
}

arrow::Result<OpenFile::BatchReader> OpenFile::ReaderFrom(std::int64_t row,
                                                          const std::vector<int>& leaves,
                                                          std::int64_t& before) {
  std::int64_t first_row = 0;
  const std::vector<int> groups = GroupsFrom(row, first_row);
  before = row - first_row;
  return reader_->GetRecordBatchReader(groups, leaves);
}

Result<> OpenFile::Seek(std::int64_t row) {
  if (row < 0 || row > rows()) {
    return Fail(ErrorCode::kInvalidInput, "{} has {} rows: reading cannot go on after {}",
                file_.path, rows(), row);
  }
  position_ = row;
  batches_.reset();
  if (row == rows()) return {};
  return Guarded(
      [&]() -> arrow::Status { return ReaderFrom(row, leaves_, before_).Value(&batches_); });
}

Result<> OpenFile::Check() {
  return GuardedResult(
      [this] { return CheckConsistency(file_.path, *input_.bytes, *metadata_, leaves_); });
}

Result<> OpenFile::CheckUnchanged() const {
  HERDFLOW_ASSIGN(const FileState now, StateOf(file_.path, *input_.bytes));
  if (now == input_.state) return {};
  return Fail(ErrorCode::kConflict, "{} was changed while it was read: start again", file_.path);
}

/// False: with so many rows at a time it is too much for the memory.
Result<bool> OpenFile::ReadNext(std::shared_ptr<arrow::RecordBatch>& batch) {
  arrow::Status status = Try([&] { return batches_->ReadNext(&batch); });
  HERDFLOW_CHECK(CheckUnchanged());
  if (status.ok()) return true;
  if (status.IsOutOfMemory() && batch_rows_ > 1) return false;
  if (status.IsOutOfMemory()) {
    return Fail(Explained(status, fmt::format("at row {}", position_ + 1)));
  }
  return Damaged(status);
}

Result<ColumnBatch> OpenFile::Read() {
  std::shared_ptr<arrow::RecordBatch> batch;
  while (batches_ != nullptr) {
    HERDFLOW_ASSIGN(const bool fits, ReadNext(batch));
    if (!fits) {
      batch_rows_ = std::max<std::int64_t>(batch_rows_ / kFewerRows, 1);
      reader_->set_batch_size(batch_rows_);
      HERDFLOW_CHECK(Seek(position_));
      continue;
    }
    if (batch == nullptr) {
      batches_.reset();
      if (position_ == rows()) break;
      return Fail(ErrorCode::kInvalidInput, "reading {}: it ends after row {} but says it has {}",
                  file_.path, position_, rows());
    }
    if (batch->num_rows() > before_) break;
    before_ -= batch->num_rows();
  }
  ColumnBatch rows;
  if (batch == nullptr) return rows;
  const auto rest = batch->Slice(before_);
  before_ = 0;
  rows.rows = rest->num_rows();
  position_ += rows.rows;
  for (const int position : match_.positions) {
    rows.columns.push_back(position < 0 ? nullptr
                                        : rest->GetColumnByName(schema_->field(position)->name()));
  }
  return rows;
}

/// How far the rows from `position_` on can be read in one column, a few at a time.
bool OpenFile::ReadsOn(int leaf, std::int64_t& reached) {
  const arrow::Status read = Try([&]() -> arrow::Status {
    std::int64_t before = 0;
    ARROW_ASSIGN_OR_RAISE(auto column, ReaderFrom(position_, {leaf}, before));
    std::shared_ptr<arrow::RecordBatch> batch;
    for (reached = position_ - before; reached < position_ + batch_rows_;) {
      ARROW_RETURN_NOT_OK(column->ReadNext(&batch));
      if (batch == nullptr) break;
      reached += batch->num_rows();
    }
    return arrow::Status::OK();
  });
  return read.ok();
}

/// Reads the batch that failed once more, a column at a time: Arrow does not say where it was.
tl::unexpected<Error> OpenFile::Damaged(const arrow::Status& status) {
  if (IsOfTheSystem(status)) return Fail(Explained(status, ""));
  reader_->set_batch_size(kSearchRows);
  std::string place = fmt::format("after row {}", position_);
  for (const int leaf : leaves_) {
    std::int64_t reached = position_;
    if (ReadsOn(leaf, reached)) continue;
    place = fmt::format("column \"{}\", row {} or shortly after",
                        metadata_->schema()->Column(leaf)->name(), reached + 1);
    break;
  }
  reader_->set_batch_size(batch_rows_);
  return Fail(Explained(status, place));
}

}  // namespace

Result<std::unique_ptr<ParquetFile>> ParquetFile::Open(const TopicFile& file) {
  auto opened = std::make_unique<OpenFile>(file);
  HERDFLOW_CHECK(opened->Open());
  return opened;
}

}  // namespace herdflow::parquet_io
