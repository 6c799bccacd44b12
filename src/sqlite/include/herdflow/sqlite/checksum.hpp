#pragma once

#include <cstdint>
#include <string_view>

namespace herdflow::sqlite {

/// A checksum against damage, not against people: any change within eight bytes of what is added
/// changes it for sure, any other but for one in 2^64. Part of the file formats: never to change.
class Checksum {
 public:
  /// The bytes and their number, so that what is added one after another keeps its bounds.
  Checksum& Add(std::string_view bytes);
  Checksum& Add(std::int64_t number);

  /// Never 0, which may so mean that there is none.
  [[nodiscard]] std::int64_t value() const;

 private:
  std::uint64_t sum_ = 0;
};

}  // namespace herdflow::sqlite
