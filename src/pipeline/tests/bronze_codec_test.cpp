#include "herdflow/pipeline/bronze_codec.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <set>
#include <string>
#include <variant>

namespace herdflow::pipeline {
namespace {

using herd::Field;
using Kind = Field::Kind;

/// Whether payload and key of this message can be made again.
bool IsCanonicalMessage(const std::string& key, const std::string& payload) {
  herd::MessageParser parser;
  const auto parsed = parser.Measurement(payload);
  std::string scratch = "left from before";
  return IsCanonical(std::get<herd::MeasurementFields>(parsed), key, payload, scratch);
}

TEST(BronzeCodec, EveryCombinationOfKindsUnpacksAsItWasPacked) {
  std::set<std::int64_t> packed;
  constexpr Kind kAll[]{Kind::kAbsent, Kind::kNull,  Kind::kText, Kind::kNumber,
                        Kind::kTrue,   Kind::kFalse, Kind::kOther};
  for (const Kind timestamp : kAll) {
    for (const Kind value : kAll) {
      for (const Kind deleted : kAll) {
        herd::MeasurementFields fields;
        fields.timestamp.kind = timestamp;
        fields.value.kind = value;
        fields.deleted.kind = deleted;
        packed.insert(PackKinds(fields));
        herd::MeasurementFields back;
        UnpackKinds(PackKinds(fields), back);
        EXPECT_EQ(back.timestamp.kind, timestamp);
        EXPECT_EQ(back.value.kind, value);
        EXPECT_EQ(back.deleted.kind, deleted);
      }
    }
  }
  EXPECT_EQ(packed.size(), 343u);
}

TEST(BronzeCodec, TheNumbersOfKindsStayAsStoresHoldThem) {
  herd::MeasurementFields fields;
  fields.timestamp.kind = Kind::kNumber;
  fields.value.kind = Kind::kNumber;
  EXPECT_EQ(PackKinds(fields), 3 + 8 * 3);
  fields.deleted.kind = Kind::kTrue;
  EXPECT_EQ(PackKinds(fields), 3 + 8 * 3 + 64 * 4);
}

TEST(BronzeCodec, WhatHasNoTextIsGivenNone) {
  herd::MeasurementFields fields;
  fields.value = {Kind::kText, "shown"};
  fields.deleted = {Kind::kText, "true"};  // As bronze shows it.
  herd::MeasurementFields kinds;
  kinds.value.kind = Kind::kNumber;
  kinds.deleted.kind = Kind::kTrue;
  UnpackKinds(PackKinds(kinds), fields);
  EXPECT_EQ(fields.value.text, "shown");
  EXPECT_EQ(fields.deleted.text, "");
}

TEST(BronzeCodec, AMessageIsCanonicalIfItsFieldsMakeItAgain) {
  const std::string payload = R"({"sensor_id":"S","cow_id":"C","timestamp":1,"value":"2.50"})";
  EXPECT_TRUE(IsCanonicalMessage("S_C", payload));
  EXPECT_FALSE(IsCanonicalMessage("S_D", payload));
  EXPECT_FALSE(IsCanonicalMessage("", payload));
  EXPECT_FALSE(IsCanonicalMessage("S_C", payload + " "));
  EXPECT_FALSE(IsCanonicalMessage("S_C", R"({"cow_id":"C","sensor_id":"S","timestamp":1})"));
  EXPECT_FALSE(IsCanonicalMessage("S_C", R"({"sensor_id":"S","cow_id":"C","farm":1})"));
  EXPECT_FALSE(IsCanonicalMessage("S_C", R"({"farm":null,"sensor_id":"S","cow_id":"C"})"));
  EXPECT_FALSE(IsCanonicalMessage("S_C", R"({"farm":"default","sensor_id":"S","cow_id":"C"})"));
  EXPECT_FALSE(IsCanonicalMessage("nan/S_C", R"({"farm":"nan","sensor_id":"S","cow_id":"C"})"));
  EXPECT_FALSE(IsCanonicalMessage("1_C", R"({"sensor_id":1,"cow_id":"C","timestamp":1})"));
  EXPECT_FALSE(IsCanonicalMessage("S_C", R"({"sensor_id":"\u0053","cow_id":"C","timestamp":1})"));
}

TEST(BronzeCodec, AMessageOfAFarmIsCanonicalWithItsFarmFirst) {
  const std::string payload = R"({"farm":"f","sensor_id":"S","cow_id":"C","timestamp":1})";
  EXPECT_TRUE(IsCanonicalMessage("f/S_C", payload));
  EXPECT_FALSE(IsCanonicalMessage("S_C", payload));
  EXPECT_FALSE(IsCanonicalMessage("g/S_C", payload));
  EXPECT_FALSE(IsCanonicalMessage("f/S_C", R"({"sensor_id":"S","cow_id":"C","farm":"f"})"));
}

TEST(BronzeCodec, WhatHerdflowWritesIsCanonical) {
  EXPECT_TRUE(rc::check("any texts", [](std::uint32_t seconds, double value) {
    const auto text = rc::gen::container<std::string>(rc::gen::inRange<char>(1, 127));
    const std::string sensor = *text;
    const std::string cow = *text;
    const std::string at = std::to_string(seconds);
    const std::string number = herd::ShortestDecimal(value);
    herd::MeasurementFields fields;
    fields.sensor_id = {Kind::kText, sensor};
    fields.cow_id = {Kind::kText, cow};
    fields.timestamp = {Kind::kNumber, at};
    fields.value = {Kind::kNumber, number};
    const std::string farm = *rc::gen::element<std::string>("default", "a", "b-2");
    if (farm != "default") fields.farm = {Kind::kText, farm};
    std::string key;
    std::string payload;
    herd::WriteMeasurementKey(farm, sensor, cow, key);
    herd::WriteMeasurement(fields, payload);
    RC_ASSERT(IsCanonicalMessage(key, payload));
  }));
}

std::string Hex(const MessageHash& hash) {
  std::string text;
  for (const auto byte : hash) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

/// FNV-1a as its draft defines it, one step after the other over 128 bits kept as bytes.
std::string SlowHash(const std::string& bytes) {
  // The offset basis, and the prime 2^88 + 2^8 + 0x3b, most significant byte first.
  std::array<unsigned, 16> hash{0x6c, 0x62, 0x27, 0x2e, 0x07, 0xbb, 0x01, 0x42,
                                0x62, 0xb8, 0x21, 0x75, 0x62, 0x95, 0xc5, 0x8d};
  constexpr std::array<unsigned, 16> kPrime{0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x3b};
  for (const char byte : bytes) {
    hash[15] ^= static_cast<unsigned char>(byte);
    std::array<unsigned, 16> product{};
    for (int i = 15; i >= 0; --i) {
      unsigned carry = 0;
      for (int j = 15; j >= 15 - i; --j) {
        unsigned& digit = product[static_cast<std::size_t>(i + j - 15)];
        const unsigned sum =
            digit + carry + hash[static_cast<std::size_t>(i)] * kPrime[static_cast<std::size_t>(j)];
        digit = sum & 0xFF;
        carry = sum >> 8;
      }
    }
    hash = product;
  }
  MessageHash out;
  for (std::size_t i = 0; i < 16; ++i) out[i] = static_cast<std::uint8_t>(hash[i]);
  return Hex(out);
}

TEST(BronzeCodec, TheHashIsFnv1aOverTheKeysLengthTheKeyAndTheValue) {
  using namespace std::string_literals;
  EXPECT_EQ(SlowHash(""), "6c62272e07bb014262b821756295c58d");
  EXPECT_EQ(SlowHash("a"), "d228cb696f1a8caf78912b704e4a8964");  // The draft's vectors.
  EXPECT_EQ(SlowHash("foobar"), "343e1662793c64bf6f0d3597ba446f18");
  EXPECT_EQ(Hex(HashOf("", "")), SlowHash("0 "));
  EXPECT_EQ(Hex(HashOf("ab", "\xFF{}")), SlowHash("2 ab\xFF{}"));
  EXPECT_NE(HashOf("a", "b"), HashOf("", "ab"));
}

TEST(MessageHeaders, HaveTheirLengthsBeforeThem) {
  using namespace std::string_literals;
  EXPECT_EQ(EncodeHeaders({}), "");
  EXPECT_EQ(EncodeHeaders({{"a", "x\0y"s}, {"", ""}}), "\1\0\0\0a\3\0\0\0x\0y\0\0\0\0\0\0\0\0"s);
}

TEST(MessageHeaders, DamagedBytesAreCorruptData) {
  const std::string bytes = EncodeHeaders({{"name", "value"}});
  EXPECT_EQ(DecodeHeaders(bytes).value().at(0).value, "value");
  for (std::size_t size = 1; size < bytes.size(); ++size) {
    const auto cut = DecodeHeaders(std::string_view(bytes).substr(0, size));
    ASSERT_FALSE(cut) << size;
    EXPECT_EQ(cut.error().code(), ErrorCode::kCorruptData);
  }
}

}  // namespace
}  // namespace herdflow::pipeline
