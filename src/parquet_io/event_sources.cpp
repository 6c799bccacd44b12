#include "herdflow/parquet_io/event_sources.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <set>
#include <string>
#include <utility>

#include "columns.hpp"
#include "field_column.hpp"
#include "herdflow/herd/farm.hpp"
#include "herdflow/herd/message.hpp"
#include "herdflow/intake/intake.hpp"
#include "parquet_file.hpp"
#include "topic_files.hpp"

namespace herdflow::parquet_io {
namespace {

using pipeline::Event;
using pipeline::EventBatch;
using pipeline::Topic;

/// Rows made into fields at once: few enough to stay in the processor's cache.
constexpr std::int64_t kSliceRows = 1'024;

using Farms = std::set<std::string, std::less<>>;

class ParquetEventSource final : public intake::EventSource {
 public:
  ParquetEventSource(TopicFile file, const ParquetFile& opened, std::string farm)
      : file_(std::move(file)),
        farm_(std::move(farm)),
        topic_(opened.topic()),
        rows_(opened.rows()),
        state_(opened.state()) {}

  [[nodiscard]] const FileState& state() const { return state_; }
  /// Once it is checked: whose rows it has; of a file of farms, those that it makes.
  [[nodiscard]] const Farms& farms() const { return farms_; }

  /// Reads everything once, and begins anew.
  Result<> Check(const std::stop_token& stop) {
    HERDFLOW_CHECK(Open());
    HERDFLOW_CHECK(reader_->Check());
    for (;;) {
      if (stop.stop_requested()) {
        return Fail(ErrorCode::kShuttingDown, "reading {}: stopped, nothing was sent", name());
      }
      HERDFLOW_ASSIGN(const bool more, LoadSlice());
      if (!more) break;
      for (; in_slice_ < slice_rows_; ++in_slice_) {
        HERDFLOW_CHECK(CheckRow(in_slice_));
        ++position_;
      }
    }
    Close();
    position_ = 0;
    return {};
  }

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

  Result<EventBatch> Next(const intake::BatchLimits& limits) override {
    HERDFLOW_CHECK(Open());
    EventBatch events;
    events.reserve(std::min(static_cast<std::uint64_t>(rows_ - position_), limits.rows));
    for (std::size_t bytes = 0; events.size() < limits.rows && bytes < limits.bytes;) {
      HERDFLOW_ASSIGN(const bool more, LoadSlice());
      if (!more) break;
      Write(in_slice_++);
      ++position_;
      bytes += key_.size() + value_.size();
      // Copied from buffers that keep their room, so that each text is allocated once, at its size.
      events.push_back(Event{key_, value_, {}});
    }
    if (events.empty()) Close();
    return events;
  }

 private:
  /// Opened when it is needed: as many files as a folder holds need not be open at once.
  Result<> Open() {
    if (reader_ != nullptr) return {};
    HERDFLOW_ASSIGN(auto reader, ParquetFile::Open(file_));
    if (reader->state() != state_) {
      return Fail(ErrorCode::kConflict, "{} was changed since it was checked: start again", name());
    }
    if (position_ > 0) HERDFLOW_CHECK(reader->Seek(position_));
    reader_ = std::move(reader);
    return {};
  }

  void Close() {
    Forget();
    reader_.reset();
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

  /// Before an event is made of it: texts as they stand in the file may be of any length.
  Result<> CheckRow(std::int64_t row) {
    if (topic_ == Topic::kFarms) {
      farms_.emplace(columns_[0][row].text);
    } else {
      HERDFLOW_CHECK(CheckFarm(columns_[0][row]));
    }
    // The longest escape of a byte has six, names of fields, numbers and times have less than this.
    constexpr std::size_t kEscaped = 6;
    constexpr std::size_t kRest = 1'024;
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < ColumnsOf(topic_).size(); ++i)
      bytes += columns_[i][row].text.size();
    if (bytes * kEscaped + kRest <= pipeline::kMaxEventBytes) return {};
    if (bytes <= pipeline::kMaxEventBytes) {
      Write(row);
      if (value_.size() <= pipeline::kMaxEventBytes) return {};
    }
    return Fail(
        ErrorCode::kInvalidInput,
        "reading {}: row {} makes an event of more than {} bytes: nothing was sent; shorten "
        "its texts, or take it out",
        name(), position_ + 1, pipeline::kMaxEventBytes);
  }

  /// A malformed one is for quarantine, as in the log.
  Result<> CheckFarm(const herd::Field& own) {
    if (herd::JudgeFarmOf(own)) return {};
    const std::string_view named = own.IsMissing() ? std::string_view(farm_) : own.text;
    if (!farm_.empty() && named != farm_) {
      return Fail(
          ErrorCode::kInvalidInput,
          "reading {}: row {} is of the farm {}, and not of {}, as --farm says: nothing was "
          "sent; leave --farm out: every row is then of the farm that it names, or of {}",
          name(), position_ + 1, own.text, farm_, herd::kDefaultFarm);
    }
    if (!named.empty() && !farms_.contains(named)) farms_.emplace(named);
    return {};
  }

  /// Of the row's event: what the row says goes before what is said of all. `default` is not said.
  herd::Field FarmOf(const herd::Field& own) const {
    if (herd::JudgeFarmOf(own)) return own;
    const std::string_view farm = own.IsMissing() ? std::string_view(farm_) : own.text;
    if (farm.empty() || farm == herd::kDefaultFarm) return {};
    return {herd::Field::Kind::kText, farm};
  }

  void Write(std::int64_t row) {
    const auto field = [this, row](std::size_t column) { return columns_[column][row]; };
    switch (topic_) {
      case Topic::kCows:
        return intake::WriteEvent(
            herd::CowFields{FarmOf(field(0)), field(1), field(2), field(3), field(4)}, key_,
            value_);
      case Topic::kSensors:
        return intake::WriteEvent(
            herd::SensorFields{FarmOf(field(0)), field(1), field(2), field(3), field(4)}, key_,
            value_);
      case Topic::kMeasurements:
        return intake::WriteEvent(herd::MeasurementFields{FarmOf(field(0)), field(1), field(2),
                                                          field(3), field(4), field(5)},
                                  key_, value_);
      case Topic::kFarms:
        return intake::WriteEvent(herd::FarmFields{field(0), field(1), field(2), field(3), field(4),
                                                   field(5), field(6), field(7), field(8)},
                                  key_, value_);
    }
  }

  TopicFile file_;
  std::string farm_;  ///< Of rows that name none; empty: `default`.
  Topic topic_;
  std::int64_t rows_ = 0;
  FileState state_;  ///< When it was found good.
  Farms farms_;
  std::unique_ptr<ParquetFile> reader_;
  std::int64_t position_ = 0;  ///< The file's row that is given next.
  ColumnBatch batch_;
  std::int64_t in_batch_ = 0;  ///< Rows of the batch that were loaded.
  std::array<FieldColumn, 9> columns_;
  std::int64_t slice_rows_ = 0;  ///< Rows that the columns hold.
  std::int64_t in_slice_ = 0;    ///< Of these were given.
  std::string key_, value_;
};

/// A file that is there by two names would be sent twice.
const ParquetEventSource* SameFile(const std::vector<std::unique_ptr<ParquetEventSource>>& sources,
                                   const FileState& state) {
  const auto found = std::find_if(sources.begin(), sources.end(), [&](const auto& source) {
    return source->state().IsSameFile(state);
  });
  return found == sources.end() ? nullptr : found->get();
}

}  // namespace

Result<EventSources> OpenEventSources(const std::vector<std::string>& paths,
                                      const std::string& farm, const std::stop_token& stop) {
  HERDFLOW_ASSIGN(auto found, FindTopicFiles(paths));
  EventSources all;
  all.left_out = std::move(found.left_out);
  std::vector<std::unique_ptr<ParquetEventSource>> sources;
  for (const TopicFile& file : found.files) {
    HERDFLOW_ASSIGN(const auto opened, ParquetFile::Open(file));
    if (const auto* same = SameFile(sources, opened->state())) {
      all.left_out.push_back(fmt::format("{}: it is the same file as {}", file.path, same->name()));
      continue;
    }
    sources.push_back(std::make_unique<ParquetEventSource>(file, *opened, farm));
  }
  // What a schema tells is known of all files before one of them is read whole.
  Farms made{std::string(herd::kDefaultFarm)};
  for (auto& source : sources) {
    HERDFLOW_CHECK(source->Check(stop));
    Farms& into = source->topic() == Topic::kFarms ? made : all.farms;
    into.insert(source->farms().begin(), source->farms().end());
    all.sources.push_back(std::move(source));
  }
  for (const std::string& known : made) all.farms.erase(known);
  std::stable_sort(all.sources.begin(), all.sources.end(), [](const auto& a, const auto& b) {
    const auto place = [](Topic topic) { return std::pair(intake::RankOf(topic), topic); };
    return place(a->topic()) < place(b->topic());
  });
  return all;
}

}  // namespace herdflow::parquet_io
