#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "herdflow/core/result.hpp"
#include "herdflow/core/tls.hpp"
#include "herdflow/herd/farm.hpp"
#include "herdflow/pipeline/layer_store.hpp"
#include "herdflow/pipeline/run_ledger.hpp"
#include "herdflow/pipeline/store_queries.hpp"

namespace herdflow::store_mysql {

/// How to reach a MySQL (8.4 to 9.x) or MariaDB (10.11 or newer) server.
struct MysqlOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 3306;
  std::string socket;  ///< The server's Unix socket: used where it is set, before host and port.
  std::string user = "herdflow";
  std::string password;
  /// Nothing: in clear text. Else the connection is encrypted to a verified server, or there is
  /// none. REQUIRES: no socket.
  std::optional<TlsOptions> tls;
  /// Stands before the names of the four databases: `<prefix>bronze_layer`, `…silver_layer`,
  /// `…gold_layer`, `…ops`. Letters, digits and underscores.
  std::string prefix;
  /// At most so many connections are open at once; who needs one more waits.
  std::size_t connections = 8;
  /// A statement that runs longer is given up.
  std::chrono::seconds statement_timeout{60};
  std::string owner = "herdflow";  ///< Whom a lease shows: `<host>:<pid>`.
};

struct MysqlStoreOptions {
  MysqlOptions server;
  herd::FarmRules default_farm;  ///< What `default` is made with.
  pipeline::StoreUse use = pipeline::StoreUse::kJudge;
  std::int64_t rules_code = herd::RulesCode();  ///< A higher one judges all again.
};

/// The layers in four databases of one server, which are made and migrated where they are missing.
/// Several processes may work in them at once: a step has one writer at a time, by its row in
/// `ops.step_leases`.
///
/// kUnavailable: the server is away, or says try again. kInvalidInput: not permitted, filled by
/// a newer herdflow, or a server of another kind or version.
Result<std::unique_ptr<pipeline::LayerStore>> MakeMysqlLayerStore(const MysqlStoreOptions& options);

/// Queries over the same databases. kNotFound: nothing was loaded into them yet.
Result<pipeline::StoreQueries> MakeMysqlQueries(const MysqlOptions& options);

/// The runs of tasks, in the same databases, which are brought to the newest schema. It opens at
/// most four connections of its own. kNotFound: nothing was loaded into them yet.
Result<std::unique_ptr<pipeline::RunLedger>> MakeMysqlRunLedger(MysqlOptions options);

/// What the server says of itself: `10.11.19-MariaDB-0+deb12u1`.
Result<std::string> MysqlServerVersion(const MysqlOptions& options);

}  // namespace herdflow::store_mysql
