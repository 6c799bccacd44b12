-- Offsets that hold the ends of transactions or messages of aborted ones, where the last message is, and since
-- when (µs since 1970 UTC) the owner has the partition. The columns come in one statement, and only where they are
-- not there: it may have been cut short behind it. -2: not known yet.
SET @change = IF((SELECT COUNT(*) FROM information_schema.columns
                  WHERE table_schema = TRIM(TRAILING '.' FROM '{ops}') AND table_name = 'consumer_offsets'
                    AND column_name = 'hidden') = 0,
                 'ALTER TABLE {ops}consumer_offsets ADD COLUMN hidden BIGINT NOT NULL DEFAULT 0, ADD COLUMN last_offset BIGINT NOT NULL DEFAULT -2, ADD COLUMN claimed_at BIGINT',
                 'DO 0');
PREPARE change_consumer_offsets FROM @change;
EXECUTE change_consumer_offsets;
DEALLOCATE PREPARE change_consumer_offsets;
UPDATE {ops}consumer_offsets SET last_offset = next_offset - 1 WHERE last_offset = -2;
