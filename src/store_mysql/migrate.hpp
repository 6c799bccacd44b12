#pragma once

#include <span>
#include <string_view>

#include "connection.hpp"
#include "session.hpp"

namespace herdflow::store_mysql {

/// migrations/NNN_*.sql in order: the nth brings the schema to version n.
extern const std::span<const std::string_view> kMigrations;

/// Make the databases, or bring them to the newest schema. Of several processes that start at once
/// one does it, the others wait. Every statement of a migration may run twice, since the server
/// commits each by itself: one that was cut short is done again.
Result<> Migrate(Connection& connection, const Databases& databases);

/// kNotFound where the databases were not made yet; as Migrate where they are another herdflow's.
Result<> CheckSchema(Connection& connection, const Databases& databases);

}  // namespace herdflow::store_mysql
