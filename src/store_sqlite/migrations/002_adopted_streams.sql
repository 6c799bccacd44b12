-- A topic that was made anew, trimmed or restored is adopted under a stream id of its own: `log_id`
-- is what the log calls it, `stream_id` tells its incarnations apart.
ALTER TABLE ops_streams ADD COLUMN log_id TEXT NOT NULL DEFAULT '';
UPDATE ops_streams SET log_id = stream_id;
