-- What a store of schema version 2 was: its migrations as they were, and a few rows.
-- The layers of one herd. Base tables (…_rows) hold integers; the views beside them show text ids,
-- times and values as a person reads them. Instants: µs since 1970 UTC. Days: days since 1970-01-01.
-- Values: millionths. Every statement may run again, since the server commits each by itself.

CREATE TABLE IF NOT EXISTS {ops}settings (name VARCHAR(64) PRIMARY KEY, value VARCHAR(255) NOT NULL);
CREATE TABLE IF NOT EXISTS {ops}counters (name VARCHAR(64) PRIMARY KEY, value BIGINT NOT NULL);
INSERT IGNORE INTO {ops}counters VALUES ('cleanse_chunk', 0);

CREATE TABLE IF NOT EXISTS {ops}streams (
  id INT PRIMARY KEY AUTO_INCREMENT, stream_id VARCHAR(255) NOT NULL UNIQUE,
  topic VARCHAR(64) NOT NULL, log_id VARCHAR(255) NOT NULL);
CREATE TABLE IF NOT EXISTS {ops}cow_ids (id INT PRIMARY KEY AUTO_INCREMENT, cow_id VARCHAR(255) NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS {ops}sensor_ids (id INT PRIMARY KEY AUTO_INCREMENT, sensor_id VARCHAR(255) NOT NULL UNIQUE);

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
  PRIMARY KEY (consumer_group, stream_id, part));

-- Whoever holds the lock of a row works on that step; the columns tell people who changed something last.
CREATE TABLE IF NOT EXISTS {ops}step_leases (
  step VARCHAR(64) PRIMARY KEY, owner VARCHAR(255), epoch BIGINT NOT NULL, taken_at DATETIME(6));
INSERT IGNORE INTO {ops}step_leases (step, epoch) VALUES
  ('settings', 0), ('claim', 0), ('cleanse', 0), ('herd_book', 0), ('daily_aggregation', 0),
  ('weekly_aggregation', 0), ('monthly_aggregation', 0), ('yearly_aggregation', 0),
  ('cow_daily_metrics', 0);

-- How far the pipelines of cows, sensors and measurements (cleanse) have judged bronze.
CREATE TABLE IF NOT EXISTS {ops}watermarks (
  step VARCHAR(64) NOT NULL, stream_id INT NOT NULL, part INT NOT NULL,
  next_offset BIGINT NOT NULL,
  PRIMARY KEY (step, stream_id, part));

-- What cleanse changed, with the number of its newest chunk that did. An aggregate task whose
-- position is behind that number computes the day's aggregates anew.
CREATE TABLE IF NOT EXISTS {ops}dirty_days (
  cow_id INT NOT NULL, farm_day INT NOT NULL, sensor_id INT NOT NULL,
  chunk BIGINT NOT NULL,
  PRIMARY KEY (cow_id, farm_day, sensor_id));
-- A task has seen the notes up to `position`. While it goes through those up to `target`, it stands
-- at resume_….
CREATE TABLE IF NOT EXISTS {ops}aggregate_positions (
  task VARCHAR(64) PRIMARY KEY, position BIGINT NOT NULL, target BIGINT NOT NULL,
  resume_cow INT, resume_day INT, resume_sensor INT);
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
  INDEX by_sensor (sensor_id, unit_known));
CREATE TABLE IF NOT EXISTS {ops}rejudge_requests (
  kind TINYINT NOT NULL, ref INT NOT NULL, PRIMARY KEY (kind, ref));

CREATE TABLE IF NOT EXISTS {ops}cow_names (
  base VARCHAR(255) NOT NULL, number BIGINT NOT NULL, PRIMARY KEY (base, number));
CREATE TABLE IF NOT EXISTS {ops}cow_requests (
  idempotency_key VARCHAR(255) PRIMARY KEY, wanted_name VARCHAR(255) NOT NULL, birthdate INT,
  cow_id VARCHAR(255) NOT NULL, name VARCHAR(255) NOT NULL);

-- Bronze: one row a message. A measurement whose payload and key follow from its fields keeps
-- neither; field_kinds says which fields were texts and which numbers.
CREATE TABLE IF NOT EXISTS {bronze}measurements_rows (
  stream_id INT NOT NULL, topic_partition INT NOT NULL, topic_offset BIGINT NOT NULL,
  version BIGINT NOT NULL, received_at BIGINT NOT NULL,
  sensor_id INT, cow_id INT, field_kinds INT,
  timestamp VARCHAR(255), value VARCHAR(255), deleted VARCHAR(255), odd_sensor_id VARCHAR(255), odd_cow_id VARCHAR(255),
  message_key LONGBLOB, payload LONGBLOB, headers LONGBLOB,
  PRIMARY KEY (stream_id, topic_partition, topic_offset));
CREATE TABLE IF NOT EXISTS {bronze}cows_rows (
  stream_id INT NOT NULL, topic_partition INT NOT NULL, topic_offset BIGINT NOT NULL,
  version BIGINT NOT NULL, received_at BIGINT NOT NULL,
  id VARCHAR(255), name VARCHAR(255), birthdate VARCHAR(255), deleted VARCHAR(255),
  message_key LONGBLOB, payload LONGBLOB, headers LONGBLOB,
  PRIMARY KEY (stream_id, topic_partition, topic_offset));
CREATE TABLE IF NOT EXISTS {bronze}sensors_rows (
  stream_id INT NOT NULL, topic_partition INT NOT NULL, topic_offset BIGINT NOT NULL,
  version BIGINT NOT NULL, received_at BIGINT NOT NULL,
  id VARCHAR(255), unit VARCHAR(255), deleted VARCHAR(255),
  message_key LONGBLOB, payload LONGBLOB, headers LONGBLOB,
  PRIMARY KEY (stream_id, topic_partition, topic_offset));

-- Silver. farm_day follows from timestamp; it stands early in the key because readings are read by
-- cow and day.
CREATE TABLE IF NOT EXISTS {silver}measurements_rows (
  cow_id INT NOT NULL, farm_day INT NOT NULL, sensor_id INT NOT NULL,
  timestamp BIGINT NOT NULL, value BIGINT NOT NULL, state TINYINT NOT NULL,
  version BIGINT NOT NULL, stream_id INT NOT NULL, topic_partition INT NOT NULL,
  topic_offset BIGINT NOT NULL, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL,
  PRIMARY KEY (cow_id, farm_day, sensor_id, timestamp));
CREATE TABLE IF NOT EXISTS {silver}quarantine_rows (
  stream_id INT NOT NULL, topic_partition INT NOT NULL, topic_offset BIGINT NOT NULL,
  version BIGINT NOT NULL, received_at BIGINT NOT NULL,
  sensor_id INT, cow_id INT, farm_day INT, timestamp BIGINT,
  code VARCHAR(64) NOT NULL, field VARCHAR(64) NOT NULL, reason TEXT NOT NULL,
  original LONGTEXT NOT NULL,
  status TINYINT NOT NULL,
  PRIMARY KEY (stream_id, topic_partition, topic_offset),
  INDEX open_of_cow (cow_id, status, farm_day), INDEX open_of_sensor (sensor_id, status));

-- Gold.
CREATE TABLE IF NOT EXISTS {gold}cows_rows (
  cow_id INT PRIMARY KEY, name VARCHAR(255) NOT NULL, birthdate INT, retired_at BIGINT,
  version BIGINT NOT NULL, stream_id INT NOT NULL, topic_partition INT NOT NULL,
  topic_offset BIGINT NOT NULL, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL);
CREATE TABLE IF NOT EXISTS {gold}sensors_rows (
  sensor_id INT PRIMARY KEY, unit VARCHAR(255) NOT NULL, retired_at BIGINT,
  version BIGINT NOT NULL, stream_id INT NOT NULL, topic_partition INT NOT NULL,
  topic_offset BIGINT NOT NULL, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL);
CREATE TABLE IF NOT EXISTS {gold}measurements_daily_aggregations_rows (
  cow_id INT NOT NULL, first_day INT NOT NULL, sensor_id INT NOT NULL,
  value_sum BIGINT NOT NULL, value_min BIGINT NOT NULL, value_max BIGINT NOT NULL,
  records_count BIGINT NOT NULL,
  PRIMARY KEY (cow_id, first_day, sensor_id));
CREATE TABLE IF NOT EXISTS {gold}measurements_weekly_aggregations_rows (
  cow_id INT NOT NULL, first_day INT NOT NULL, sensor_id INT NOT NULL,
  value_sum BIGINT NOT NULL, value_min BIGINT NOT NULL, value_max BIGINT NOT NULL,
  records_count BIGINT NOT NULL,
  PRIMARY KEY (cow_id, first_day, sensor_id));
CREATE TABLE IF NOT EXISTS {gold}measurements_monthly_aggregations_rows (
  cow_id INT NOT NULL, first_day INT NOT NULL, sensor_id INT NOT NULL,
  value_sum BIGINT NOT NULL, value_min BIGINT NOT NULL, value_max BIGINT NOT NULL,
  records_count BIGINT NOT NULL,
  PRIMARY KEY (cow_id, first_day, sensor_id));
CREATE TABLE IF NOT EXISTS {gold}measurements_yearly_aggregations_rows (
  cow_id INT NOT NULL, first_day INT NOT NULL, sensor_id INT NOT NULL,
  value_sum BIGINT NOT NULL, value_min BIGINT NOT NULL, value_max BIGINT NOT NULL,
  records_count BIGINT NOT NULL,
  PRIMARY KEY (cow_id, first_day, sensor_id));
CREATE TABLE IF NOT EXISTS {gold}cow_daily_metrics_rows (
  cow_id INT NOT NULL, farm_day INT NOT NULL,
  milk_count BIGINT NOT NULL, milk_sum BIGINT NOT NULL,
  weight_count BIGINT NOT NULL, weight_sum BIGINT NOT NULL,
  last_weight BIGINT, last_weight_at BIGINT,
  PRIMARY KEY (cow_id, farm_day));

-- What tools and people read.
CREATE OR REPLACE VIEW {bronze}cows AS
SELECT r.id, r.name, r.birthdate, r.deleted,
       st.stream_id, r.topic_partition, r.topic_offset, r.version,
       TIMESTAMPADD(MICROSECOND, r.received_at, TIMESTAMP'1970-01-01 00:00:00') AS received_at,
       TIMESTAMPADD(MICROSECOND, r.received_at, TIMESTAMP'1970-01-01 00:00:00') AS created_at
FROM {bronze}cows_rows r
JOIN {ops}streams st ON st.id = r.stream_id;

CREATE OR REPLACE VIEW {bronze}sensors AS
SELECT r.id, r.unit, r.deleted,
       st.stream_id, r.topic_partition, r.topic_offset, r.version,
       TIMESTAMPADD(MICROSECOND, r.received_at, TIMESTAMP'1970-01-01 00:00:00') AS received_at,
       TIMESTAMPADD(MICROSECOND, r.received_at, TIMESTAMP'1970-01-01 00:00:00') AS created_at
FROM {bronze}sensors_rows r
JOIN {ops}streams st ON st.id = r.stream_id;

CREATE OR REPLACE VIEW {bronze}measurements AS
SELECT COALESCE(s.sensor_id, r.odd_sensor_id) AS sensor_id,
       COALESCE(c.cow_id, r.odd_cow_id) AS cow_id, r.timestamp, r.value, r.deleted,
       st.stream_id, r.topic_partition, r.topic_offset, r.version,
       TIMESTAMPADD(MICROSECOND, r.received_at, TIMESTAMP'1970-01-01 00:00:00') AS received_at,
       TIMESTAMPADD(MICROSECOND, r.received_at, TIMESTAMP'1970-01-01 00:00:00') AS created_at
FROM {bronze}measurements_rows r
JOIN {ops}streams st ON st.id = r.stream_id
LEFT JOIN {ops}sensor_ids s ON s.id = r.sensor_id
LEFT JOIN {ops}cow_ids c ON c.id = r.cow_id;

CREATE OR REPLACE VIEW {silver}measurements AS
SELECT s.sensor_id, c.cow_id,
       TIMESTAMPADD(MICROSECOND, r.timestamp, TIMESTAMP'1970-01-01 00:00:00') AS timestamp,
       CASE WHEN r.state = 2 THEN NULL ELSE CAST(r.value AS DOUBLE) / 1000000e0 END AS value,
       CASE r.state WHEN 0 THEN 'accepted' WHEN 1 THEN 'pending' ELSE 'deleted' END AS state,
       r.version, DATE_ADD(DATE'1970-01-01', INTERVAL r.farm_day DAY) AS farm_day,
       (SELECT value FROM {ops}settings WHERE name = 'rules_version') AS rules_version,
       st.stream_id, r.topic_partition, r.topic_offset,
       TIMESTAMPADD(MICROSECOND, r.created_at, TIMESTAMP'1970-01-01 00:00:00') AS created_at,
       TIMESTAMPADD(MICROSECOND, r.updated_at, TIMESTAMP'1970-01-01 00:00:00') AS updated_at
FROM {silver}measurements_rows r
JOIN {ops}sensor_ids s ON s.id = r.sensor_id
JOIN {ops}cow_ids c ON c.id = r.cow_id
JOIN {ops}streams st ON st.id = r.stream_id;

CREATE OR REPLACE VIEW {silver}quarantine AS
SELECT st.topic, st.stream_id, r.topic_partition, r.topic_offset, s.sensor_id, c.cow_id,
       TIMESTAMPADD(MICROSECOND, r.timestamp, TIMESTAMP'1970-01-01 00:00:00') AS timestamp,
       r.code, r.field, r.reason, r.original,
       CASE r.status WHEN 0 THEN 'open' WHEN 1 THEN 'superseded' ELSE 'dismissed' END AS status,
       r.version, (SELECT value FROM {ops}settings WHERE name = 'rules_version') AS rules_version,
       TIMESTAMPADD(MICROSECOND, r.received_at, TIMESTAMP'1970-01-01 00:00:00') AS received_at
FROM {silver}quarantine_rows r
JOIN {ops}streams st ON st.id = r.stream_id
LEFT JOIN {ops}sensor_ids s ON s.id = r.sensor_id
LEFT JOIN {ops}cow_ids c ON c.id = r.cow_id;

CREATE OR REPLACE VIEW {gold}cows AS
SELECT i.cow_id AS id, r.name, DATE_ADD(DATE'1970-01-01', INTERVAL r.birthdate DAY) AS birthdate,
       TIMESTAMPADD(MICROSECOND, r.retired_at, TIMESTAMP'1970-01-01 00:00:00') AS retired_at,
       TIMESTAMPADD(MICROSECOND, r.created_at, TIMESTAMP'1970-01-01 00:00:00') AS created_at,
       TIMESTAMPADD(MICROSECOND, r.updated_at, TIMESTAMP'1970-01-01 00:00:00') AS updated_at,
       r.version, st.stream_id, r.topic_partition, r.topic_offset
FROM {gold}cows_rows r
JOIN {ops}cow_ids i ON i.id = r.cow_id
LEFT JOIN {ops}streams st ON st.id = r.stream_id;

CREATE OR REPLACE VIEW {gold}sensors AS
SELECT i.sensor_id AS id, r.unit,
       TIMESTAMPADD(MICROSECOND, r.retired_at, TIMESTAMP'1970-01-01 00:00:00') AS retired_at,
       TIMESTAMPADD(MICROSECOND, r.created_at, TIMESTAMP'1970-01-01 00:00:00') AS created_at,
       TIMESTAMPADD(MICROSECOND, r.updated_at, TIMESTAMP'1970-01-01 00:00:00') AS updated_at,
       r.version, st.stream_id, r.topic_partition, r.topic_offset
FROM {gold}sensors_rows r
JOIN {ops}sensor_ids i ON i.id = r.sensor_id
LEFT JOIN {ops}streams st ON st.id = r.stream_id;

CREATE OR REPLACE VIEW {gold}measurements_daily_aggregations AS
SELECT s.sensor_id, c.cow_id,
       DATE_ADD(DATE'1970-01-01', INTERVAL r.first_day DAY) AS date,
       CAST(r.value_sum AS DOUBLE) / CAST(r.records_count * 1000000 AS DOUBLE) AS average_value,
       CAST(r.value_min AS DOUBLE) / 1000000e0 AS min_value,
       CAST(r.value_max AS DOUBLE) / 1000000e0 AS max_value,
       r.records_count
FROM {gold}measurements_daily_aggregations_rows r
JOIN {ops}sensor_ids s ON s.id = r.sensor_id
JOIN {ops}cow_ids c ON c.id = r.cow_id;

-- ISO 8601: a week belongs to the year and the month of its Thursday.
CREATE OR REPLACE VIEW {gold}measurements_weekly_aggregations AS
SELECT s.sensor_id, c.cow_id,
       (DAYOFYEAR(DATE_ADD(DATE'1970-01-01', INTERVAL r.first_day + 3 DAY)) - 1) DIV 7 + 1 AS week,
       MONTH(DATE_ADD(DATE'1970-01-01', INTERVAL r.first_day + 3 DAY)) AS month,
       YEAR(DATE_ADD(DATE'1970-01-01', INTERVAL r.first_day + 3 DAY)) AS year,
       CAST(r.value_sum AS DOUBLE) / CAST(r.records_count * 1000000 AS DOUBLE) AS average_value,
       CAST(r.value_min AS DOUBLE) / 1000000e0 AS min_value,
       CAST(r.value_max AS DOUBLE) / 1000000e0 AS max_value,
       r.records_count
FROM {gold}measurements_weekly_aggregations_rows r
JOIN {ops}sensor_ids s ON s.id = r.sensor_id
JOIN {ops}cow_ids c ON c.id = r.cow_id;

CREATE OR REPLACE VIEW {gold}measurements_monthly_aggregations AS
SELECT s.sensor_id, c.cow_id,
       MONTH(DATE_ADD(DATE'1970-01-01', INTERVAL r.first_day DAY)) AS month,
       YEAR(DATE_ADD(DATE'1970-01-01', INTERVAL r.first_day DAY)) AS year,
       CAST(r.value_sum AS DOUBLE) / CAST(r.records_count * 1000000 AS DOUBLE) AS average_value,
       CAST(r.value_min AS DOUBLE) / 1000000e0 AS min_value,
       CAST(r.value_max AS DOUBLE) / 1000000e0 AS max_value,
       r.records_count
FROM {gold}measurements_monthly_aggregations_rows r
JOIN {ops}sensor_ids s ON s.id = r.sensor_id
JOIN {ops}cow_ids c ON c.id = r.cow_id;

CREATE OR REPLACE VIEW {gold}measurements_yearly_aggregations AS
SELECT s.sensor_id, c.cow_id,
       YEAR(DATE_ADD(DATE'1970-01-01', INTERVAL r.first_day DAY)) AS year,
       CAST(r.value_sum AS DOUBLE) / CAST(r.records_count * 1000000 AS DOUBLE) AS average_value,
       CAST(r.value_min AS DOUBLE) / 1000000e0 AS min_value,
       CAST(r.value_max AS DOUBLE) / 1000000e0 AS max_value,
       r.records_count
FROM {gold}measurements_yearly_aggregations_rows r
JOIN {ops}sensor_ids s ON s.id = r.sensor_id
JOIN {ops}cow_ids c ON c.id = r.cow_id;

CREATE OR REPLACE VIEW {gold}cow_daily_metrics AS
SELECT c.cow_id, DATE_ADD(DATE'1970-01-01', INTERVAL r.farm_day DAY) AS date,
       CAST(r.milk_sum AS DOUBLE) / 1000000e0 AS milk_sum, r.milk_count,
       CAST(r.weight_sum AS DOUBLE) / 1000000e0 AS weight_sum, r.weight_count,
       CAST(r.last_weight AS DOUBLE) / 1000000e0 AS last_weight,
       TIMESTAMPADD(MICROSECOND, r.last_weight_at, TIMESTAMP'1970-01-01 00:00:00') AS last_weight_at
FROM {gold}cow_daily_metrics_rows r
JOIN {ops}cow_ids c ON c.id = r.cow_id;
-- Runs of the pipelines' tasks, their log lines, and what people should know. Instants: µs since 1970 UTC.
CREATE TABLE IF NOT EXISTS {ops}task_runs (
  id BIGINT PRIMARY KEY AUTO_INCREMENT,
  pipeline VARCHAR(64) NOT NULL, task VARCHAR(64) NOT NULL,
  idempotency_key VARCHAR(400) NOT NULL UNIQUE,
  trigger_kind VARCHAR(16) NOT NULL,
  state VARCHAR(16) NOT NULL,
  owner VARCHAR(300),
  requested_at BIGINT NOT NULL, started_at BIGINT, finished_at BIGINT, heartbeat_at BIGINT,
  attempt BIGINT NOT NULL, rows_read BIGINT NOT NULL, rows_written BIGINT NOT NULL,
  error TEXT, cancel_requested INT NOT NULL,
  KEY task_runs_by_task (pipeline, task, id),
  KEY task_runs_by_state (state, id));

CREATE TABLE IF NOT EXISTS {ops}task_run_logs (
  run_id BIGINT NOT NULL, number BIGINT NOT NULL, logged_at BIGINT NOT NULL,
  level VARCHAR(16) NOT NULL, text TEXT NOT NULL,
  PRIMARY KEY (run_id, number));

CREATE TABLE IF NOT EXISTS {ops}notifications (
  id BIGINT PRIMARY KEY AUTO_INCREMENT, noted_at BIGINT NOT NULL, pipeline VARCHAR(64) NOT NULL,
  task VARCHAR(64), event VARCHAR(16) NOT NULL, message TEXT NOT NULL, url TEXT);

-- Whoever writes there holds this row.
INSERT IGNORE INTO {ops}step_leases (step, epoch) VALUES ('run_ledger', 0);

INSERT INTO {ops}settings VALUES ('time_zone', 'UTC');
INSERT INTO {ops}streams VALUES (1, 'log.measurements', 'measurements', 'log.measurements');
INSERT INTO {ops}cow_ids VALUES (1, 'C1');
INSERT INTO {ops}sensor_ids VALUES (1, 'S1');
INSERT INTO {ops}consumer_offsets VALUES ('herdflow', 'log.measurements', 0, 0, 1, 0, 1712577600000001, NULL, 1, 'host:1');
INSERT INTO {ops}watermarks VALUES ('measurements', 1, 0, 1);
INSERT INTO {bronze}measurements_rows VALUES
  (1, 0, 0, 1712577600000001, 1712577600000001, 1, 1, 0, '2024-04-08T12:00:00Z', '12.5', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO {silver}measurements_rows VALUES
  (1, 19821, 1, 1712577600000000, 12500000, 0, 1712577600000001, 1, 0, 0, 1712577600000001, 1712577600000001);
INSERT INTO {ops}cow_names VALUES ('Alma', 41);
INSERT INTO {ops}cow_requests VALUES ('key', 'Alma', NULL, 'C1', 'Alma #41');
INSERT INTO {silver}quarantine_rows VALUES
  (1, 0, 1, 1712577600000002, 1712577600000002, 1, 1, 19821, 1712577600000000, 'negative', 'value', 'below 0', '{}', 0),
  (1, 0, 2, 1712577600000003, 1712577600000003, NULL, NULL, NULL, NULL, 'bad_json', '', 'no JSON', '{', 0),
  (1, 0, 3, 1712577600000004, 1712577600000004, NULL, NULL, NULL, NULL, 'missing', '', 'no value', '', 0),
  (1, 0, 4, 1712577600000005, 1712577600000005, NULL, 1, NULL, NULL, 'missing', 'sensor_id', 'no id', '{}', 0);
UPDATE {ops}counters SET value = 1;
