SELECT id, pipeline, task, idempotency_key, trigger_kind, state, owner, requested_at, started_at,
       finished_at, heartbeat_at, attempt, rows_read, rows_written, error, cancel_requested,
       slot, beats
FROM {ops}task_runs
WHERE idempotency_key = ?1
