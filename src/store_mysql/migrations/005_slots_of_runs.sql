-- The slot of a schedule that a run belongs to (µs since 1970 UTC; it stood in the key alone), and how often its owner
-- told of it.
ALTER TABLE {ops}task_runs ADD COLUMN slot BIGINT, ADD COLUMN beats BIGINT NOT NULL DEFAULT 0;
-- schedule:<pipeline>:<slot>:<task>
UPDATE {ops}task_runs
SET slot = TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', STR_TO_DATE(
             SUBSTRING(idempotency_key, CHAR_LENGTH(pipeline) + 11,
                       CHAR_LENGTH(idempotency_key) - CHAR_LENGTH(pipeline) - CHAR_LENGTH(task) - 11),
             '%Y-%m-%dT%H:%i:%sZ'))
WHERE idempotency_key LIKE 'schedule:%';
