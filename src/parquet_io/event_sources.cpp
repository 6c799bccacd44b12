#include "herdflow/parquet_io/event_sources.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "columns.hpp"
#include "field_column.hpp"
#include "herdflow/herd/message.hpp"
#include "parquet_file.hpp"
#include "topic_files.hpp"

namespace herdflow::parquet_io {
namespace {

using pipeline::Event;
using pipeline::EventBatch;
using pipeline::Topic;

/// Rows made into fields at once: few enough to stay in the processor's cache.
constexpr std::int64_t kSliceRows = 1'024;

class ParquetEventSource final : public pipeline::EventSource {
 public:
  ParquetEventSource(TopicFile file, const ParquetFile& checked)
      : file_(std::move(file)), topic_(checked.topic()), rows_(checked.rows()) {}

  [[nodiscard]] const std::string& name() const override { return file_.path; }
  [[nodiscard]] Topic topic() const override { return topic_; }
  [[nodiscard]] std::int64_t rows() const override { return rows_; }
  [[nodiscard]] std::int64_t position() const override { return position_; }

  Result<> Skip(std::int64_t rows) override {
    HERDFLOW_CHECK(Open());
    HERDFLOW_CHECK(reader_->Seek(rows));
    position_ = rows;
    Forget();
    return {};
  }

  Result<EventBatch> Next(const pipeline::BatchLimits& limits) override {
    HERDFLOW_CHECK(Open());
    EventBatch events;
    events.reserve(std::min(static_cast<std::uint64_t>(rows_ - position_), limits.rows));
    for (std::size_t bytes = 0; events.size() < limits.rows && bytes < limits.bytes;) {
      HERDFLOW_ASSIGN(const bool more, LoadSlice());
      if (!more) break;
      key_.clear();
      value_.clear();
      Write(in_slice_++);
      ++position_;
      bytes += key_.size() + value_.size();
      // Copied from buffers that keep their room, so that each text is allocated once, at its size.
      events.push_back(Event{key_, value_, {}});
    }
    if (events.empty()) {
      Forget();
      reader_.reset();
    }
    return events;
  }

 private:
  /// Opened when it is needed: as many files as a folder holds need not be open at once.
  Result<> Open() {
    if (reader_ != nullptr) return {};
    HERDFLOW_ASSIGN(auto reader, ParquetFile::Open(file_));
    if (reader->topic() != topic_ || reader->rows() != rows_) {
      return Fail(ErrorCode::kConflict, "{} was changed since it was checked: start again", name());
    }
    if (position_ > 0) HERDFLOW_CHECK(reader->Seek(position_));
    reader_ = std::move(reader);
    return {};
  }

  void Forget() {
    batch_ = {};
    in_batch_ = slice_rows_ = in_slice_ = 0;
  }

  /// Sees to it that the columns hold the row that is next. False: there is none.
  Result<bool> LoadSlice() {
    if (in_slice_ < slice_rows_) return true;
    if (in_batch_ == batch_.rows) {
      HERDFLOW_ASSIGN(batch_, reader_->Read());
      in_batch_ = 0;
      if (batch_.rows == 0) return false;
    }
    slice_rows_ = std::min(kSliceRows, batch_.rows - in_batch_);
    in_slice_ = 0;
    const auto specs = ColumnsOf(topic_);
    for (std::size_t i = 0; i < specs.size(); ++i) {
      const auto loaded = columns_[i].Load(batch_.columns[i].get(), in_batch_, slice_rows_);
      if (!loaded) {
        return Fail(ErrorCode::kInvalidInput, "reading {}: column \"{}\", rows {} to {}: {}",
                    name(), specs[i].name, position_ + 1, position_ + slice_rows_,
                    loaded.error().message());
      }
    }
    in_batch_ += slice_rows_;
    return true;
  }

  void Write(std::int64_t row) {
    switch (topic_) {
      case Topic::kCows:
        key_ = columns_[0][row].text;
        herd::WriteCow({columns_[0][row], columns_[1][row], columns_[2][row], columns_[3][row]},
                       value_);
        return;
      case Topic::kSensors:
        key_ = columns_[0][row].text;
        herd::WriteSensor({columns_[0][row], columns_[1][row], columns_[2][row]}, value_);
        return;
      case Topic::kMeasurements:
        herd::WriteMeasurementKey(columns_[0][row].text, columns_[1][row].text, key_);
        herd::WriteMeasurement({columns_[0][row], columns_[1][row], columns_[2][row],
                                columns_[3][row], columns_[4][row]},
                               value_);
        return;
    }
  }

  TopicFile file_;
  Topic topic_;
  std::int64_t rows_ = 0;
  std::unique_ptr<ParquetFile> reader_;
  std::int64_t position_ = 0;  ///< The file's row that is given next.
  ColumnBatch batch_;
  std::int64_t in_batch_ = 0;  ///< Rows of the batch that were loaded.
  std::array<FieldColumn, 5> columns_;
  std::int64_t slice_rows_ = 0;  ///< Rows that the columns hold.
  std::int64_t in_slice_ = 0;    ///< Of these were given.
  std::string key_, value_;
};

}  // namespace

Result<std::vector<std::unique_ptr<pipeline::EventSource>>> OpenEventSources(
    const std::vector<std::string>& paths) {
  HERDFLOW_ASSIGN(const auto files, FindTopicFiles(paths));
  std::vector<std::unique_ptr<pipeline::EventSource>> sources;
  for (const TopicFile& file : files) {
    HERDFLOW_ASSIGN(const auto checked, ParquetFile::Open(file));
    sources.push_back(std::make_unique<ParquetEventSource>(file, *checked));
  }
  std::stable_sort(sources.begin(), sources.end(),
                   [](const auto& a, const auto& b) { return a->topic() < b->topic(); });
  return sources;
}

}  // namespace herdflow::parquet_io
