-- Offsets that hold the ends of transactions or messages of aborted ones, where the last message is, and since
-- when (µs since 1970 UTC) the owner has the partition.
ALTER TABLE ops_consumer_offsets ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0;
ALTER TABLE ops_consumer_offsets ADD COLUMN last_offset INTEGER NOT NULL DEFAULT -1;
ALTER TABLE ops_consumer_offsets ADD COLUMN claimed_at INTEGER;
UPDATE ops_consumer_offsets SET last_offset = next_offset - 1;
