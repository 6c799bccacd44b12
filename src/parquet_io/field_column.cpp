#include "field_column.hpp"

#include <arrow/api.h>
#include <arrow/extension_type.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstring>
#include <optional>

namespace herdflow::parquet_io {
namespace {

using Kind = herd::Field::Kind;
constexpr herd::Field kNullField{Kind::kNull, {}};

/// The longest text that is made here: a 256-bit decimal with sign, point and exponent.
constexpr std::size_t kLongestText = 96;

constexpr std::int64_t kSecondsADay = 86'400;

bool IsText(arrow::Type::type id) {
  return arrow::is_base_binary_like(id) || arrow::is_binary_view_like(id);
}

bool IsUuid(const arrow::DataType& type) {
  return type.id() == arrow::Type::EXTENSION &&
         static_cast<const arrow::ExtensionType&>(type).extension_name() == "arrow.uuid";
}

bool IsFloat(arrow::Type::type id) { return id == arrow::Type::FLOAT || id == arrow::Type::DOUBLE; }

/// Days since 1970 of the years that ISO 8601 writes with four digits.
constexpr auto kFirstDay =
    std::chrono::sys_days(std::chrono::year(0) / 1 / 1).time_since_epoch().count();
constexpr auto kLastDay =
    std::chrono::sys_days(std::chrono::year(9999) / 12 / 31).time_since_epoch().count();

/// `2024-04-07`, or for a day that has no such text, what the file holds.
char* WriteDate(std::int64_t days, char* out) {
  if (days < kFirstDay || days > kLastDay) return fmt::format_to(out, "day {}", days);
  const std::chrono::year_month_day date(
      std::chrono::sys_days(std::chrono::days(static_cast<int>(days))));
  return fmt::format_to(out, "{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                        static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

std::int64_t FloorDivide(std::int64_t number, std::int64_t by) {
  return number / by - (number % by < 0 ? 1 : 0);
}

struct TimestampForm {
  std::int64_t ticks_a_second = 1;
  int decimals = 0;
  bool utc = false;
};

TimestampForm FormOf(const arrow::TimestampType& type) {
  const bool utc = !type.timezone().empty();
  switch (type.unit()) {
    case arrow::TimeUnit::SECOND:
      return {1, 0, utc};
    case arrow::TimeUnit::MILLI:
      return {1'000, 3, utc};
    case arrow::TimeUnit::MICRO:
      return {1'000'000, 6, utc};
    case arrow::TimeUnit::NANO:
      return {1'000'000'000, 9, utc};
  }
  return {};
}

char* WriteTimestamp(std::int64_t ticks, const TimestampForm& form, char* out) {
  const std::int64_t seconds = FloorDivide(ticks, form.ticks_a_second);
  const std::int64_t days = FloorDivide(seconds, kSecondsADay);
  if (days < kFirstDay || days > kLastDay) {
    return fmt::format_to(out, "{} / {} s since 1970", ticks, form.ticks_a_second);
  }
  const std::int64_t in_day = seconds - days * kSecondsADay;
  out = WriteDate(days, out);
  out = fmt::format_to(out, "T{:02}:{:02}:{:02}", in_day / 3600, in_day / 60 % 60, in_day % 60);
  const std::int64_t fraction = ticks - seconds * form.ticks_a_second;
  if (fraction != 0) out = fmt::format_to(out, ".{:0{}}", fraction, form.decimals);
  if (form.utc) *out++ = 'Z';
  return out;
}

/// Whole numbers without a point; never an exponent between 1e-6 and 1e21 (herd::ShortestDecimal's
/// form, which for a float would show the digits of the double next to it).
template <class Float>
char* WriteFloat(Float number, char* out) {
  constexpr auto kAllWholeBelow = static_cast<Float>(1LL << std::numeric_limits<Float>::digits);
  const Float magnitude = std::fabs(number);
  if (magnitude < kAllWholeBelow && magnitude > 0) {
    const auto whole = static_cast<std::int64_t>(number);
    if (static_cast<Float>(whole) == number) {
      return std::to_chars(out, out + kLongestText, whole).ptr;
    }
  }
  const bool fixed = number == 0 || (magnitude >= static_cast<Float>(1e-6) &&
                                     magnitude <= static_cast<Float>(1e21));
  return std::to_chars(out, out + kLongestText, number,
                       fixed ? std::chars_format::fixed : std::chars_format::scientific)
      .ptr;
}

char* WriteUuid(const std::uint8_t* bytes, char* out) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (int i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) *out++ = '-';
    *out++ = kDigits[bytes[i] >> 4U];
    *out++ = kDigits[bytes[i] & 15U];
  }
  return out;
}

bool IsTextOrDictionaryOfText(const arrow::DataType& type) {
  if (IsText(type.id())) return true;
  return type.id() == arrow::Type::DICTIONARY &&
         IsText(static_cast<const arrow::DictionaryType&>(type).value_type()->id());
}

/// Whether numbers of this type tell any second since 1970 from the next: a float of 32 bits makes
/// one time of readings two minutes apart.
bool CanCountSeconds(const arrow::DataType& type) {
  constexpr int kDigits = 10;  // Until the year 2286.
  if (arrow::is_decimal(type.id())) {
    const auto& decimal = static_cast<const arrow::DecimalType&>(type);
    return decimal.scale() >= 0 && decimal.precision() - decimal.scale() >= kDigits;
  }
  return type.id() == arrow::Type::DOUBLE ||
         (arrow::is_integer(type.id()) && arrow::bit_width(type.id()) >= 32);
}

const arrow::DataType& StorageOf(const arrow::DataType& type) {
  if (type.id() != arrow::Type::EXTENSION) return type;
  return *static_cast<const arrow::ExtensionType&>(type).storage_type();
}

}  // namespace

bool IsUsable(const arrow::DataType& type, Role role) {
  const bool uuid = IsUuid(type);
  const arrow::DataType& stored = StorageOf(type);
  const arrow::Type::type id = stored.id();
  if (id == arrow::Type::NA) return true;
  const bool text = IsTextOrDictionaryOfText(stored);
  const bool timestamp = id == arrow::Type::TIMESTAMP;
  const bool date = arrow::is_date(id) || timestamp;
  const bool number = arrow::is_integer(id) || IsFloat(id) || arrow::is_decimal(id);
  switch (role) {
    case Role::kId:
      return text || uuid || arrow::is_integer(id);
    case Role::kText:
      return text;
    case Role::kDate:
      return text || date;
    case Role::kInstant:
      return text || timestamp || CanCountSeconds(stored);
    case Role::kValue:
      return text || number;
    case Role::kFlag:
      return id == arrow::Type::BOOL;
  }
  return false;
}

std::string_view Expected(Role role) {
  switch (role) {
    case Role::kId:
      return "text, integers or UUIDs";
    case Role::kText:
      return "text";
    case Role::kDate:
      return "dates, timestamps or text";
    case Role::kInstant:
      return "timestamps, text, or numbers that tell one second from the next (doubles, integers "
             "of "
             "32 bits or more, decimals with 10 digits before the point)";
    case Role::kValue:
      return "numbers (floats of 32 bits or more) or text";
    case Role::kFlag:
      return "booleans";
  }
  return "";
}

char* FieldColumn::Room() { return made_.data() + used_; }

std::string_view FieldColumn::Keep(const char* end) {
  const char* begin = Room();
  used_ += static_cast<std::size_t>(end - begin);
  return {begin, static_cast<std::size_t>(end - begin)};
}

template <class Array, class Convert>
void FieldColumn::Each(const arrow::Array& array, Convert convert) {
  const auto& typed = static_cast<const Array&>(array);
  std::int64_t row = begin_;
  for (herd::Field& field : fields_) {
    field = typed.IsNull(row) ? kNullField : convert(typed, row);
    ++row;
  }
}

template <class Array>
void FieldColumn::LoadTexts(const arrow::Array& array) {
  Each<Array>(array, [](const Array& texts, std::int64_t row) {
    return herd::Field{Kind::kText, texts.GetView(row)};
  });
}

template <class Array>
void FieldColumn::LoadIntegers(const arrow::Array& array) {
  Each<Array>(array, [this](const Array& numbers, std::int64_t row) {
    char* room = Room();
    return herd::Field{Kind::kNumber,
                       Keep(std::to_chars(room, room + kLongestText, numbers.Value(row)).ptr)};
  });
}

template <class Array>
void FieldColumn::LoadFloats(const arrow::Array& array) {
  Each<Array>(array, [this](const Array& numbers, std::int64_t row) {
    const auto number = numbers.Value(row);
    if (std::isnan(number)) return kNullField;
    if (std::isinf(number)) return herd::Field{Kind::kText, number > 0 ? "inf" : "-inf"};
    return herd::Field{Kind::kNumber, Keep(WriteFloat(number, Room()))};
  });
}

template <class Array>
void FieldColumn::LoadDecimals(const arrow::Array& array) {
  Each<Array>(array, [this](const Array& numbers, std::int64_t row) {
    const std::string text = numbers.FormatValue(row);
    return herd::Field{Kind::kNumber, Keep(std::copy(text.begin(), text.end(), Room()))};
  });
}

void FieldColumn::LoadDates(const arrow::Array& array) {
  if (array.type_id() == arrow::Type::DATE32) {
    Each<arrow::Date32Array>(array, [this](const arrow::Date32Array& dates, std::int64_t row) {
      return herd::Field{Kind::kText, Keep(WriteDate(dates.Value(row), Room()))};
    });
    return;
  }
  Each<arrow::Date64Array>(array, [this](const arrow::Date64Array& dates, std::int64_t row) {
    const std::int64_t days = FloorDivide(dates.Value(row), kSecondsADay * 1'000);
    return herd::Field{Kind::kText, Keep(WriteDate(days, Room()))};
  });
}

void FieldColumn::LoadTimestamps(const arrow::Array& array) {
  const TimestampForm form = FormOf(static_cast<const arrow::TimestampType&>(*array.type()));
  Each<arrow::TimestampArray>(
      array, [this, form](const arrow::TimestampArray& times, std::int64_t row) {
        return herd::Field{Kind::kText, Keep(WriteTimestamp(times.Value(row), form, Room()))};
      });
}

void FieldColumn::LoadUuids(const arrow::Array& array) {
  Each<arrow::FixedSizeBinaryArray>(
      array, [this](const arrow::FixedSizeBinaryArray& uuids, std::int64_t row) {
        return herd::Field{Kind::kText, Keep(WriteUuid(uuids.GetValue(row), Room()))};
      });
}

template <class Array>
Result<> FieldColumn::LoadIndices(const arrow::Array& array) {
  const auto& words = static_cast<const arrow::DictionaryArray&>(array);
  const auto& dictionary = static_cast<const Array&>(*words.dictionary());
  std::int64_t row = begin_;
  for (herd::Field& field : fields_) {
    field = kNullField;
    if (!words.IsNull(row)) {
      // The reader of dictionaries does not check them: a damaged file may point anywhere.
      const std::int64_t index = words.GetValueIndex(row);
      if (index < 0 || index >= dictionary.length()) {
        return Fail(ErrorCode::kInvalidInput, "entry {} of a dictionary of {}", index,
                    dictionary.length());
      }
      if (!dictionary.IsNull(index)) field = {Kind::kText, dictionary.GetView(index)};
    }
    ++row;
  }
  return {};
}

Result<> FieldColumn::LoadDictionary(const arrow::Array& array) {
  const auto& words = static_cast<const arrow::DictionaryArray&>(array);
  const arrow::Type::type values = words.dictionary()->type_id();
  if (arrow::is_binary_view_like(values)) return LoadIndices<arrow::BinaryViewArray>(array);
  if (arrow::is_large_binary_like(values)) return LoadIndices<arrow::LargeBinaryArray>(array);
  return LoadIndices<arrow::BinaryArray>(array);
}

Result<> FieldColumn::LoadPlain(const arrow::Array& array) {
  switch (array.type_id()) {
    case arrow::Type::STRING:
    case arrow::Type::BINARY:
      return LoadTexts<arrow::BinaryArray>(array), Result<>();
    case arrow::Type::LARGE_STRING:
    case arrow::Type::LARGE_BINARY:
      return LoadTexts<arrow::LargeBinaryArray>(array), Result<>();
    case arrow::Type::STRING_VIEW:
    case arrow::Type::BINARY_VIEW:
      return LoadTexts<arrow::BinaryViewArray>(array), Result<>();
    case arrow::Type::DICTIONARY:
      return LoadDictionary(array);
    case arrow::Type::DOUBLE:
      return LoadFloats<arrow::DoubleArray>(array), Result<>();
    case arrow::Type::FLOAT:
      return LoadFloats<arrow::FloatArray>(array), Result<>();
    case arrow::Type::INT8:
      return LoadIntegers<arrow::Int8Array>(array), Result<>();
    case arrow::Type::INT16:
      return LoadIntegers<arrow::Int16Array>(array), Result<>();
    case arrow::Type::INT32:
      return LoadIntegers<arrow::Int32Array>(array), Result<>();
    case arrow::Type::INT64:
      return LoadIntegers<arrow::Int64Array>(array), Result<>();
    case arrow::Type::UINT8:
      return LoadIntegers<arrow::UInt8Array>(array), Result<>();
    case arrow::Type::UINT16:
      return LoadIntegers<arrow::UInt16Array>(array), Result<>();
    case arrow::Type::UINT32:
      return LoadIntegers<arrow::UInt32Array>(array), Result<>();
    case arrow::Type::UINT64:
      return LoadIntegers<arrow::UInt64Array>(array), Result<>();
    case arrow::Type::DECIMAL32:
      return LoadDecimals<arrow::Decimal32Array>(array), Result<>();
    case arrow::Type::DECIMAL64:
      return LoadDecimals<arrow::Decimal64Array>(array), Result<>();
    case arrow::Type::DECIMAL128:
      return LoadDecimals<arrow::Decimal128Array>(array), Result<>();
    case arrow::Type::DECIMAL256:
      return LoadDecimals<arrow::Decimal256Array>(array), Result<>();
    case arrow::Type::DATE32:
    case arrow::Type::DATE64:
      return LoadDates(array), Result<>();
    case arrow::Type::TIMESTAMP:
      return LoadTimestamps(array), Result<>();
    case arrow::Type::BOOL:
      Each<arrow::BooleanArray>(array, [](const arrow::BooleanArray& flags, std::int64_t row) {
        return herd::Field{flags.Value(row) ? Kind::kTrue : Kind::kFalse, {}};
      });
      return {};
    case arrow::Type::NA:
      fields_.assign(fields_.size(), kNullField);
      return {};
    default:  // Arrow's enum, not ours: IsUsable has refused every other type.
      return Fail(ErrorCode::kInternal, "a column of type {} was let through",
                  array.type()->ToString());
  }
}

Result<> FieldColumn::Load(const arrow::Array* array, std::int64_t begin, std::int64_t count) {
  begin_ = begin;
  used_ = 0;
  fields_.assign(static_cast<std::size_t>(count), herd::Field{});
  made_.resize(fields_.size() * kLongestText);
  if (array == nullptr) return {};
  if (array->type_id() != arrow::Type::EXTENSION) return LoadPlain(*array);
  const auto& extension = static_cast<const arrow::ExtensionArray&>(*array);
  if (!IsUuid(*array->type())) return LoadPlain(*extension.storage());
  return LoadUuids(*extension.storage()), Result<>();
}

}  // namespace herdflow::parquet_io
