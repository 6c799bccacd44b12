-- Valid versions of readings that a newer one displaced: what a reading falls back to where that one is refused.
CREATE TABLE ops_displaced_versions (
  cow_id INTEGER NOT NULL, farm_day INTEGER NOT NULL, sensor_id INTEGER NOT NULL,
  timestamp INTEGER NOT NULL, version INTEGER NOT NULL, stream_id INTEGER NOT NULL,
  topic_partition INTEGER NOT NULL, topic_offset INTEGER NOT NULL,
  PRIMARY KEY (cow_id, farm_day, sensor_id, timestamp, version, stream_id, topic_partition,
               topic_offset)) WITHOUT ROWID;

-- What a pass over bronze is to judge again: the readings of a sensor whose unit changed, or (0)
-- everything, or (-1) the days from first_day to last_day. in_pass: the pass that goes on has it.
CREATE TABLE ops_rejudge_scopes (
  sensor_id INTEGER PRIMARY KEY, in_pass INTEGER NOT NULL, first_day INTEGER, last_day INTEGER);
-- How far the pass has come: one row while there is one.
CREATE TABLE ops_rejudge_place (
  id INTEGER PRIMARY KEY, phase INTEGER NOT NULL, place_1 INTEGER NOT NULL,
  place_2 INTEGER NOT NULL, place_3 INTEGER NOT NULL, place_4 INTEGER NOT NULL);

-- Until now nobody noted what was displaced, nor judged readings again by a changed unit.
INSERT INTO ops_rejudge_scopes (sensor_id, in_pass)
SELECT 0, 0 WHERE EXISTS (SELECT 1 FROM bronze_measurements_rows);

-- Entries of every status are looked up by reading.
DROP INDEX silver_quarantine_open;
CREATE INDEX silver_quarantine_of_cow ON silver_quarantine_rows (cow_id, farm_day);

-- The topics, cows and sensors, all of whose messages are to be judged again.
CREATE TABLE ops_rejudge_topics (topic TEXT PRIMARY KEY) WITHOUT ROWID;
