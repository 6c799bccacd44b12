-- Offsets that hold the ends of transactions or messages of aborted ones, where the last message is (-2: not known yet),
-- and since when (µs since 1970 UTC) the owner has the partition.
ALTER TABLE {ops}consumer_offsets ADD COLUMN hidden BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN last_offset BIGINT NOT NULL DEFAULT -2, ADD COLUMN claimed_at BIGINT;
UPDATE {ops}consumer_offsets SET last_offset = next_offset - 1 WHERE last_offset = -2;
