-- The slot of a schedule that a run belongs to (µs since 1970 UTC; it stood in the key alone), and how often its owner
-- told of it. Both columns come in one statement, and only where they are not there: it may have been cut short behind it.
SET @change = IF((SELECT COUNT(*) FROM information_schema.columns
                  WHERE table_schema = TRIM(TRAILING '.' FROM '{ops}') AND table_name = 'task_runs'
                    AND column_name = 'beats') = 0,
                 'ALTER TABLE {ops}task_runs ADD COLUMN slot BIGINT, ADD COLUMN beats BIGINT NOT NULL DEFAULT 0',
                 'DO 0');
PREPARE change_task_runs FROM @change;
EXECUTE change_task_runs;
DEALLOCATE PREPARE change_task_runs;
-- schedule:<pipeline>:<slot>:<task>
UPDATE {ops}task_runs
SET slot = TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', STR_TO_DATE(
             SUBSTRING(idempotency_key, CHAR_LENGTH(pipeline) + 11,
                       CHAR_LENGTH(idempotency_key) - CHAR_LENGTH(pipeline) - CHAR_LENGTH(task) - 11),
             '%Y-%m-%dT%H:%i:%sZ'))
WHERE idempotency_key LIKE 'schedule:%';
