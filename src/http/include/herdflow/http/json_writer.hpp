#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace herdflow::http {

/// Writes compact JSON text from front to back. Numbers are the shortest text that reads back as
/// the same double, without an exponent between 1e-6 and 1e21 (Boost.JSON would write 1.2E1).
///
/// REQUIRES: calls in an order that makes a JSON text; texts are UTF-8.
class JsonWriter {
 public:
  JsonWriter();

  JsonWriter& BeginObject() { return Open('{'); }
  JsonWriter& EndObject() { return Close('}'); }
  JsonWriter& BeginArray() { return Open('['); }
  JsonWriter& EndArray() { return Close(']'); }
  JsonWriter& Key(std::string_view name);
  JsonWriter& String(std::string_view text);
  JsonWriter& Integer(std::int64_t number);
  JsonWriter& Number(double number);  ///< Not finite: null.
  JsonWriter& Boolean(bool value);
  JsonWriter& Null();

  [[nodiscard]] std::string Take() { return std::move(out_); }

 private:
  JsonWriter& Open(char bracket);
  JsonWriter& Close(char bracket);
  void Separate();
  void Quote(std::string_view text);
  void Escape(char c);

  std::string out_;
  bool need_comma_ = false;
};

}  // namespace herdflow::http
