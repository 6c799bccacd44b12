UPDATE {ops}task_runs
SET state = ?1, owner = ?2, started_at = ?3, finished_at = ?4, heartbeat_at = ?5, attempt = ?6,
    rows_read = ?7, rows_written = ?8, error = ?9, cancel_requested = ?10, beats = ?11
WHERE id = ?12
