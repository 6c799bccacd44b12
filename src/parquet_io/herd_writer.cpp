#include "herdflow/parquet_io/herd_writer.hpp"

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <fmt/format.h>
#include <parquet/arrow/writer.h>
#include <parquet/properties.h>

#include <algorithm>
#include <array>
#include <exception>
#include <filesystem>
#include <fstream>
#include <memory>
#include <system_error>
#include <tuple>

#include "arrow_error.hpp"

namespace herdflow::parquet_io {
namespace {

namespace fs = std::filesystem;

/// A row group: the memory of a writer, and what Skip can pass over unread.
constexpr std::int64_t kGroupRows = 122'880;
constexpr std::string_view kFarmsFile = "farms.parquet";
/// In the order in which they get their names.
constexpr std::array<std::string_view, 4> kFileNames{"cows.parquet", "sensors.parquet",
                                                     "measurements.parquet", kTruthFile};

/// A herd on its way into the files. Without a farm these have no column for it.
struct Part {
  std::string_view farm;
  const herd::SyntheticHerd& herd;
};

/// Files under temporary names, which disappear unless they are published.
class Drafts {
 public:
  Drafts(fs::path folder, bool with_farms) : folder_(std::move(folder)) {
    if (with_farms) names_.emplace_back(kFarmsFile);
    names_.insert(names_.end(), kFileNames.begin(), kFileNames.end());
  }
  Drafts(const Drafts&) = delete;
  Drafts& operator=(const Drafts&) = delete;
  ~Drafts() {
    std::error_code ignored;
    for (const std::string_view name : names_) fs::remove(Draft(name), ignored);
  }

  [[nodiscard]] fs::path Draft(std::string_view name) const {
    return folder_ / fmt::format(".{}.partial", name);
  }

  Result<> Prepare() const {
    std::error_code error;
    fs::create_directories(folder_, error);
    if (error) {
      return Fail(ErrorCode::kUnavailable, "making folder {}: {}", folder_.string(),
                  error.message());
    }
    for (const std::string_view name : names_) {
      const fs::path taken = folder_ / name;
      if (fs::exists(fs::symlink_status(taken))) {
        return Fail(ErrorCode::kConflict,
                    "{} exists and is not overwritten: choose another folder, or remove it first",
                    taken.string());
      }
    }
    return {};
  }

  Result<std::vector<std::string>> Publish() const {
    std::vector<std::string> files;
    for (const std::string_view name : names_) {
      const fs::path file = folder_ / name;
      std::error_code error;
      fs::rename(Draft(name), file, error);
      if (error) {
        return Fail(ErrorCode::kUnavailable, "naming {}: {}", file.string(), error.message());
      }
      files.push_back(file.string());
    }
    return files;
  }

 private:
  fs::path folder_;
  std::vector<std::string_view> names_;
};

/// Runs what may throw or return an Arrow status; both end here.
template <class Action>
Result<> Guarded(const fs::path& file, Action action) {
  arrow::Status status;
  try {
    status = action();
  } catch (const std::exception& exception) {
    status = arrow::Status::UnknownError(exception.what());
  }
  if (status.ok()) return {};
  return Fail(WritingError(file.string(), status));
}

/// Nothing in the file may depend on when or by which library version it was made.
std::shared_ptr<parquet::WriterProperties> FixedProperties() {
  return parquet::WriterProperties::Builder()
      .created_by("herdflow generate")
      ->compression(parquet::Compression::SNAPPY)
      ->max_row_group_length(kGroupRows)
      ->build();
}

/// One Parquet file, written batch by batch.
class FileWriter {
 public:
  FileWriter(const fs::path& path, std::shared_ptr<arrow::Schema> schema)
      : path_(path.string()), schema_(std::move(schema)) {}

  arrow::Status Open() {
    ARROW_ASSIGN_OR_RAISE(output_, arrow::io::FileOutputStream::Open(path_));
    return parquet::arrow::FileWriter::Open(*schema_, arrow::default_memory_pool(), output_,
                                            FixedProperties())
        .Value(&writer_);
  }

  /// The builders' rows become one row group; the builders are empty then.
  arrow::Status WriteGroup(const std::vector<arrow::ArrayBuilder*>& builders) {
    std::vector<std::shared_ptr<arrow::Array>> columns(builders.size());
    for (std::size_t i = 0; i < builders.size(); ++i) {
      ARROW_RETURN_NOT_OK(builders[i]->Finish(&columns[i]));
    }
    if (columns.front()->length() == 0) return arrow::Status::OK();
    return writer_->WriteTable(*arrow::Table::Make(schema_, columns), kGroupRows);
  }

  arrow::Status Close() {
    ARROW_RETURN_NOT_OK(writer_->Close());
    return output_->Close();
  }

 private:
  std::string path_;
  std::shared_ptr<arrow::Schema> schema_;
  std::shared_ptr<arrow::io::FileOutputStream> output_;
  std::unique_ptr<parquet::arrow::FileWriter> writer_;
};

using Fields = std::vector<std::shared_ptr<arrow::Field>>;

/// The columns of a topic's file, and `farm` where there are farms.
std::shared_ptr<arrow::Schema> SchemaOf(Fields fields, const std::vector<Part>& parts) {
  if (!parts.front().farm.empty()) fields.push_back(arrow::field("farm", arrow::utf8()));
  return arrow::schema(fields);
}

/// The builders of a topic's columns, and that of `farm` where there are farms.
std::vector<arrow::ArrayBuilder*> WithFarms(std::vector<arrow::ArrayBuilder*> builders,
                                            arrow::StringBuilder& farms) {
  if (farms.length() > 0) builders.push_back(&farms);
  return builders;
}

arrow::Status AppendFarm(std::string_view farm, arrow::StringBuilder& farms) {
  return farm.empty() ? arrow::Status::OK() : farms.Append(farm);
}

arrow::Status WriteFarmRows(const std::vector<FarmHerd>& herds, const fs::path& path) {
  FileWriter file(
      path, arrow::schema({arrow::field("id", arrow::utf8()), arrow::field("name", arrow::utf8()),
                           arrow::field("time_zone", arrow::utf8())}));
  ARROW_RETURN_NOT_OK(file.Open());
  arrow::StringBuilder ids;
  arrow::StringBuilder names;
  arrow::StringBuilder zones;
  for (const FarmHerd& each : herds) {
    ARROW_RETURN_NOT_OK(ids.Append(each.farm));
    ARROW_RETURN_NOT_OK(names.Append(each.name));
    ARROW_RETURN_NOT_OK(zones.Append(each.herd.plan().time_zone));
  }
  ARROW_RETURN_NOT_OK(file.WriteGroup({&ids, &names, &zones}));
  return file.Close();
}

arrow::Status WriteCows(const std::vector<Part>& parts, const fs::path& path) {
  FileWriter file(path,
                  SchemaOf({arrow::field("id", arrow::utf8()), arrow::field("name", arrow::utf8()),
                            arrow::field("birthdate", arrow::date32())},
                           parts));
  ARROW_RETURN_NOT_OK(file.Open());
  arrow::StringBuilder ids;
  arrow::StringBuilder names;
  arrow::Date32Builder birthdates;
  arrow::StringBuilder farms;
  for (const Part& part : parts) {
    for (const herd::SyntheticCow& cow : part.herd.cows()) {
      ARROW_RETURN_NOT_OK(ids.Append(cow.id));
      ARROW_RETURN_NOT_OK(names.Append(cow.name));
      ARROW_RETURN_NOT_OK(birthdates.Append(cow.birthdate.days));
      ARROW_RETURN_NOT_OK(AppendFarm(part.farm, farms));
    }
  }
  ARROW_RETURN_NOT_OK(file.WriteGroup(WithFarms({&ids, &names, &birthdates}, farms)));
  return file.Close();
}

arrow::Status WriteSensors(const std::vector<Part>& parts, const fs::path& path) {
  FileWriter file(
      path,
      SchemaOf({arrow::field("id", arrow::utf8()), arrow::field("unit", arrow::utf8())}, parts));
  ARROW_RETURN_NOT_OK(file.Open());
  arrow::StringBuilder ids;
  arrow::StringBuilder units;
  arrow::StringBuilder farms;
  for (const Part& part : parts) {
    for (const herd::SyntheticSensor& sensor : part.herd.sensors()) {
      ARROW_RETURN_NOT_OK(ids.Append(sensor.id));
      ARROW_RETURN_NOT_OK(units.Append(sensor.unit));
      ARROW_RETURN_NOT_OK(AppendFarm(part.farm, farms));
    }
  }
  ARROW_RETURN_NOT_OK(file.WriteGroup(WithFarms({&ids, &units}, farms)));
  return file.Close();
}

class MeasurementWriter {
 public:
  MeasurementWriter(const fs::path& path, const std::vector<Part>& parts,
                    const std::function<void(std::int64_t)>& progress)
      : file_(path, SchemaOf({arrow::field("sensor_id", arrow::utf8()),
                              arrow::field("cow_id", arrow::utf8()),
                              arrow::field("timestamp", arrow::float64()),
                              arrow::field("value", arrow::float64())},
                             parts)),
        progress_(progress) {}

  arrow::Status Open() { return file_.Open(); }

  arrow::Status Append(std::string_view farm, const herd::SyntheticMeasurement& measurement) {
    ARROW_RETURN_NOT_OK(sensor_ids_.Append(measurement.sensor_id));
    ARROW_RETURN_NOT_OK(cow_ids_.Append(measurement.cow_id));
    ARROW_RETURN_NOT_OK(timestamps_.Append(measurement.timestamp));
    ARROW_RETURN_NOT_OK(measurement.value ? values_.Append(*measurement.value)
                                          : values_.AppendNull());
    ARROW_RETURN_NOT_OK(AppendFarm(farm, farms_));
    return values_.length() == kGroupRows ? WriteGroup() : arrow::Status::OK();
  }

  arrow::Status Close() {
    ARROW_RETURN_NOT_OK(WriteGroup());
    return file_.Close();
  }

 private:
  arrow::Status WriteGroup() {
    if (values_.length() == 0) return arrow::Status::OK();
    written_ += values_.length();
    ARROW_RETURN_NOT_OK(
        file_.WriteGroup(WithFarms({&sensor_ids_, &cow_ids_, &timestamps_, &values_}, farms_)));
    if (progress_) progress_(written_);
    return arrow::Status::OK();
  }

  FileWriter file_;
  const std::function<void(std::int64_t)>& progress_;
  arrow::StringBuilder sensor_ids_, cow_ids_, farms_;
  arrow::DoubleBuilder timestamps_, values_;
  std::int64_t written_ = 0;
};

arrow::Status WriteMeasurements(const std::vector<Part>& parts, const fs::path& path,
                                const std::function<void(std::int64_t)>& progress,
                                std::vector<herd::GroundTruth>& truths) {
  MeasurementWriter writer(path, parts, progress);
  ARROW_RETURN_NOT_OK(writer.Open());
  for (const Part& part : parts) {
    arrow::Status status;  // The herd cannot be stopped: after a failure the rest is passed over.
    truths.push_back(
        part.herd.ForEachMeasurement([&](const herd::SyntheticMeasurement& measurement) {
          if (status.ok()) status = writer.Append(part.farm, measurement);
        }));
    ARROW_RETURN_NOT_OK(status);
  }
  return writer.Close();
}

std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      quoted += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

std::string List(const std::vector<std::string>& items) {
  if (items.empty()) return "[]";
  std::string list = "[";
  for (std::size_t i = 0; i < items.size(); ++i) {
    list += (i == 0 ? "\n    " : ",\n    ") + items[i];
  }
  return list + "\n  ]";
}

/// Keys and lists sorted, so that two truths can be compared by any tool.
std::string TruthJson(const herd::SyntheticHerd& herd, herd::GroundTruth truth) {
  std::sort(truth.dead_sensors.begin(), truth.dead_sensors.end());
  std::sort(truth.ill.begin(), truth.ill.end(), [](const auto& a, const auto& b) {
    return std::tie(a.cow_id, a.first, a.last) < std::tie(b.cow_id, b.first, b.last);
  });
  std::vector<std::string> dead;
  for (const std::string& sensor : truth.dead_sensors) dead.push_back(Quoted(sensor));
  std::vector<std::string> ill;
  for (const herd::IllEpisode& episode : truth.ill) {
    ill.push_back(fmt::format(R"({{"cow_id": {}, "first": "{}", "last": "{}"}})",
                              Quoted(episode.cow_id), FormatDate(episode.first),
                              FormatDate(episode.last)));
  }
  std::string json = "{\n";
  json += fmt::format("  \"cows\": {},\n", herd.cows().size());
  json += fmt::format("  \"dead_sensors\": {},\n", List(dead));
  json += fmt::format("  \"gap_days\": {},\n", truth.gap_days);
  json += fmt::format("  \"ill\": {},\n", List(ill));
  json += fmt::format("  \"measurements\": {},\n", truth.measurements);
  json += fmt::format("  \"minus_ones\": {},\n", truth.minus_ones);
  json += fmt::format("  \"nulls\": {},\n", truth.nulls);
  json += fmt::format("  \"sensors\": {},\n", herd.sensors().size());
  json += fmt::format("  \"zeros\": {}\n", truth.zeros);
  return json + "}";
}

Result<> WriteText(const std::string& text, const fs::path& path) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) return Fail(ErrorCode::kUnavailable, "writing {} failed", path.string());
  return {};
}

std::string TruthOf(const std::vector<Part>& parts, const std::vector<herd::GroundTruth>& truths) {
  if (parts.front().farm.empty()) return TruthJson(parts.front().herd, truths.front()) + "\n";
  std::string json = "{";
  for (std::size_t i = 0; i < parts.size(); ++i) {
    json += fmt::format("{}{}: {}", i == 0 ? "\n" : ",\n", Quoted(parts[i].farm),
                        TruthJson(parts[i].herd, truths[i]));
  }
  return json + "\n}\n";
}

Result<> WriteParts(const Drafts& drafts, const std::vector<Part>& parts,
                    const std::function<void(std::int64_t measurements)>& progress,
                    WrittenHerd& written) {
  const fs::path cows = drafts.Draft("cows.parquet");
  HERDFLOW_CHECK(Guarded(cows, [&] { return WriteCows(parts, cows); }));
  const fs::path sensors = drafts.Draft("sensors.parquet");
  HERDFLOW_CHECK(Guarded(sensors, [&] { return WriteSensors(parts, sensors); }));
  const fs::path measurements = drafts.Draft("measurements.parquet");
  HERDFLOW_CHECK(Guarded(measurements, [&] {
    return WriteMeasurements(parts, measurements, progress, written.truths);
  }));
  HERDFLOW_CHECK(WriteText(TruthOf(parts, written.truths), drafts.Draft(kTruthFile)));
  HERDFLOW_ASSIGN(written.files, drafts.Publish());
  return {};
}

}  // namespace

Result<WrittenHerd> WriteHerd(const herd::SyntheticHerd& herd, const std::string& folder,
                              const std::function<void(std::int64_t measurements)>& progress) {
  const Drafts drafts(fs::path(folder), /*with_farms=*/false);
  HERDFLOW_CHECK(drafts.Prepare());
  WrittenHerd written;
  HERDFLOW_CHECK(WriteParts(drafts, {Part{{}, herd}}, progress, written));
  return written;
}

Result<WrittenHerd> WriteFarms(const std::vector<FarmHerd>& herds, const std::string& folder,
                               const std::function<void(std::int64_t measurements)>& progress) {
  const Drafts drafts(fs::path(folder), /*with_farms=*/true);
  HERDFLOW_CHECK(drafts.Prepare());
  const fs::path farms = drafts.Draft(kFarmsFile);
  HERDFLOW_CHECK(Guarded(farms, [&] { return WriteFarmRows(herds, farms); }));
  std::vector<Part> parts;
  for (const FarmHerd& each : herds) parts.push_back({each.farm, each.herd});
  WrittenHerd written;
  HERDFLOW_CHECK(WriteParts(drafts, parts, progress, written));
  return written;
}

}  // namespace herdflow::parquet_io
