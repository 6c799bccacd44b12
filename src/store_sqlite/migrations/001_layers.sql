-- The layers of one herd. Base tables (…_rows) hold integers; the views beside them show text ids,
-- times and values as a person reads them. Instants: µs since 1970 UTC. Days: days since 1970-01-01.
-- Values: millionths.

CREATE TABLE ops_settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE ops_counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO ops_counters VALUES ('cleanse_chunk', 0);

CREATE TABLE ops_streams (
  id INTEGER PRIMARY KEY, stream_id TEXT NOT NULL UNIQUE, topic TEXT NOT NULL);
CREATE TABLE ops_cow_ids (id INTEGER PRIMARY KEY, cow_id TEXT NOT NULL UNIQUE);
CREATE TABLE ops_sensor_ids (id INTEGER PRIMARY KEY, sensor_id TEXT NOT NULL UNIQUE);

CREATE TABLE ops_consumer_offsets (
  consumer_group TEXT NOT NULL,
  stream_id TEXT NOT NULL,
  part INTEGER NOT NULL,
  first_offset INTEGER NOT NULL,
  next_offset INTEGER NOT NULL,
  holes INTEGER NOT NULL,
  last_version INTEGER NOT NULL,
  last_hash BLOB,
  epoch INTEGER NOT NULL,
  owner TEXT,
  PRIMARY KEY (consumer_group, stream_id, part)) WITHOUT ROWID;

-- How far the pipelines of cows, sensors and measurements (cleanse) have judged bronze.
CREATE TABLE ops_watermarks (
  step TEXT NOT NULL, stream_id INTEGER NOT NULL, part INTEGER NOT NULL,
  next_offset INTEGER NOT NULL,
  PRIMARY KEY (step, stream_id, part)) WITHOUT ROWID;

-- What cleanse changed, with the number of its newest chunk that did. An aggregate task whose
-- position is behind that number computes the day's aggregates anew.
CREATE TABLE ops_dirty_days (
  cow_id INTEGER NOT NULL, farm_day INTEGER NOT NULL, sensor_id INTEGER NOT NULL,
  chunk INTEGER NOT NULL,
  PRIMARY KEY (cow_id, farm_day, sensor_id)) WITHOUT ROWID;
-- A task has seen the notes up to `position`. While it goes through those up to `target`, it stands
-- at resume_….
CREATE TABLE ops_aggregate_positions (
  task TEXT PRIMARY KEY, position INTEGER NOT NULL, target INTEGER NOT NULL,
  resume_cow INTEGER, resume_day INTEGER, resume_sensor INTEGER) WITHOUT ROWID;
INSERT INTO ops_aggregate_positions (task, position, target) VALUES
  ('daily_aggregation', 0, 0), ('weekly_aggregation', 0, 0), ('monthly_aggregation', 0, 0),
  ('yearly_aggregation', 0, 0), ('cow_daily_metrics', 0, 0);

-- Valid versions of readings whose cow or sensor is not known, and what became known since.
CREATE TABLE ops_waiting_versions (
  cow_id INTEGER NOT NULL, farm_day INTEGER NOT NULL, sensor_id INTEGER NOT NULL,
  timestamp INTEGER NOT NULL, version INTEGER NOT NULL, stream_id INTEGER NOT NULL,
  topic_partition INTEGER NOT NULL, topic_offset INTEGER NOT NULL, unit_known INTEGER NOT NULL,
  PRIMARY KEY (cow_id, farm_day, sensor_id, timestamp, version, stream_id, topic_partition,
               topic_offset)) WITHOUT ROWID;
CREATE INDEX ops_waiting_versions_by_sensor ON ops_waiting_versions (sensor_id, unit_known);
CREATE TABLE ops_rejudge_requests (  -- kind 0: a cow, 1: a sensor
  kind INTEGER NOT NULL, ref INTEGER NOT NULL, PRIMARY KEY (kind, ref)) WITHOUT ROWID;

CREATE TABLE ops_cow_names (
  base TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (base, number)) WITHOUT ROWID;
CREATE TABLE ops_cow_requests (
  idempotency_key TEXT PRIMARY KEY, wanted_name TEXT NOT NULL, birthdate INTEGER,
  cow_id TEXT NOT NULL, name TEXT NOT NULL) WITHOUT ROWID;

-- Bronze: one row a message. A measurement whose payload and key follow from its fields keeps
-- neither; field_kinds says which fields were texts and which numbers.
CREATE TABLE bronze_measurements_rows (
  stream_id INTEGER NOT NULL, topic_partition INTEGER NOT NULL, topic_offset INTEGER NOT NULL,
  version INTEGER NOT NULL, received_at INTEGER NOT NULL,
  sensor_id INTEGER, cow_id INTEGER, field_kinds INTEGER,
  timestamp TEXT, value TEXT, deleted TEXT, odd_sensor_id TEXT, odd_cow_id TEXT,
  message_key BLOB, payload BLOB, headers BLOB,
  PRIMARY KEY (stream_id, topic_partition, topic_offset)) WITHOUT ROWID;
CREATE TABLE bronze_cows_rows (
  stream_id INTEGER NOT NULL, topic_partition INTEGER NOT NULL, topic_offset INTEGER NOT NULL,
  version INTEGER NOT NULL, received_at INTEGER NOT NULL,
  id TEXT, name TEXT, birthdate TEXT, deleted TEXT,
  message_key BLOB, payload BLOB, headers BLOB,
  PRIMARY KEY (stream_id, topic_partition, topic_offset)) WITHOUT ROWID;
CREATE TABLE bronze_sensors_rows (
  stream_id INTEGER NOT NULL, topic_partition INTEGER NOT NULL, topic_offset INTEGER NOT NULL,
  version INTEGER NOT NULL, received_at INTEGER NOT NULL,
  id TEXT, unit TEXT, deleted TEXT,
  message_key BLOB, payload BLOB, headers BLOB,
  PRIMARY KEY (stream_id, topic_partition, topic_offset)) WITHOUT ROWID;

-- Silver. farm_day follows from timestamp; it stands early in the key because readings are read by
-- cow and day.
CREATE TABLE silver_measurements_rows (
  cow_id INTEGER NOT NULL, farm_day INTEGER NOT NULL, sensor_id INTEGER NOT NULL,
  timestamp INTEGER NOT NULL, value INTEGER NOT NULL, state INTEGER NOT NULL,
  version INTEGER NOT NULL, stream_id INTEGER NOT NULL, topic_partition INTEGER NOT NULL,
  topic_offset INTEGER NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
  PRIMARY KEY (cow_id, farm_day, sensor_id, timestamp)) WITHOUT ROWID;
CREATE TABLE silver_quarantine_rows (
  stream_id INTEGER NOT NULL, topic_partition INTEGER NOT NULL, topic_offset INTEGER NOT NULL,
  version INTEGER NOT NULL, received_at INTEGER NOT NULL,
  sensor_id INTEGER, cow_id INTEGER, farm_day INTEGER, timestamp INTEGER,
  code TEXT NOT NULL, field TEXT NOT NULL, reason TEXT NOT NULL, original TEXT NOT NULL,
  status INTEGER NOT NULL,
  PRIMARY KEY (stream_id, topic_partition, topic_offset)) WITHOUT ROWID;
CREATE INDEX silver_quarantine_open ON silver_quarantine_rows (cow_id, farm_day) WHERE status = 0;
CREATE INDEX silver_quarantine_open_sensors ON silver_quarantine_rows (sensor_id)
  WHERE status = 0 AND cow_id IS NULL;

-- Gold.
CREATE TABLE gold_cows_rows (
  cow_id INTEGER PRIMARY KEY, name TEXT NOT NULL, birthdate INTEGER, retired_at INTEGER,
  version INTEGER NOT NULL, stream_id INTEGER NOT NULL, topic_partition INTEGER NOT NULL,
  topic_offset INTEGER NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL);
CREATE TABLE gold_sensors_rows (
  sensor_id INTEGER PRIMARY KEY, unit TEXT NOT NULL, retired_at INTEGER,
  version INTEGER NOT NULL, stream_id INTEGER NOT NULL, topic_partition INTEGER NOT NULL,
  topic_offset INTEGER NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL);
CREATE TABLE gold_measurements_daily_aggregations_rows (
  cow_id INTEGER NOT NULL, first_day INTEGER NOT NULL, sensor_id INTEGER NOT NULL,
  value_sum INTEGER NOT NULL, value_min INTEGER NOT NULL, value_max INTEGER NOT NULL,
  records_count INTEGER NOT NULL,
  PRIMARY KEY (cow_id, first_day, sensor_id)) WITHOUT ROWID;
CREATE TABLE gold_measurements_weekly_aggregations_rows (
  cow_id INTEGER NOT NULL, first_day INTEGER NOT NULL, sensor_id INTEGER NOT NULL,
  value_sum INTEGER NOT NULL, value_min INTEGER NOT NULL, value_max INTEGER NOT NULL,
  records_count INTEGER NOT NULL,
  PRIMARY KEY (cow_id, first_day, sensor_id)) WITHOUT ROWID;
CREATE TABLE gold_measurements_monthly_aggregations_rows (
  cow_id INTEGER NOT NULL, first_day INTEGER NOT NULL, sensor_id INTEGER NOT NULL,
  value_sum INTEGER NOT NULL, value_min INTEGER NOT NULL, value_max INTEGER NOT NULL,
  records_count INTEGER NOT NULL,
  PRIMARY KEY (cow_id, first_day, sensor_id)) WITHOUT ROWID;
CREATE TABLE gold_measurements_yearly_aggregations_rows (
  cow_id INTEGER NOT NULL, first_day INTEGER NOT NULL, sensor_id INTEGER NOT NULL,
  value_sum INTEGER NOT NULL, value_min INTEGER NOT NULL, value_max INTEGER NOT NULL,
  records_count INTEGER NOT NULL,
  PRIMARY KEY (cow_id, first_day, sensor_id)) WITHOUT ROWID;
CREATE TABLE gold_cow_daily_metrics_rows (
  cow_id INTEGER NOT NULL, farm_day INTEGER NOT NULL,
  milk_count INTEGER NOT NULL, milk_sum INTEGER NOT NULL,
  weight_count INTEGER NOT NULL, weight_sum INTEGER NOT NULL,
  last_weight INTEGER, last_weight_at INTEGER,
  PRIMARY KEY (cow_id, farm_day)) WITHOUT ROWID;

-- What tools and people read.
CREATE VIEW bronze_cows AS
SELECT r.id, r.name, r.birthdate, r.deleted,
       st.stream_id, r.topic_partition, r.topic_offset, r.version,
       strftime('%Y-%m-%dT%H:%M:%S', r.received_at / 1000000, 'unixepoch') || printf('.%06dZ', r.received_at % 1000000) AS received_at,
       strftime('%Y-%m-%dT%H:%M:%S', r.received_at / 1000000, 'unixepoch') || printf('.%06dZ', r.received_at % 1000000) AS created_at
FROM bronze_cows_rows r
JOIN ops_streams st ON st.id = r.stream_id;

CREATE VIEW bronze_sensors AS
SELECT r.id, r.unit, r.deleted,
       st.stream_id, r.topic_partition, r.topic_offset, r.version,
       strftime('%Y-%m-%dT%H:%M:%S', r.received_at / 1000000, 'unixepoch') || printf('.%06dZ', r.received_at % 1000000) AS received_at,
       strftime('%Y-%m-%dT%H:%M:%S', r.received_at / 1000000, 'unixepoch') || printf('.%06dZ', r.received_at % 1000000) AS created_at
FROM bronze_sensors_rows r
JOIN ops_streams st ON st.id = r.stream_id;

CREATE VIEW bronze_measurements AS
SELECT COALESCE(s.sensor_id, r.odd_sensor_id) AS sensor_id,
       COALESCE(c.cow_id, r.odd_cow_id) AS cow_id, r.timestamp, r.value, r.deleted,
       st.stream_id, r.topic_partition, r.topic_offset, r.version,
       strftime('%Y-%m-%dT%H:%M:%S', r.received_at / 1000000, 'unixepoch') || printf('.%06dZ', r.received_at % 1000000) AS received_at,
       strftime('%Y-%m-%dT%H:%M:%S', r.received_at / 1000000, 'unixepoch') || printf('.%06dZ', r.received_at % 1000000) AS created_at
FROM bronze_measurements_rows r
JOIN ops_streams st ON st.id = r.stream_id
LEFT JOIN ops_sensor_ids s ON s.id = r.sensor_id
LEFT JOIN ops_cow_ids c ON c.id = r.cow_id;

CREATE VIEW silver_measurements AS
SELECT s.sensor_id, c.cow_id,
       strftime('%Y-%m-%dT%H:%M:%S', r.timestamp / 1000000, 'unixepoch') || printf('.%06dZ', r.timestamp % 1000000) AS timestamp,
       CASE WHEN r.state = 2 THEN NULL ELSE CAST(r.value AS REAL) / 1000000.0 END AS value,
       CASE r.state WHEN 0 THEN 'accepted' WHEN 1 THEN 'pending' ELSE 'deleted' END AS state,
       r.version, date(r.farm_day * 86400, 'unixepoch') AS farm_day,
       (SELECT value FROM ops_settings WHERE name = 'rules_version') AS rules_version,
       st.stream_id, r.topic_partition, r.topic_offset,
       strftime('%Y-%m-%dT%H:%M:%S', r.created_at / 1000000, 'unixepoch') || printf('.%06dZ', r.created_at % 1000000) AS created_at,
       strftime('%Y-%m-%dT%H:%M:%S', r.updated_at / 1000000, 'unixepoch') || printf('.%06dZ', r.updated_at % 1000000) AS updated_at
FROM silver_measurements_rows r
JOIN ops_sensor_ids s ON s.id = r.sensor_id
JOIN ops_cow_ids c ON c.id = r.cow_id
JOIN ops_streams st ON st.id = r.stream_id;

CREATE VIEW silver_quarantine AS
SELECT st.topic, st.stream_id, r.topic_partition, r.topic_offset, s.sensor_id, c.cow_id,
       strftime('%Y-%m-%dT%H:%M:%S', r.timestamp / 1000000, 'unixepoch') || printf('.%06dZ', r.timestamp % 1000000) AS timestamp,
       r.code, r.field, r.reason, r.original,
       CASE r.status WHEN 0 THEN 'open' WHEN 1 THEN 'superseded' ELSE 'dismissed' END AS status,
       r.version, (SELECT value FROM ops_settings WHERE name = 'rules_version') AS rules_version,
       strftime('%Y-%m-%dT%H:%M:%S', r.received_at / 1000000, 'unixepoch') || printf('.%06dZ', r.received_at % 1000000) AS received_at
FROM silver_quarantine_rows r
JOIN ops_streams st ON st.id = r.stream_id
LEFT JOIN ops_sensor_ids s ON s.id = r.sensor_id
LEFT JOIN ops_cow_ids c ON c.id = r.cow_id;

CREATE VIEW gold_cows AS
SELECT i.cow_id AS id, r.name, date(r.birthdate * 86400, 'unixepoch') AS birthdate,
       strftime('%Y-%m-%dT%H:%M:%S', r.retired_at / 1000000, 'unixepoch') || printf('.%06dZ', r.retired_at % 1000000) AS retired_at,
       strftime('%Y-%m-%dT%H:%M:%S', r.created_at / 1000000, 'unixepoch') || printf('.%06dZ', r.created_at % 1000000) AS created_at,
       strftime('%Y-%m-%dT%H:%M:%S', r.updated_at / 1000000, 'unixepoch') || printf('.%06dZ', r.updated_at % 1000000) AS updated_at,
       r.version, st.stream_id, r.topic_partition, r.topic_offset
FROM gold_cows_rows r
JOIN ops_cow_ids i ON i.id = r.cow_id
LEFT JOIN ops_streams st ON st.id = r.stream_id;

CREATE VIEW gold_sensors AS
SELECT i.sensor_id AS id, r.unit,
       strftime('%Y-%m-%dT%H:%M:%S', r.retired_at / 1000000, 'unixepoch') || printf('.%06dZ', r.retired_at % 1000000) AS retired_at,
       strftime('%Y-%m-%dT%H:%M:%S', r.created_at / 1000000, 'unixepoch') || printf('.%06dZ', r.created_at % 1000000) AS created_at,
       strftime('%Y-%m-%dT%H:%M:%S', r.updated_at / 1000000, 'unixepoch') || printf('.%06dZ', r.updated_at % 1000000) AS updated_at,
       r.version, st.stream_id, r.topic_partition, r.topic_offset
FROM gold_sensors_rows r
JOIN ops_sensor_ids i ON i.id = r.sensor_id
LEFT JOIN ops_streams st ON st.id = r.stream_id;

CREATE VIEW gold_measurements_daily_aggregations AS
SELECT s.sensor_id, c.cow_id,
       date(r.first_day * 86400, 'unixepoch') AS date,
       CAST(r.value_sum AS REAL) / CAST(r.records_count * 1000000 AS REAL) AS average_value,
       CAST(r.value_min AS REAL) / 1000000.0 AS min_value,
       CAST(r.value_max AS REAL) / 1000000.0 AS max_value,
       r.records_count
FROM gold_measurements_daily_aggregations_rows r
JOIN ops_sensor_ids s ON s.id = r.sensor_id
JOIN ops_cow_ids c ON c.id = r.cow_id;

-- ISO 8601: a week belongs to the year and the month of its Thursday.
CREATE VIEW gold_measurements_weekly_aggregations AS
SELECT s.sensor_id, c.cow_id,
       (CAST(strftime('%j', (r.first_day + 3) * 86400, 'unixepoch') AS INTEGER) - 1) / 7 + 1 AS week,
       CAST(strftime('%m', (r.first_day + 3) * 86400, 'unixepoch') AS INTEGER) AS month,
       CAST(strftime('%Y', (r.first_day + 3) * 86400, 'unixepoch') AS INTEGER) AS year,
       CAST(r.value_sum AS REAL) / CAST(r.records_count * 1000000 AS REAL) AS average_value,
       CAST(r.value_min AS REAL) / 1000000.0 AS min_value,
       CAST(r.value_max AS REAL) / 1000000.0 AS max_value,
       r.records_count
FROM gold_measurements_weekly_aggregations_rows r
JOIN ops_sensor_ids s ON s.id = r.sensor_id
JOIN ops_cow_ids c ON c.id = r.cow_id;

CREATE VIEW gold_measurements_monthly_aggregations AS
SELECT s.sensor_id, c.cow_id,
       CAST(strftime('%m', r.first_day * 86400, 'unixepoch') AS INTEGER) AS month,
       CAST(strftime('%Y', r.first_day * 86400, 'unixepoch') AS INTEGER) AS year,
       CAST(r.value_sum AS REAL) / CAST(r.records_count * 1000000 AS REAL) AS average_value,
       CAST(r.value_min AS REAL) / 1000000.0 AS min_value,
       CAST(r.value_max AS REAL) / 1000000.0 AS max_value,
       r.records_count
FROM gold_measurements_monthly_aggregations_rows r
JOIN ops_sensor_ids s ON s.id = r.sensor_id
JOIN ops_cow_ids c ON c.id = r.cow_id;

CREATE VIEW gold_measurements_yearly_aggregations AS
SELECT s.sensor_id, c.cow_id,
       CAST(strftime('%Y', r.first_day * 86400, 'unixepoch') AS INTEGER) AS year,
       CAST(r.value_sum AS REAL) / CAST(r.records_count * 1000000 AS REAL) AS average_value,
       CAST(r.value_min AS REAL) / 1000000.0 AS min_value,
       CAST(r.value_max AS REAL) / 1000000.0 AS max_value,
       r.records_count
FROM gold_measurements_yearly_aggregations_rows r
JOIN ops_sensor_ids s ON s.id = r.sensor_id
JOIN ops_cow_ids c ON c.id = r.cow_id;

CREATE VIEW gold_cow_daily_metrics AS
SELECT c.cow_id, date(r.farm_day * 86400, 'unixepoch') AS date,
       CAST(r.milk_sum AS REAL) / 1000000.0 AS milk_sum, r.milk_count,
       CAST(r.weight_sum AS REAL) / 1000000.0 AS weight_sum, r.weight_count,
       CAST(r.last_weight AS REAL) / 1000000.0 AS last_weight,
       strftime('%Y-%m-%dT%H:%M:%S', r.last_weight_at / 1000000, 'unixepoch') || printf('.%06dZ', r.last_weight_at % 1000000) AS last_weight_at
FROM gold_cow_daily_metrics_rows r
JOIN ops_cow_ids c ON c.id = r.cow_id;
