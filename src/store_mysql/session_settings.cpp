#include "session_settings.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <map>

#include "connection.hpp"

namespace herdflow::store_mysql {
namespace {

constexpr std::string_view kMost = "18446744073709551615";

// Grows as the servers do: a test asks each of them for what it has and this does not know.
constexpr std::array kHarmless = std::to_array<HarmlessSettings>({
    {"it is about speed and memory alone",
     R"(analyze_max_length analyze_sample_percentage big_tables bulk_insert_buffer_size
        connection_memory_chunk_size deadlock_search_depth_long deadlock_search_depth_short
        deadlock_timeout_long deadlock_timeout_short enable_secondary_engine_statistics
        eq_range_index_dive_limit expensive_subquery_limit global_connection_memory_tracking
        histogram_generation_max_mem_size histogram_size histogram_type
        in_predicate_conversion_threshold information_schema_stats_expiry innodb_ddl_buffer_size
        innodb_ddl_threads innodb_parallel_read_threads innodb_tmpdir internal_tmp_mem_storage_engine
        join_buffer_size join_buffer_space_limit join_cache_level max_heap_table_size
        max_length_for_sort_data max_rowid_filter_size max_seeks_for_key mrr_buffer_size
        net_buffer_length optimizer_adjust_secondary_key_costs optimizer_extra_pruning_depth
        optimizer_join_limit_pref_ratio optimizer_max_sel_arg_weight optimizer_max_sel_args
        optimizer_max_subgraph_pairs optimizer_prune_level optimizer_search_depth
        optimizer_selectivity_sampling_limit optimizer_switch optimizer_use_condition_selectivity
        preload_buffer_size progress_report_time query_alloc_block_size query_cache_strip_comments
        query_cache_type query_cache_wlock_invalidate query_prealloc_size range_alloc_block_size
        range_optimizer_max_mem_size read_buffer_size read_rnd_buffer_size rowid_merge_buff_size
        secondary_engine_cost_threshold set_operations_buffer_size sort_buffer_size
        sql_buffer_result tcp_nodelay thread_pool_priority tmp_memory_table_size tmp_table_size
        transaction_alloc_block_size transaction_prealloc_size use_stat_tables)"},
    {"it is about what is logged, traced, or told beside the rows",
     R"(end_markers_in_json explain_format explain_json_format_version lc_messages
        log_disabled_statements log_queries_not_using_indexes log_slow_admin_statements
        log_slow_disabled_statements log_slow_filter log_slow_max_warnings
        log_slow_min_examined_row_limit log_slow_query log_slow_query_time log_slow_rate_limit
        log_slow_slave_statements log_slow_verbosity log_warnings long_query_time max_error_count
        min_examined_row_limit note_verbosity optimizer_trace optimizer_trace_features
        optimizer_trace_limit optimizer_trace_max_mem_size optimizer_trace_offset
        print_identified_with_as_hex profiling profiling_history_size session_track_gtids
        session_track_schema session_track_state_change session_track_system_variables
        session_track_transaction_info show_create_table_verbosity
        show_gipk_in_create_table_and_information_schema slow_query_log sql_log_off sql_notes
        sql_quote_show_create sql_warnings terminology_use_previous)"},
    {"it is about what goes to other servers, and how",
     R"(binlog_alter_two_phase binlog_annotate_row_events binlog_direct_non_transactional_updates
        binlog_row_image binlog_row_value_options binlog_rows_query_log_events
        binlog_transaction_compression binlog_transaction_compression_level_zstd gtid_domain_id gtid_owned
        group_replication_consistency max_relay_log_size rbr_exec_mode server_id sql_log_bin
        sql_slave_skip_counter wsrep_causal_reads wsrep_on wsrep_osu_method wsrep_retry_autocommit
        wsrep_sync_wait wsrep_trx_fragment_size wsrep_trx_fragment_unit)"},
    {"herdflow's tables are InnoDB's, by name and with a primary key, and none is temporary, "
     "compressed or versioned",
     R"(aria_repair_threads aria_sort_buffer_size aria_stats_method column_compression_threshold
        column_compression_zlib_level column_compression_zlib_strategy
        column_compression_zlib_wrap default_tmp_storage_engine
        external_table_secondary_storage_engine external_table_storage_engine
        innodb_compression_default innodb_default_encryption_key_id innodb_strict_mode
        innodb_table_locks keep_files_on_create low_priority_updates max_delayed_threads
        max_insert_delayed_threads max_tmp_tables myisam_repair_threads myisam_sort_buffer_size
        myisam_stats_method sql_generate_invisible_primary_key sql_require_primary_key
        system_versioning_alter_history system_versioning_insert_history)"},
    {"its tables and texts name their own",
     R"(character_set_collations character_set_database character_set_server collation_database
        collation_server default_collation_for_utf8mb4 default_table_encryption
        explicit_defaults_for_timestamp)"},
    {"no statement of herdflow uses what it is about",
     R"(alter_algorithm block_encryption_mode character_set_filesystem check_constraint_checks
        cte_max_recursion_depth default_regex_flags default_week_format div_precision_increment
        enable_cascade_triggers generated_random_password_length group_concat_max_len
        innodb_ft_enable_stopword innodb_ft_user_stopword_table lc_time_names
        max_points_in_geometry max_recursive_iterations max_sp_recursion_depth old
        old_alter_table old_passwords restrict_fk_on_non_standard_key select_into_buffer_size
        select_into_disk_sync select_into_disk_sync_delay standard_compliant_cte
        updatable_views_with_limit windowing_use_high_precision xa_detach_on_prepare)"},
    {"every transaction names its own", "transaction_isolation tx_isolation"},
    {"ids may have gaps", "auto_increment_increment auto_increment_offset"},
    {"it is another name of one that is set", "storage_engine"},
    {"it is no session's to set: its limit is an error that names it",
     R"(connection_memory_limit max_allowed_packet max_user_connections parser_max_mem_size)"},
    {"it is for people's connections, and the library's tries",
     "interactive_timeout net_retry_count"},
});

using Variables = std::map<std::string, std::string, std::less<>>;

bool IsNumber(std::string_view value) {
  return !value.empty() && value.find_first_not_of("0123456789.") == std::string_view::npos;
}

/// `SET SESSION a = 1, b = 'x'`.
std::string SetStatement(std::span<const NeededSetting> settings) {
  std::string sql = "SET SESSION ";
  for (const NeededSetting& setting : settings) {
    if (&setting != settings.data()) sql += ", ";
    const std::string_view quote = IsNumber(setting.value) ? "" : "'";
    sql += fmt::format("{} = {}{}{}", setting.name, quote, setting.value, quote);
  }
  return sql;
}

/// Those that could keep the others from being read. Every user may set them.
std::vector<NeededSetting> ToBeginWith(const std::vector<NeededSetting>& needed) {
  constexpr auto kNames = std::to_array<std::string_view>(
      {"character_set_results", "sql_select_limit", "max_join_size", "max_session_mem_used",
       "max_statement_time", "max_execution_time"});
  std::vector<NeededSetting> first;
  std::copy_if(needed.begin(), needed.end(), std::back_inserter(first), [&](const auto& setting) {
    return std::find(kNames.begin(), kNames.end(), setting.name) != kNames.end();
  });
  return first;
}

/// The needed ones that the server has, `log_bin` and `max_allowed_packet`.
Result<Variables> ReadVariables(Connection& connection, std::span<const NeededSetting> needed) {
  std::string sql =
      "SHOW SESSION VARIABLES WHERE Variable_name IN ('log_bin', 'max_allowed_packet'";
  for (const NeededSetting& setting : needed) sql += fmt::format(", '{}'", setting.name);
  HERDFLOW_ASSIGN(const auto rows, connection.Query(sql + ")"));
  Variables variables;
  for (const auto& row : rows) variables.emplace(row.at(0), row.at(1));
  return variables;
}

/// Those of the needed ones that are not as they must be.
std::vector<NeededSetting> Wrong(const std::vector<NeededSetting>& needed,
                                 const Variables& variables) {
  std::vector<NeededSetting> wrong;
  for (const NeededSetting& setting : needed) {
    const auto is = variables.find(setting.name);
    if (is == variables.end() || is->second == setting.value) continue;
    if (is->second == setting.does_too) continue;
    // Where nothing is logged its format is nobody's concern, and setting it needs a right.
    const auto log = variables.find("log_bin");
    if (setting.name == "binlog_format" && log != variables.end() && log->second == "OFF") continue;
    wrong.push_back(setting);
  }
  return wrong;
}

tl::unexpected<Error> Refused(const NeededSetting& setting, const Variables& variables,
                              std::string_view why) {
  return Fail(ErrorCode::kInvalidInput,
              "connecting to the database: the server's {0} is '{1}', herdflow needs '{2}' and "
              "cannot set it for its own connection ({3}); set {0} = {2} in the server's "
              "configuration, or grant the user of [mysql] user the right to set it",
              setting.name, variables.find(setting.name)->second, setting.value, why);
}

Result<std::size_t> LargestPacket(const Variables& variables) {
  // Whatever herdflow says beside the rows themselves is far below that.
  constexpr std::size_t kLeast = std::size_t{1} << 20;
  const std::string_view text = variables.find("max_allowed_packet")->second;
  std::size_t bytes = 0;
  std::from_chars(text.data(), text.data() + text.size(), bytes);
  if (bytes >= kLeast) return bytes;
  return Fail(
      ErrorCode::kInvalidInput,
      "connecting to the database: the server's max_allowed_packet is {}, herdflow needs 1M "
      "at least; raise it in the server's configuration, to 64M for example",
      text);
}

}  // namespace

std::string_view CollationOf(bool is_mariadb) {
  return is_mariadb ? "utf8mb4_nopad_bin" : "utf8mb4_0900_bin";
}

std::vector<NeededSetting> NeededSettings(bool is_mariadb, std::chrono::seconds statement_timeout) {
  std::vector<NeededSetting> needed{
      // What a statement gives, or that it may run.
      {"sql_mode", "STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION"},
      {"sql_select_limit", std::string(kMost)},
      {"max_join_size", std::string(kMost)},
      {"sql_big_selects", "ON"},
      {"sql_safe_updates", "OFF"},
      {"sql_auto_is_null", "OFF"},
      {"max_sort_length", "1024"},  // The longest key of ours has 255 characters of 4 bytes.
      {"character_set_client", "utf8mb4"},
      {"character_set_connection", "utf8mb4"},
      {"character_set_results", "utf8mb4"},
      {"collation_connection", std::string(CollationOf(is_mariadb))},
      {"time_zone", "+00:00"},
      // What a transaction is.
      {"autocommit", "ON"},
      {"completion_type", "NO_CHAIN"},
      {"unique_checks", "ON"},
      {"foreign_key_checks", "ON"},
      {"default_storage_engine", "InnoDB"},
      {"binlog_format", "ROW", "MIXED"},  // READ COMMITTED cannot be logged as statements.
      // The server closes a connection of which nothing was heard for so many seconds, and with it
      // ends the transaction of a process that was stopped in its middle: others go on then. So
      // long, and a little longer, a statement waits for another transaction's rows or tables.
      {"wait_timeout", "15"},
      {"innodb_lock_wait_timeout", "20"},
      {"lock_wait_timeout", "20"},
      {"net_read_timeout", "30"},
      {"net_write_timeout", "60"},
  };
  if (is_mariadb) {
    needed.insert(needed.end(),
                  {{"old_mode", ""},
                   {"sql_if_exists", "OFF"},
                   {"system_versioning_asof", "DEFAULT"},
                   {"tx_read_only", "OFF"},
                   {"innodb_snapshot_isolation", "OFF"},
                   {"enforce_storage_engine", "InnoDB", ""},
                   {"wsrep_dirty_reads", "OFF"},
                   {"idle_transaction_timeout", "0"},
                   {"idle_readonly_transaction_timeout", "0"},
                   {"idle_write_transaction_timeout", "0"},
                   {"max_session_mem_used", "9223372036854775807"},
                   {"tmp_disk_table_size", std::string(kMost)},
                   {"max_statement_time", fmt::format("{}.000000", statement_timeout.count())}});
  } else {
    needed.insert(needed.end(),
                  {{"transaction_read_only", "OFF"},
                   // Of SELECT alone.
                   {"max_execution_time", std::to_string(statement_timeout.count() * 1'000)}});
  }
  return needed;
}

std::span<const HarmlessSettings> HarmlessSessionSettings() { return kHarmless; }

Result<std::size_t> SetSession(Connection& connection, std::chrono::seconds statement_timeout) {
  const auto needed = NeededSettings(connection.is_mariadb(), statement_timeout);
  HERDFLOW_CHECK(connection.Execute(SetStatement(ToBeginWith(needed))));
  HERDFLOW_ASSIGN(auto variables, ReadVariables(connection, needed));
  const auto wrong = Wrong(needed, variables);
  if (wrong.empty()) return LargestPacket(variables);
  if (!connection.Execute(SetStatement(wrong))) {
    // One that may not be set keeps the others from being set: which is it?
    for (const NeededSetting& setting : wrong) {
      const auto done = connection.Execute(SetStatement({&setting, 1}));
      if (done) continue;
      if (IsPassing(done.error())) return Fail(done.error());
      return Refused(setting, variables, done.error().message());
    }
  }
  // A server may be told to allow no more than so much of a value, and then says nothing.
  HERDFLOW_ASSIGN(variables, ReadVariables(connection, needed));
  const auto still = Wrong(needed, variables);
  if (still.empty()) return LargestPacket(variables);
  return Refused(still.front(), variables, "it stays as it is");
}

}  // namespace herdflow::store_mysql
