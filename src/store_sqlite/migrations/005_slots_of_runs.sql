-- The slot of a schedule that a run belongs to (µs since 1970 UTC; it stood in the key alone), and how often its owner
-- told of it.
ALTER TABLE ops_task_runs ADD COLUMN slot INTEGER;
ALTER TABLE ops_task_runs ADD COLUMN beats INTEGER NOT NULL DEFAULT 0;
-- schedule:<pipeline>:<slot>:<task>
UPDATE ops_task_runs
SET slot = 1000000 * CAST(strftime('%s', substr(idempotency_key, length(pipeline) + 11,
                                                length(idempotency_key) - length(pipeline) - length(task) - 11))
                          AS INTEGER)
WHERE idempotency_key LIKE 'schedule:%';
