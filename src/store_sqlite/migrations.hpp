#pragma once

#include <span>
#include <string_view>

namespace herdflow::store_sqlite {

/// migrations/NNN_*.sql in order: the nth brings the schema to version n.
extern const std::span<const std::string_view> kMigrations;

}  // namespace herdflow::store_sqlite
