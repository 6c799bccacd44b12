#include "page_header.hpp"

#include <limits>

namespace herdflow::parquet_io {
namespace {

/// Thrift's compact protocol, read once from front to back. After the first byte that cannot be,
/// or is not there, everything is 0 and every struct at its end.
class CompactReader {
 public:
  enum Type : std::uint8_t {
    kStop,
    kTrue,
    kFalse,
    kByte,
    kInt16,
    kInt32,
    kInt64,
    kDouble,
    kBinary,
    kList,
    kSet,
    kMap,
    kStruct
  };
  struct Field {
    std::int64_t id = 0;
    Type type = kStop;
  };

  explicit CompactReader(std::string_view bytes) : bytes_(bytes) {}

  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] std::size_t position() const { return position_; }

  /// The field after `previous` of the same struct; kStop is its end.
  Field Next(const Field& previous) {
    const std::uint8_t head = Byte();
    Field field;
    field.type = TypeOf(head & 0x0FU);
    if (field.type == kStop) return field;
    const int step = head >> 4U;
    field.id = step == 0 ? Int() : previous.id + step;
    return field;
  }

  std::int64_t Int() {
    const std::uint64_t coded = Varint();
    return static_cast<std::int64_t>(coded >> 1U) ^ -static_cast<std::int64_t>(coded & 1U);
  }

  void Skip(Type type, int depth = 0) {
    if (depth > kDeepest) return Break();
    switch (type) {
      case kStop:
      case kTrue:
      case kFalse:
        return;
      case kByte:
        return Pass(1);
      case kInt16:
      case kInt32:
      case kInt64:
        static_cast<void>(Varint());
        return;
      case kDouble:
        return Pass(8);
      case kBinary:
        return Pass(Varint());
      case kList:
      case kSet:
        return SkipList(depth);
      case kMap:
        return SkipMap(depth);
      case kStruct:
        for (Field field = Next({}); field.type != kStop; field = Next(field)) {
          Skip(field.type, depth + 1);
        }
        return;
    }
  }

 private:
  static constexpr int kDeepest = 16;

  void Break() {
    failed_ = true;
    position_ = bytes_.size();
  }

  Type TypeOf(unsigned nibble) {
    if (nibble > kStruct) Break();
    return failed_ ? kStop : static_cast<Type>(nibble);
  }

  void Pass(std::uint64_t count) {
    if (count > bytes_.size() - position_) return Break();
    position_ += static_cast<std::size_t>(count);
  }

  std::uint8_t Byte() {
    if (position_ == bytes_.size()) {
      failed_ = true;
      return 0;
    }
    return static_cast<std::uint8_t>(bytes_[position_++]);
  }

  std::uint64_t Varint() {
    std::uint64_t number = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::uint8_t byte = Byte();
      number |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
      if (byte < 0x80U) return failed_ ? 0 : number;
    }
    Break();
    return 0;
  }

  /// In a list a truth value is a byte of its own. Items of no bytes could be any number.
  void SkipItem(Type type, int depth) {
    if (type == kStop) return Break();
    Skip(type == kTrue || type == kFalse ? kByte : type, depth + 1);
  }

  void SkipList(int depth) {
    const std::uint8_t head = Byte();
    const Type type = TypeOf(head & 0x0FU);
    std::uint64_t count = head >> 4U;
    if (count == 15) count = Varint();
    for (; count > 0 && !failed_; --count) SkipItem(type, depth);
  }

  void SkipMap(int depth) {
    std::uint64_t count = Varint();
    if (count == 0) return;
    const std::uint8_t types = Byte();
    const Type key = TypeOf(types >> 4U);
    const Type value = TypeOf(types & 0x0FU);
    for (; count > 0 && !failed_; --count) {
      SkipItem(key, depth);
      SkipItem(value, depth);
    }
  }

  std::string_view bytes_;
  std::size_t position_ = 0;
  bool failed_ = false;
};

using Field = CompactReader::Field;

/// Whether it is a number, which `out` is then.
bool TakeInt(CompactReader& reader, const Field& field, std::int64_t id, std::int64_t& out) {
  if (field.id != id || field.type != CompactReader::kInt32) return false;
  out = reader.Int();
  return true;
}

/// The part about a data page. Field numbers as in Parquet's `parquet.thrift`.
void ReadDataPage(CompactReader& reader, bool version_2, PageHeader& header) {
  for (Field field = reader.Next({}); field.type != CompactReader::kStop;
       field = reader.Next(field)) {
    std::int64_t rows = 0;
    if (TakeInt(reader, field, 1, header.values)) continue;
    if (version_2 && TakeInt(reader, field, 3, rows)) {
      header.rows = rows;
      continue;
    }
    reader.Skip(field.type);
  }
}

}  // namespace

std::optional<PageHeader> ReadPageHeader(std::string_view bytes) {
  constexpr std::int64_t kDataPage = 5;
  constexpr std::int64_t kDataPageVersion2 = 8;
  CompactReader reader(bytes);
  PageHeader header;
  std::int64_t type = -1;
  header.page_bytes = -1;
  for (Field field = reader.Next({}); field.type != CompactReader::kStop;
       field = reader.Next(field)) {
    if (TakeInt(reader, field, 1, type) || TakeInt(reader, field, 3, header.page_bytes)) continue;
    if (field.type == CompactReader::kStruct &&
        (field.id == kDataPage || field.id == kDataPageVersion2)) {
      ReadDataPage(reader, field.id == kDataPageVersion2, header);
    } else {
      reader.Skip(field.type);
    }
  }
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
  const auto fits = [](std::int64_t number) { return number >= 0 && number <= kMost; };
  if (reader.failed() || !fits(type) || !fits(header.page_bytes) || !fits(header.values)) {
    return std::nullopt;
  }
  header.own_bytes = reader.position();
  return header;
}

}  // namespace herdflow::parquet_io
