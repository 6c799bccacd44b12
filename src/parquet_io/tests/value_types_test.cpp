#include <arrow/api.h>
#include <arrow/extension/uuid.h>
#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "field_column.hpp"
#include "herdflow/herd/message.hpp"
#include "table_file.hpp"

namespace herdflow::parquet_io {
namespace {

using testing::ElementsAre;

class ValueTypes : public ParquetTest {
 protected:
  using Tokens = std::vector<std::string>;

  /// How the given rows of one column of a file of measurements (or cows) look in the messages.
  Tokens Measurement(const TestColumn& column, const TableOptions& options = {}) {
    return Replace({{"sensor_id", arrow::utf8()},
                    {"cow_id", arrow::utf8()},
                    {"timestamp", arrow::float64()},
                    {"value", arrow::float64()}},
                   column, options);
  }
  Tokens Cow(const TestColumn& column, const TableOptions& options = {}) {
    return Replace({{"id", arrow::utf8()}, {"name", arrow::utf8()}, {"birthdate", arrow::date32()}},
                   column, options);
  }

 private:
  Tokens Replace(const std::vector<std::pair<std::string, ArrowType>>& others,
                 const TestColumn& column, const TableOptions& options) {
    std::vector<TestColumn> columns{column};
    for (const auto& [name, type] : others) {
      if (name == column.name) continue;
      columns.emplace_back(name, arrow::MakeArrayOfNull(type, column.rows->length()).ValueOrDie());
    }
    Tokens tokens;
    for (const std::string& value : ReadValues(Write("values.parquet", columns, options))) {
      tokens.push_back(Token(value, column.name));
    }
    return tokens;
  }
};

TEST_F(ValueTypes, DoublesAreTheirShortestText) {
  arrow::DoubleBuilder builder;
  for (const double value : {549.95, 0.1, -1.0, 0.0, 4.0, 1e-7, 1e21, 1.5e300, 123456789.25}) {
    ASSERT_TRUE(builder.Append(value).ok());
  }
  EXPECT_THAT(Measurement({"value", builder.Finish().ValueOrDie()}),
              ElementsAre("549.95", "0.1", "-1", "0", "4", "1e-07", "1000000000000000000000",
                          "1.5e+300", "123456789.25"));
}

TEST_F(ValueTypes, DoublesAreWrittenAsTheHerdWritesThem) {
  arrow::DoubleBuilder builder;
  std::vector<std::string> expected;
  std::uint64_t bits = 0x9E3779B97F4A7C15;
  for (int i = 0; i < 2000; ++i) {
    bits ^= bits << 13U, bits ^= bits >> 7U, bits ^= bits << 17U;
    const double value = std::ldexp(static_cast<double>(bits >> 11U), i % 120 - 90);
    ASSERT_TRUE(builder.Append(value).ok());
    expected.push_back(herd::ShortestDecimal(value));
  }
  EXPECT_EQ(Measurement({"value", builder.Finish().ValueOrDie()}), expected);
}

TEST_F(ValueTypes, NotANumberIsMissingAndInfinityIsKept) {
  arrow::DoubleBuilder builder;
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  ASSERT_TRUE(builder.AppendValues({std::nan(""), kInfinity, -kInfinity}).ok());
  ASSERT_TRUE(builder.AppendNull().ok());
  EXPECT_THAT(Measurement({"value", builder.Finish().ValueOrDie()}),
              ElementsAre("null", "\"inf\"", "\"-inf\"", "null"));
}

TEST_F(ValueTypes, FloatsAreShortestAsFloats) {
  EXPECT_THAT(Measurement({"value", arrow::float32(), "[0.1, 549.95, 3.0, 16777216, null]"}),
              ElementsAre("0.1", "549.95", "3", "16777216", "null"));
}

TEST_F(ValueTypes, IntegersOfEveryWidth) {
  EXPECT_THAT(Measurement({"value", arrow::int8(), "[-1, 5, null]"}),
              ElementsAre("-1", "5", "null"));
  EXPECT_THAT(Measurement({"value", arrow::int16(), "[-300]"}), ElementsAre("-300"));
  EXPECT_THAT(Measurement({"value", arrow::int32(), "[-70000]"}), ElementsAre("-70000"));
  EXPECT_THAT(Measurement({"value", arrow::int64(), "[-9223372036854775808]"}),
              ElementsAre("-9223372036854775808"));
  EXPECT_THAT(Measurement({"value", arrow::uint8(), "[255]"}), ElementsAre("255"));
  EXPECT_THAT(Measurement({"value", arrow::uint16(), "[65535]"}), ElementsAre("65535"));
  EXPECT_THAT(Measurement({"value", arrow::uint32(), "[4294967295]"}), ElementsAre("4294967295"));
  EXPECT_THAT(Measurement({"value", arrow::uint64(), "[18446744073709551615]"}),
              ElementsAre("18446744073709551615"));
}

TEST_F(ValueTypes, DecimalsKeepEveryDigit) {
  for (const TableOptions& options : {TableOptions{}, TableOptions{.arrow_types = false}}) {
    EXPECT_THAT(
        Measurement({"value", arrow::decimal128(20, 2), R"(["549.95", "-1.00", null])"}, options),
        ElementsAre("549.95", "-1.00", "null"));
    EXPECT_THAT(
        Measurement({"value", arrow::decimal256(60, 30),
                     R"(["123456789012345678901234567890.123456789012345678901234567890"])"},
                    options),
        ElementsAre("123456789012345678901234567890.123456789012345678901234567890"));
    EXPECT_THAT(Measurement({"value", arrow::decimal32(5, 1), R"(["4.5"])"}, options),
                ElementsAre("4.5"));
    EXPECT_THAT(Measurement({"value", arrow::decimal64(12, 3), R"(["1594425600.125"])"}, options),
                ElementsAre("1594425600.125"));
  }
}

TEST_F(ValueTypes, TextOfEveryKind) {
  const std::vector<ArrowType> types{arrow::utf8(),
                                     arrow::large_utf8(),
                                     arrow::utf8_view(),
                                     arrow::binary(),
                                     arrow::large_binary(),
                                     arrow::binary_view(),
                                     arrow::dictionary(arrow::int32(), arrow::utf8()),
                                     arrow::dictionary(arrow::int8(), arrow::large_utf8())};
  for (const ArrowType& type : types) {
    for (const bool dictionary : {true, false}) {
      for (const bool arrow_types : {true, false}) {
        SCOPED_TRACE(type->ToString());
        const TableOptions options{.dictionary = dictionary, .arrow_types = arrow_types};
        const std::string_view rows = R"(["549.95", "", null, "549.95", "nan"])";
        const auto matches = ElementsAre("\"549.95\"", "\"\"", "null", "\"549.95\"", "\"nan\"");
        EXPECT_THAT(Measurement({"value", type, rows}, options), matches);
        EXPECT_THAT(Measurement({"cow_id", type, rows}, options), matches);
        EXPECT_THAT(Measurement({"timestamp", type, rows}, options), matches);
        EXPECT_THAT(Cow({"birthdate", type, rows}, options), matches);
      }
    }
  }
}

TEST_F(ValueTypes, IdsMayBeIntegersOrUuids) {
  EXPECT_THAT(Measurement({"cow_id", arrow::int64(), "[17, null]"}), ElementsAre("17", "null"));
  arrow::FixedSizeBinaryBuilder builder(arrow::fixed_size_binary(16));
  ASSERT_TRUE(
      builder.Append("\x33\x21\xb8\x6f\x3a\xfb\x49\x71\xa7\x73\x3a\xe7\xc6\x2b\xaf\xec").ok());
  ASSERT_TRUE(builder.AppendNull().ok());
  const auto uuids =
      arrow::ExtensionType::WrapArray(arrow::extension::uuid(), builder.Finish().ValueOrDie());
  for (const bool arrow_types : {true, false}) {
    EXPECT_THAT(Measurement({"cow_id", uuids}, {.arrow_types = arrow_types}),
                ElementsAre("\"3321b86f-3afb-4971-a773-3ae7c62bafec\"", "null"));
  }
}

TEST_F(ValueTypes, TimestampsAsNumbersStayNumbers) {
  EXPECT_THAT(Measurement({"timestamp", arrow::float64(), "[1594425600.0, 1594425600.125, null]"}),
              ElementsAre("1594425600", "1594425600.125", "null"));
  EXPECT_THAT(Measurement({"timestamp", arrow::int32(), "[1594425600]"}),
              ElementsAre("1594425600"));
  EXPECT_THAT(Measurement({"timestamp", arrow::int64(), "[1594425600000, 1594425600000000001]"}),
              ElementsAre("1594425600000", "1594425600000000001"));
}

TEST_F(ValueTypes, TimestampTypesAreIsoTextOfTheirUnit) {
  using arrow::TimeUnit;
  EXPECT_THAT(Measurement({"timestamp", arrow::timestamp(TimeUnit::SECOND), "[1594425600, null]"}),
              ElementsAre("\"2020-07-11T00:00:00\"", "null"));
  EXPECT_THAT(Measurement({"timestamp", arrow::timestamp(TimeUnit::MILLI), "[1594425600250]"}),
              ElementsAre("\"2020-07-11T00:00:00.250\""));
  EXPECT_THAT(Measurement({"timestamp", arrow::timestamp(TimeUnit::MICRO, "UTC"),
                           "[1594425600000001, 1000, -1]"}),
              ElementsAre("\"2020-07-11T00:00:00.000001Z\"", "\"1970-01-01T00:00:00.001000Z\"",
                          "\"1969-12-31T23:59:59.999999Z\""));
  EXPECT_THAT(Measurement({"timestamp", arrow::timestamp(TimeUnit::NANO, "Europe/Berlin"),
                           "[1594425600123456789]"}),
              ElementsAre("\"2020-07-11T00:00:00.123456789Z\""));
}

TEST_F(ValueTypes, TimesThatWouldMakeOneOfTwoReadingsAreRefused) {
  const auto failure = [&](const ArrowType& type, std::string_view rows) {
    return ReadFailure({Write("m.parquet", {{"sensor_id", arrow::utf8(), R"(["s", "s"])"},
                                            {"cow_id", arrow::utf8(), R"(["c", "c"])"},
                                            {"timestamp", type, rows},
                                            {"value", arrow::int64(), "[1, 2]"}})});
  };
  EXPECT_EQ(failure(arrow::float32(), "[1594425600, 1594425660]"),
            Path("m.parquet") +
                ": column \"timestamp\" is of type float; a file of measurements needs timestamps, "
                "text, or numbers that tell one second from the next (doubles, integers of 32 bits "
                "or more, decimals with 10 digits before the point) there");
  for (const auto& [type, rows] : std::vector<std::pair<ArrowType, std::string_view>>{
           {arrow::float16(), "[1, 2]"},
           {arrow::date32(), "[18454, 18454]"},
           {arrow::date64(), "[0, 0]"},
           {arrow::int8(), "[1, 2]"},
           {arrow::uint16(), "[1, 2]"},
           {arrow::decimal128(9, 0), R"(["1", "2"])"},
           {arrow::decimal128(12, 3), R"(["1.000", "2.000"])"}}) {
    EXPECT_THAT(failure(type, rows), testing::HasSubstr("column \"timestamp\" is of type"))
        << type->ToString();
  }
  for (const ArrowType& type : {arrow::int32(), arrow::uint32(), arrow::uint64()}) {
    EXPECT_EQ(failure(type, "[1594425600, 1594425660]"), "");
  }
  EXPECT_EQ(failure(arrow::decimal128(10, 0), R"(["1594425600", "1594425660"])"), "");
}

TEST_F(ValueTypes, TimestampsWithoutAnIsoTextAreKeptAsTheFileHasThem) {
  EXPECT_THAT(Measurement({"timestamp", arrow::timestamp(arrow::TimeUnit::MILLI),
                           "[9223372036854775807, -9223372036854775808]"}),
              ElementsAre("\"9223372036854775807 / 1000 s since 1970\"",
                          "\"-9223372036854775808 / 1000 s since 1970\""));
}

TEST_F(ValueTypes, OldInt96TimestampsDoNotWrapRound) {
  const TestColumn column("timestamp", arrow::timestamp(arrow::TimeUnit::MICRO),
                          "[1594425600000001, 32503680000000000]");
  EXPECT_THAT(Measurement(column, {.int96 = true, .arrow_types = false}),
              ElementsAre("\"2020-07-11T00:00:00.000001\"", "\"3000-01-01T00:00:00\""));
}

TEST_F(ValueTypes, DatesAreIsoDates) {
  EXPECT_THAT(Cow({"birthdate", arrow::date32(), "[18270, -1, null, 2147483647]"}),
              ElementsAre("\"2020-01-09\"", "\"1969-12-31\"", "null", "\"day 2147483647\""));
  EXPECT_THAT(Cow({"birthdate", arrow::date64(), "[1578528000000]"}),
              ElementsAre("\"2020-01-09\""));
  EXPECT_THAT(Cow({"birthdate", arrow::timestamp(arrow::TimeUnit::MICRO), "[1578528000000000]"}),
              ElementsAre("\"2020-01-09T00:00:00\""));
}

TEST_F(ValueTypes, ColumnsOfNothingButNullsFitEverywhere) {
  EXPECT_THAT(Measurement({"value", arrow::null(), "[null, null]"}), ElementsAre("null", "null"));
  EXPECT_THAT(Cow({"birthdate", arrow::null(), "[null]"}), ElementsAre("null"));
}

TEST_F(ValueTypes, DeletedIsTakenAlongWhereTheColumnIs) {
  EXPECT_THAT(Measurement({"deleted", arrow::boolean(), "[true, false, null]"}),
              ElementsAre("true", "false", "null"));
  EXPECT_THAT(Cow({"deleted", arrow::boolean(), "[true]"}), ElementsAre("true"));
  EXPECT_THAT(ReadValues(WriteSensors("sensors.parquet")),
              ElementsAre(R"({"id":"s1","unit":"L"})"));
}

TEST_F(ValueTypes, BytesThatAreNotUtf8ReachTheRules) {
  arrow::StringBuilder builder;
  ASSERT_TRUE(builder.Append("Ros\xE9").ok());  // Latin-1, as an old export has it.
  const std::string path = Write("cows.parquet", {{"id", arrow::utf8(), R"(["c1"])"},
                                                  {"name", builder.Finish().ValueOrDie()},
                                                  {"birthdate", arrow::null(), "[null]"}});
  const auto values = ReadValues(path);
  EXPECT_THAT(values, ElementsAre("{\"id\":\"c1\",\"name\":\"Ros\xE9\",\"birthdate\":null}"));
  const auto parsed = herd::MessageParser().Cow(values.front());
  ASSERT_TRUE(std::holds_alternative<herd::Rejection>(parsed));
}

TEST_F(ValueTypes, AnIndexOutsideItsDictionaryIsDamage) {
  const TestColumn words("words", arrow::utf8(), R"(["a", "b"])");
  for (const char* indices : {"[0, 2]", "[0, -1]"}) {
    const TestColumn index("index", arrow::int32(), indices);
    const arrow::DictionaryArray array(arrow::dictionary(arrow::int32(), arrow::utf8()), index.rows,
                                       words.rows);
    const auto loaded = FieldColumn().Load(&array, 0, 2);
    ASSERT_FALSE(loaded.has_value());
    EXPECT_THAT(loaded.error().message(), testing::HasSubstr("of a dictionary of 2"));
  }
}

TEST_F(ValueTypes, TextIsEscapedAsJsonNeedsIt) {
  EXPECT_THAT(ReadValues(Write("cows.parquet", {{"id", arrow::utf8(), R"(["c\"1"])"},
                                                {"name", arrow::utf8(), R"(["a\nb\\\u0000"])"},
                                                {"birthdate", arrow::null(), "[null]"}})),
              ElementsAre(R"({"id":"c\"1","name":"a\nb\\\u0000","birthdate":null})"));
}

}  // namespace
}  // namespace herdflow::parquet_io
