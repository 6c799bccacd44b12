-- Valid versions of readings that a newer one displaced: what a reading falls back to where that one is refused.
CREATE TABLE IF NOT EXISTS {ops}displaced_versions (
  cow_id INT NOT NULL, farm_day INT NOT NULL, sensor_id INT NOT NULL,
  timestamp BIGINT NOT NULL, version BIGINT NOT NULL, stream_id INT NOT NULL,
  topic_partition INT NOT NULL, topic_offset BIGINT NOT NULL,
  PRIMARY KEY (cow_id, farm_day, sensor_id, timestamp, version, stream_id, topic_partition,
               topic_offset)) ENGINE=InnoDB ROW_FORMAT=DYNAMIC;

-- What a pass over bronze is to judge again: the readings of a sensor whose unit changed, or (0)
-- everything, or (-1) the days from first_day to last_day. in_pass: the pass that goes on has it.
CREATE TABLE IF NOT EXISTS {ops}rejudge_scopes (
  sensor_id INT PRIMARY KEY, in_pass TINYINT NOT NULL, first_day INT, last_day INT)
  ENGINE=InnoDB ROW_FORMAT=DYNAMIC;
-- How far the pass has come: one row while there is one.
CREATE TABLE IF NOT EXISTS {ops}rejudge_place (
  id INT PRIMARY KEY, phase TINYINT NOT NULL, place_1 BIGINT NOT NULL, place_2 BIGINT NOT NULL,
  place_3 BIGINT NOT NULL, place_4 BIGINT NOT NULL) ENGINE=InnoDB ROW_FORMAT=DYNAMIC;

-- Until now nobody noted what was displaced, nor judged readings again by a changed unit.
INSERT IGNORE INTO {ops}rejudge_scopes (sensor_id, in_pass)
SELECT 0, 0 FROM (SELECT 1 FROM {bronze}measurements_rows LIMIT 1) AS filled;

-- The topics, cows and sensors, all of whose messages are to be judged again.
CREATE TABLE IF NOT EXISTS {ops}rejudge_topics (topic VARCHAR(64) PRIMARY KEY)
  ENGINE=InnoDB ROW_FORMAT=DYNAMIC;
