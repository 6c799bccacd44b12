#pragma once

#include <array>
#include <string_view>

namespace herdflow::store_sqlite {

/// The texts of `migrations/*.sql` in their order (see CMakeLists.txt).
extern const std::array<std::string_view, 1> kMigrations;

}  // namespace herdflow::store_sqlite
