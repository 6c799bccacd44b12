INSERT INTO {ops}task_runs
  (state, owner, started_at, finished_at, heartbeat_at, attempt, rows_read, rows_written, error,
   cancel_requested, beats, pipeline, task, idempotency_key, trigger_kind, slot, requested_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)
