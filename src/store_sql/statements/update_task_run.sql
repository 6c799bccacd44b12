UPDATE {ops}task_runs
SET state = ?2, owner = ?3, started_at = ?4, finished_at = ?5, heartbeat_at = ?6, attempt = ?7,
    rows_read = ?8, rows_written = ?9, error = ?10, cancel_requested = ?11
WHERE id = ?1
