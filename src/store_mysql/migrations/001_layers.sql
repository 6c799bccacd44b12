-- The layers of one herd. Base tables (…_rows) hold integers; the views beside them (003) show text
-- ids, times and values as a person reads them. Instants: µs since 1970 UTC. Days: days since
-- 1970-01-01. Values: millionths. Every statement may run again, since the server commits each by
-- itself.

CREATE TABLE IF NOT EXISTS {ops}settings (name VARCHAR(64) PRIMARY KEY, value VARCHAR(255) NOT NULL)
  ENGINE=InnoDB ROW_FORMAT=DYNAMIC;
CREATE TABLE IF NOT EXISTS {ops}counters (name VARCHAR(64) PRIMARY KEY, value BIGINT NOT NULL)
  ENGINE=InnoDB ROW_FORMAT=DYNAMIC;
INSERT IGNORE INTO {ops}counters VALUES ('cleanse_chunk', 0);

CREATE TABLE IF NOT EXISTS {ops}streams (
  id INT PRIMARY KEY AUTO_INCREMENT, stream_id VARCHAR(255) NOT NULL UNIQUE,
  topic VARCHAR(64) NOT NULL, log_id VARCHAR(255) NOT NULL)
  ENGINE=InnoDB ROW_FORMAT=DYNAMIC;
CREATE TABLE IF NOT EXISTS {ops}cow_ids (id INT PRIMARY KEY AUTO_INCREMENT, cow_id VARCHAR(255) NOT NULL UNIQUE)
  ENGINE=InnoDB ROW_FORMAT=DYNAMIC;
CREATE TABLE IF NOT EXISTS {ops}sensor_ids (id INT PRIMARY KEY AUTO_INCREMENT, sensor_id VARCHAR(255) NOT NULL UNIQUE)
  ENGINE=InnoDB ROW_FORMAT=DYNAMIC;

CREATE TABLE IF NOT EXISTS {ops}consumer_offsets (
  consumer_group VARCHAR(64) NOT NULL,
  stream_id VARCHAR(255) NOT NULL,
  part INT NOT NULL,
  first_offset BIGINT NOT NULL,
  next_offset BIGINT NOT NULL,
  holes BIGINT NOT NULL,
  last_version BIGINT NOT NULL,
  last_hash BINARY(16),
  epoch BIGINT NOT NULL,
  owner VARCHAR(255),
  PRIMARY KEY (consumer_group, stream_id, part))
  ENGINE=InnoDB ROW_FORMAT=DYNAMIC;

-- Whoever holds the lock of a row works on that step; the columns tell people who changed something last.
CREATE TABLE IF NOT EXISTS {ops}step_leases (
  step VARCHAR(64) PRIMARY KEY, owner VARCHAR(255), epoch BIGINT NOT NULL, taken_at DATETIME(6))
  ENGINE=InnoDB ROW_FORMAT=DYNAMIC;
INSERT IGNORE INTO {ops}step_leases (step, epoch) VALUES
  ('settings', 0), ('claim', 0), ('cleanse', 0), ('herd_book', 0), ('daily_aggregation', 0),
  ('weekly_aggregation', 0), ('monthly_aggregation', 0), ('yearly_aggregation', 0),
  ('cow_daily_metrics', 0);

-- How far the pipelines of cows, sensors and measurements (cleanse) have judged bronze.
CREATE TABLE IF NOT EXISTS {ops}watermarks (
  step VARCHAR(64) NOT NULL, stream_id INT NOT NULL, part INT NOT NULL,
  next_offset BIGINT NOT NULL,
  PRIMARY KEY (step, stream_id, part))
  ENGINE=InnoDB ROW_FORMAT=DYNAMIC;

-- What cleanse changed, with the number of its newest chunk that did. An aggregate task whose
-- position is behind that number computes the day's aggregates anew.
CREATE TABLE IF NOT EXISTS {ops}dirty_days (
  cow_id INT NOT NULL, farm_day INT NOT NULL, sensor_id INT NOT NULL,
  chunk BIGINT NOT NULL,
  PRIMARY KEY (cow_id, farm_day, sensor_id))
  ENGINE=InnoDB ROW_FORMAT=DYNAMIC;
-- A task has seen the notes up to `position`. While it goes through those up to `target`, it stands
-- at resume_….
CREATE TABLE IF NOT EXISTS {ops}aggregate_positions (
  task VARCHAR(64) PRIMARY KEY, position BIGINT NOT NULL, target BIGINT NOT NULL,
  resume_cow INT, resume_day INT, resume_sensor INT)
  ENGINE=InnoDB ROW_FORMAT=DYNAMIC;
INSERT IGNORE INTO {ops}aggregate_positions (task, position, target) VALUES
  ('daily_aggregation', 0, 0), ('weekly_aggregation', 0, 0), ('monthly_aggregation', 0, 0),
  ('yearly_aggregation', 0, 0), ('cow_daily_metrics', 0, 0);

-- Valid versions of readings whose cow or sensor is not known, and what became known since (kind 0:
-- a cow, 1: a sensor).
CREATE TABLE IF NOT EXISTS {ops}waiting_versions (
  cow_id INT NOT NULL, farm_day INT NOT NULL, sensor_id INT NOT NULL,
  timestamp BIGINT NOT NULL, version BIGINT NOT NULL, stream_id INT NOT NULL,
  topic_partition INT NOT NULL, topic_offset BIGINT NOT NULL, unit_known TINYINT NOT NULL,
  PRIMARY KEY (cow_id, farm_day, sensor_id, timestamp, version, stream_id, topic_partition,
               topic_offset),
  INDEX by_sensor (sensor_id, unit_known))
  ENGINE=InnoDB ROW_FORMAT=DYNAMIC;
CREATE TABLE IF NOT EXISTS {ops}rejudge_requests (
  kind TINYINT NOT NULL, ref INT NOT NULL, PRIMARY KEY (kind, ref))
  ENGINE=InnoDB ROW_FORMAT=DYNAMIC;

CREATE TABLE IF NOT EXISTS {ops}cow_names (
  base VARCHAR(255) NOT NULL, number BIGINT NOT NULL, PRIMARY KEY (base, number))
  ENGINE=InnoDB ROW_FORMAT=DYNAMIC;
CREATE TABLE IF NOT EXISTS {ops}cow_requests (
  idempotency_key VARCHAR(255) PRIMARY KEY, wanted_name VARCHAR(255) NOT NULL, birthdate INT,
  cow_id VARCHAR(255) NOT NULL, name VARCHAR(255) NOT NULL)
  ENGINE=InnoDB ROW_FORMAT=DYNAMIC;

-- Bronze: one row a message. A measurement whose payload and key follow from its fields keeps
-- neither; field_kinds says which fields were texts and which numbers.
CREATE TABLE IF NOT EXISTS {bronze}measurements_rows (
  stream_id INT NOT NULL, topic_partition INT NOT NULL, topic_offset BIGINT NOT NULL,
  version BIGINT NOT NULL, received_at BIGINT NOT NULL,
  sensor_id INT, cow_id INT, field_kinds INT,
  timestamp VARCHAR(255), value VARCHAR(255), deleted VARCHAR(255), odd_sensor_id VARCHAR(255), odd_cow_id VARCHAR(255),
  message_key LONGBLOB, payload LONGBLOB, headers LONGBLOB,
  PRIMARY KEY (stream_id, topic_partition, topic_offset))
  ENGINE=InnoDB ROW_FORMAT=DYNAMIC;
CREATE TABLE IF NOT EXISTS {bronze}cows_rows (
  stream_id INT NOT NULL, topic_partition INT NOT NULL, topic_offset BIGINT NOT NULL,
  version BIGINT NOT NULL, received_at BIGINT NOT NULL,
  id VARCHAR(255), name VARCHAR(255), birthdate VARCHAR(255), deleted VARCHAR(255),
  message_key LONGBLOB, payload LONGBLOB, headers LONGBLOB,
  PRIMARY KEY (stream_id, topic_partition, topic_offset))
  ENGINE=InnoDB ROW_FORMAT=DYNAMIC;
CREATE TABLE IF NOT EXISTS {bronze}sensors_rows (
  stream_id INT NOT NULL, topic_partition INT NOT NULL, topic_offset BIGINT NOT NULL,
  version BIGINT NOT NULL, received_at BIGINT NOT NULL,
  id VARCHAR(255), unit VARCHAR(255), deleted VARCHAR(255),
  message_key LONGBLOB, payload LONGBLOB, headers LONGBLOB,
  PRIMARY KEY (stream_id, topic_partition, topic_offset))
  ENGINE=InnoDB ROW_FORMAT=DYNAMIC;

-- Silver. farm_day follows from timestamp; it stands early in the key because readings are read by
-- cow and day.
CREATE TABLE IF NOT EXISTS {silver}measurements_rows (
  cow_id INT NOT NULL, farm_day INT NOT NULL, sensor_id INT NOT NULL,
  timestamp BIGINT NOT NULL, value BIGINT NOT NULL, state TINYINT NOT NULL,
  version BIGINT NOT NULL, stream_id INT NOT NULL, topic_partition INT NOT NULL,
  topic_offset BIGINT NOT NULL, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL,
  PRIMARY KEY (cow_id, farm_day, sensor_id, timestamp))
  ENGINE=InnoDB ROW_FORMAT=DYNAMIC;
CREATE TABLE IF NOT EXISTS {silver}quarantine_rows (
  stream_id INT NOT NULL, topic_partition INT NOT NULL, topic_offset BIGINT NOT NULL,
  version BIGINT NOT NULL, received_at BIGINT NOT NULL,
  sensor_id INT, cow_id INT, farm_day INT, timestamp BIGINT,
  code VARCHAR(64) NOT NULL, field VARCHAR(64) NOT NULL, reason TEXT NOT NULL,
  original LONGTEXT NOT NULL,
  status TINYINT NOT NULL,
  PRIMARY KEY (stream_id, topic_partition, topic_offset),
  INDEX open_of_cow (cow_id, status, farm_day), INDEX open_of_sensor (sensor_id, status))
  ENGINE=InnoDB ROW_FORMAT=DYNAMIC;

-- Gold.
CREATE TABLE IF NOT EXISTS {gold}cows_rows (
  cow_id INT PRIMARY KEY, name VARCHAR(255) NOT NULL, birthdate INT, retired_at BIGINT,
  version BIGINT NOT NULL, stream_id INT NOT NULL, topic_partition INT NOT NULL,
  topic_offset BIGINT NOT NULL, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL)
  ENGINE=InnoDB ROW_FORMAT=DYNAMIC;
CREATE TABLE IF NOT EXISTS {gold}sensors_rows (
  sensor_id INT PRIMARY KEY, unit VARCHAR(255) NOT NULL, retired_at BIGINT,
  version BIGINT NOT NULL, stream_id INT NOT NULL, topic_partition INT NOT NULL,
  topic_offset BIGINT NOT NULL, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL)
  ENGINE=InnoDB ROW_FORMAT=DYNAMIC;
CREATE TABLE IF NOT EXISTS {gold}measurements_daily_aggregations_rows (
  cow_id INT NOT NULL, first_day INT NOT NULL, sensor_id INT NOT NULL,
  value_sum BIGINT NOT NULL, value_min BIGINT NOT NULL, value_max BIGINT NOT NULL,
  records_count BIGINT NOT NULL,
  PRIMARY KEY (cow_id, first_day, sensor_id))
  ENGINE=InnoDB ROW_FORMAT=DYNAMIC;
CREATE TABLE IF NOT EXISTS {gold}measurements_weekly_aggregations_rows (
  cow_id INT NOT NULL, first_day INT NOT NULL, sensor_id INT NOT NULL,
  value_sum BIGINT NOT NULL, value_min BIGINT NOT NULL, value_max BIGINT NOT NULL,
  records_count BIGINT NOT NULL,
  PRIMARY KEY (cow_id, first_day, sensor_id))
  ENGINE=InnoDB ROW_FORMAT=DYNAMIC;
CREATE TABLE IF NOT EXISTS {gold}measurements_monthly_aggregations_rows (
  cow_id INT NOT NULL, first_day INT NOT NULL, sensor_id INT NOT NULL,
  value_sum BIGINT NOT NULL, value_min BIGINT NOT NULL, value_max BIGINT NOT NULL,
  records_count BIGINT NOT NULL,
  PRIMARY KEY (cow_id, first_day, sensor_id))
  ENGINE=InnoDB ROW_FORMAT=DYNAMIC;
CREATE TABLE IF NOT EXISTS {gold}measurements_yearly_aggregations_rows (
  cow_id INT NOT NULL, first_day INT NOT NULL, sensor_id INT NOT NULL,
  value_sum BIGINT NOT NULL, value_min BIGINT NOT NULL, value_max BIGINT NOT NULL,
  records_count BIGINT NOT NULL,
  PRIMARY KEY (cow_id, first_day, sensor_id))
  ENGINE=InnoDB ROW_FORMAT=DYNAMIC;
CREATE TABLE IF NOT EXISTS {gold}cow_daily_metrics_rows (
  cow_id INT NOT NULL, farm_day INT NOT NULL,
  milk_count BIGINT NOT NULL, milk_sum BIGINT NOT NULL,
  weight_count BIGINT NOT NULL, weight_sum BIGINT NOT NULL,
  last_weight BIGINT, last_weight_at BIGINT,
  PRIMARY KEY (cow_id, farm_day))
  ENGINE=InnoDB ROW_FORMAT=DYNAMIC;
