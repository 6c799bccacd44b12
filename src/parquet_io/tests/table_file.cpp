#include "table_file.hpp"

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <arrow/json/from_string.h>
#include <arrow/util/compression.h>
#include <parquet/arrow/writer.h>
#include <parquet/encryption/encryption.h>
#include <parquet/properties.h>
#include <stdlib.h>

#include <fstream>
#include <iterator>
#include <stdexcept>

#include "herdflow/parquet_io/event_sources.hpp"

namespace herdflow::parquet_io {
namespace {

namespace fs = std::filesystem;

void Require(const arrow::Status& status) {
  if (!status.ok()) throw std::runtime_error(status.ToString());
}

std::string CompactNumber(std::int64_t number) {
  std::string coded;
  auto rest = static_cast<std::uint64_t>(number) << 1U;
  for (; rest >= 0x80U; rest >>= 7U) coded += static_cast<char>((rest & 0x7FU) | 0x80U);
  return coded + static_cast<char>(rest);
}

std::shared_ptr<parquet::FileEncryptionProperties> EncryptionOf(
    TableOptions::Encryption encryption) {
  using Encryption = TableOptions::Encryption;
  if (encryption == Encryption::kNone) return nullptr;
  const arrow::util::SecureString key("a key of 16 byte");
  parquet::FileEncryptionProperties::Builder properties(key);
  if (encryption != Encryption::kWhole) properties.set_plaintext_footer();
  if (encryption == Encryption::kColumnNote) {
    parquet::ColumnEncryptionProperties::Builder note;
    properties.encrypted_columns({{"note", note.key(key)->build()}});
  }
  return properties.build();
}

}  // namespace

TestColumn::TestColumn(std::string column_name, const ArrowType& type, std::string_view json_rows)
    : TestColumn(std::move(column_name),
                 arrow::json::ArrayFromJSONString(type, json_rows).ValueOrDie()) {}

TestColumn::TestColumn(std::string column_name, std::shared_ptr<arrow::Array> made)
    : name(std::move(column_name)), rows(std::move(made)) {}

ParquetTest::ParquetTest() {
  std::string pattern = (fs::temp_directory_path() / "herdflow_parquet_XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
  folder_ = pattern;
}

ParquetTest::~ParquetTest() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

std::string ParquetTest::Write(std::string_view name, const std::vector<TestColumn>& columns,
                               const TableOptions& options) const {
  const std::string path = Path(name);
  fs::create_directories(fs::path(path).parent_path());
  std::vector<std::shared_ptr<arrow::Field>> fields;
  std::vector<std::shared_ptr<arrow::Array>> arrays;
  for (const TestColumn& column : columns) {
    fields.push_back(arrow::field(column.name, column.rows->type(), options.nullable));
    arrays.push_back(column.rows);
  }
  parquet::WriterProperties::Builder properties;
  properties.compression(arrow::util::Codec::GetCompressionType(options.codec).ValueOrDie());
  if (!options.dictionary) properties.disable_dictionary();
  if (options.checksums) properties.enable_page_checksum();
  if (!options.statistics) {
    properties.disable_statistics()->disable_write_page_index()->set_size_statistics_level(
        parquet::SizeStatisticsLevel::None);
  }
  properties.max_rows_per_page(options.page_rows)
      ->data_pagesize(options.page_bytes)
      ->write_batch_size(options.write_rows);
  properties.encryption(EncryptionOf(options.encryption));
  if (options.pages_version_2) properties.data_page_version(parquet::ParquetDataPageVersion::V2);
  parquet::ArrowWriterProperties::Builder arrow_properties;
  if (options.arrow_types) arrow_properties.store_schema();
  if (options.int96) arrow_properties.enable_deprecated_int96_timestamps();
  const auto output = arrow::io::FileOutputStream::Open(path).ValueOrDie();
  Require(parquet::arrow::WriteTable(*arrow::Table::Make(arrow::schema(fields), arrays),
                                     arrow::default_memory_pool(), output, options.group_rows,
                                     properties.build(), arrow_properties.build()));
  Require(output->Close());
  return path;
}

std::string ParquetTest::WriteBytes(std::string_view name, std::string_view bytes) const {
  const std::string path = Path(name);
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

std::vector<std::size_t> ParquetTest::PlacesOf(std::int64_t number, const std::string& path) {
  const std::string bytes = FileBytes(path);
  const std::string coded = CompactNumber(number);
  std::vector<std::size_t> places;
  for (auto at = bytes.find(coded); at != std::string::npos; at = bytes.find(coded, at + 1)) {
    places.push_back(at);
  }
  return places;
}

void ParquetTest::Overwrite(const std::string& path, std::size_t place, std::int64_t number) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(static_cast<std::streamoff>(place));
  file << CompactNumber(number);
}

std::string ParquetTest::WriteCows(std::string_view name) const {
  return Write(name, {{"id", arrow::utf8(), R"(["c1"])"},
                      {"name", arrow::utf8(), R"(["Base #1"])"},
                      {"birthdate", arrow::date32(), "[18270]"}});
}

std::string ParquetTest::WriteSensors(std::string_view name) const {
  return Write(name, {{"id", arrow::utf8(), R"(["s1"])"}, {"unit", arrow::utf8(), R"(["L"])"}});
}

std::string ParquetTest::WriteMeasurements(std::string_view name) const {
  return Write(name, {{"sensor_id", arrow::utf8(), R"(["s1", "s1"])"},
                      {"cow_id", arrow::utf8(), R"(["c1", "c1"])"},
                      {"timestamp", arrow::float64(), "[1594425600.0, 1594425601.5]"},
                      {"value", arrow::float64(), "[4.5, null]"}});
}

std::string FileBytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

pipeline::EventBatch ReadEvents(const std::vector<std::string>& paths, std::size_t max_rows) {
  pipeline::EventBatch events;
  auto sources = OpenEventSources(paths, {}, {});
  if (!sources) throw std::runtime_error(sources.error().message());
  for (const auto& source : sources->sources) {
    while (true) {
      auto batch = source->Next({.rows = max_rows, .bytes = std::string::npos});
      if (!batch) throw std::runtime_error(batch.error().message());
      if (batch->empty()) break;
      if (batch->size() > max_rows) throw std::runtime_error("more rows than asked for");
      for (pipeline::Event& event : *batch) events.push_back(std::move(event));
    }
  }
  return events;
}

std::vector<std::string> ReadValues(const std::string& path) {
  std::vector<std::string> values;
  for (pipeline::Event& event : ReadEvents({path})) values.push_back(std::move(event.value));
  return values;
}

std::string ReadFailure(const std::vector<std::string>& paths) {
  const auto sources = OpenEventSources(paths, {}, {});
  if (!sources) return sources.error().message();
  for (const auto& source : sources->sources) {
    while (true) {
      const auto batch = source->Next({});
      if (!batch) return batch.error().message();
      if (batch->empty()) break;
    }
  }
  return "";
}

std::string Token(std::string_view json, std::string_view field) {
  const std::string start = '"' + std::string(field) + "\":";
  const std::size_t at = json.find(start);
  if (at == std::string_view::npos) return "absent";
  json.remove_prefix(at + start.size());
  if (!json.starts_with('"')) return std::string(json.substr(0, json.find_first_of(",}")));
  return std::string(json.substr(0, json.find('"', 1) + 1));
}

}  // namespace herdflow::parquet_io
