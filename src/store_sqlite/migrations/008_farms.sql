-- Farms: cows and sensors are known by (farm, id), and what is a farm's own names it. Everything from before there
-- were farms is of `default`, which has the integer 1.
DROP VIEW bronze_cows;
DROP VIEW bronze_sensors;
DROP VIEW bronze_measurements;
DROP VIEW silver_measurements;
DROP VIEW silver_quarantine;
DROP VIEW gold_cows;
DROP VIEW gold_sensors;
DROP VIEW gold_measurements_daily_aggregations;
DROP VIEW gold_measurements_weekly_aggregations;
DROP VIEW gold_measurements_monthly_aggregations;
DROP VIEW gold_measurements_yearly_aggregations;
DROP VIEW gold_cow_daily_metrics;

CREATE TABLE ops_farm_ids (id INTEGER PRIMARY KEY, farm_id TEXT NOT NULL UNIQUE);
INSERT INTO ops_farm_ids VALUES (1, 'default');

-- text_id: a process of before there were farms, which still runs, is not to find or give ids of another farm.
CREATE TABLE ops_cow_ids_of_farms (
  id INTEGER PRIMARY KEY, farm INTEGER NOT NULL, text_id TEXT NOT NULL,
  UNIQUE (farm, text_id));
INSERT INTO ops_cow_ids_of_farms SELECT id, 1, cow_id FROM ops_cow_ids;
DROP TABLE ops_cow_ids;
ALTER TABLE ops_cow_ids_of_farms RENAME TO ops_cow_ids;
CREATE INDEX ops_cow_ids_by_farm ON ops_cow_ids (farm);

CREATE TABLE ops_sensor_ids_of_farms (
  id INTEGER PRIMARY KEY, farm INTEGER NOT NULL, text_id TEXT NOT NULL,
  UNIQUE (farm, text_id));
INSERT INTO ops_sensor_ids_of_farms SELECT id, 1, sensor_id FROM ops_sensor_ids;
DROP TABLE ops_sensor_ids;
ALTER TABLE ops_sensor_ids_of_farms RENAME TO ops_sensor_ids;
CREATE INDEX ops_sensor_ids_by_farm ON ops_sensor_ids (farm);

-- Whoever loads by the ids that it remembers is fenced. farms_from: a message of a cow or a sensor before it names no
-- farm, whatever its field says.
ALTER TABLE ops_consumer_offsets ADD COLUMN farms_from INTEGER NOT NULL DEFAULT 0;
UPDATE ops_consumer_offsets SET farms_from = next_offset, epoch = epoch + 1;

CREATE TABLE ops_cow_names_of_farms (
  farm INTEGER NOT NULL, base TEXT NOT NULL, number INTEGER NOT NULL,
  PRIMARY KEY (farm, base, number)) WITHOUT ROWID;
INSERT INTO ops_cow_names_of_farms SELECT 1, base, number FROM ops_cow_names;
DROP TABLE ops_cow_names;
ALTER TABLE ops_cow_names_of_farms RENAME TO ops_cow_names;

CREATE TABLE ops_cow_requests_of_farms (
  farm INTEGER NOT NULL, idempotency_key TEXT NOT NULL, wanted_name TEXT NOT NULL, birthdate INTEGER,
  cow_id TEXT NOT NULL, name TEXT NOT NULL,
  PRIMARY KEY (farm, idempotency_key)) WITHOUT ROWID;
INSERT INTO ops_cow_requests_of_farms
SELECT 1, idempotency_key, wanted_name, birthdate, cow_id, name FROM ops_cow_requests;
DROP TABLE ops_cow_requests;
ALTER TABLE ops_cow_requests_of_farms RENAME TO ops_cow_requests;

-- What a pass is to judge again. kind 0: everything, 1: the days from first_day to last_day, 2: the readings of the
-- sensor `ref`, 3: those of the farm `ref`. in_pass: the pass that goes on has it. asked: they take turns by it.
CREATE TABLE ops_rejudge_passes (
  kind INTEGER NOT NULL, ref INTEGER NOT NULL, in_pass INTEGER NOT NULL, first_day INTEGER, last_day INTEGER,
  asked INTEGER NOT NULL, PRIMARY KEY (kind, ref)) WITHOUT ROWID;
INSERT INTO ops_rejudge_passes
SELECT CASE sensor_id WHEN 0 THEN 0 WHEN -1 THEN 1 ELSE 2 END, MAX(sensor_id, 0), in_pass, first_day, last_day, 1
FROM ops_rejudge_scopes;
DROP TABLE ops_rejudge_scopes;

CREATE TABLE bronze_farms_rows (
  stream_id INTEGER NOT NULL, topic_partition INTEGER NOT NULL, topic_offset INTEGER NOT NULL,
  version INTEGER NOT NULL, received_at INTEGER NOT NULL,
  id TEXT, name TEXT, time_zone TEXT, litre_min TEXT, litre_max TEXT, kilogram_min TEXT, kilogram_max TEXT,
  milk_density TEXT, deleted TEXT,
  message_key BLOB, payload BLOB, headers BLOB,
  PRIMARY KEY (stream_id, topic_partition, topic_offset)) WITHOUT ROWID;
-- The farm as it was sent; of a measurement where neither of its ids has an integer, which knows its own.
ALTER TABLE bronze_cows_rows ADD COLUMN farm TEXT;
ALTER TABLE bronze_sensors_rows ADD COLUMN farm TEXT;
ALTER TABLE bronze_measurements_rows ADD COLUMN odd_farm TEXT;

-- NULL: the message names none that could be read.
ALTER TABLE silver_quarantine_rows ADD COLUMN farm INTEGER;
UPDATE silver_quarantine_rows SET farm = 1
WHERE code NOT IN ('bad_json', 'bad_utf8') AND NOT (code = 'missing' AND field = '');
CREATE INDEX silver_quarantine_by_code ON silver_quarantine_rows (code, farm);
CREATE INDEX silver_quarantine_by_farm ON silver_quarantine_rows (farm);

-- state_…: the event that tells what the farm is; NULL while one told that it is closed, and none what it is. What
-- closes a farm is newer than that.
CREATE TABLE gold_farms_rows (
  farm INTEGER PRIMARY KEY, name TEXT NOT NULL, time_zone TEXT NOT NULL,
  litre_min INTEGER NOT NULL, litre_max INTEGER NOT NULL,
  kilogram_min INTEGER NOT NULL, kilogram_max INTEGER NOT NULL, milk_density INTEGER NOT NULL,
  closed_at INTEGER, rules_version TEXT NOT NULL,
  version INTEGER NOT NULL, stream_id INTEGER NOT NULL, topic_partition INTEGER NOT NULL,
  topic_offset INTEGER NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
  state_version INTEGER, state_stream INTEGER, state_partition INTEGER, state_offset INTEGER);
-- For who only reads until somebody opens the store who knows the configuration (version -1).
INSERT INTO gold_farms_rows VALUES
  (1, 'default', COALESCE((SELECT value FROM ops_settings WHERE name = 'time_zone'), 'UTC'), 0, 60000000, 20000000,
   1500000000, 1031000, NULL, COALESCE((SELECT value FROM ops_settings WHERE name = 'rules_version'), ''), -1, 0, 0, 0, 0, 0,
   -1, 0, 0, 0);

CREATE VIEW bronze_farms AS
SELECT r.id, r.name, r.time_zone, r.litre_min, r.litre_max, r.kilogram_min, r.kilogram_max, r.milk_density, r.deleted,
       st.stream_id, r.topic_partition, r.topic_offset, r.version,
       strftime('%Y-%m-%dT%H:%M:%S', r.received_at / 1000000, 'unixepoch') || printf('.%06dZ', r.received_at % 1000000) AS received_at,
       strftime('%Y-%m-%dT%H:%M:%S', r.received_at / 1000000, 'unixepoch') || printf('.%06dZ', r.received_at % 1000000) AS created_at
FROM bronze_farms_rows r
JOIN ops_streams st ON st.id = r.stream_id;

CREATE VIEW bronze_cows AS
SELECT r.id, r.name, r.birthdate, r.deleted,
       st.stream_id, r.topic_partition, r.topic_offset, r.version,
       strftime('%Y-%m-%dT%H:%M:%S', r.received_at / 1000000, 'unixepoch') || printf('.%06dZ', r.received_at % 1000000) AS received_at,
       strftime('%Y-%m-%dT%H:%M:%S', r.received_at / 1000000, 'unixepoch') || printf('.%06dZ', r.received_at % 1000000) AS created_at,
       r.farm
FROM bronze_cows_rows r
JOIN ops_streams st ON st.id = r.stream_id;

CREATE VIEW bronze_sensors AS
SELECT r.id, r.unit, r.deleted, r.kind,
       st.stream_id, r.topic_partition, r.topic_offset, r.version,
       strftime('%Y-%m-%dT%H:%M:%S', r.received_at / 1000000, 'unixepoch') || printf('.%06dZ', r.received_at % 1000000) AS received_at,
       strftime('%Y-%m-%dT%H:%M:%S', r.received_at / 1000000, 'unixepoch') || printf('.%06dZ', r.received_at % 1000000) AS created_at,
       r.farm
FROM bronze_sensors_rows r
JOIN ops_streams st ON st.id = r.stream_id;

CREATE VIEW bronze_measurements AS
SELECT COALESCE(s.text_id, r.odd_sensor_id) AS sensor_id,
       COALESCE(c.text_id, r.odd_cow_id) AS cow_id, r.timestamp, r.value, r.deleted,
       st.stream_id, r.topic_partition, r.topic_offset, r.version,
       strftime('%Y-%m-%dT%H:%M:%S', r.received_at / 1000000, 'unixepoch') || printf('.%06dZ', r.received_at % 1000000) AS received_at,
       strftime('%Y-%m-%dT%H:%M:%S', r.received_at / 1000000, 'unixepoch') || printf('.%06dZ', r.received_at % 1000000) AS created_at,
       COALESCE(f.farm_id, r.odd_farm) AS farm
FROM bronze_measurements_rows r
JOIN ops_streams st ON st.id = r.stream_id
LEFT JOIN ops_sensor_ids s ON s.id = r.sensor_id
LEFT JOIN ops_cow_ids c ON c.id = r.cow_id
LEFT JOIN ops_farm_ids f ON f.id = COALESCE(c.farm, s.farm);

CREATE VIEW silver_measurements AS
SELECT s.text_id AS sensor_id, c.text_id AS cow_id,
       strftime('%Y-%m-%dT%H:%M:%S', r.timestamp / 1000000, 'unixepoch') || printf('.%06dZ', r.timestamp % 1000000) AS timestamp,
       CASE WHEN r.state = 2 THEN NULL ELSE CAST(r.value AS REAL) / 1000000.0 END AS value,
       CASE r.state WHEN 0 THEN 'accepted' WHEN 1 THEN 'pending' ELSE 'deleted' END AS state,
       r.version, date(r.farm_day * 86400, 'unixepoch') AS farm_day,
       g.rules_version,
       st.stream_id, r.topic_partition, r.topic_offset,
       strftime('%Y-%m-%dT%H:%M:%S', r.created_at / 1000000, 'unixepoch') || printf('.%06dZ', r.created_at % 1000000) AS created_at,
       strftime('%Y-%m-%dT%H:%M:%S', r.updated_at / 1000000, 'unixepoch') || printf('.%06dZ', r.updated_at % 1000000) AS updated_at,
       f.farm_id AS farm
FROM silver_measurements_rows r
JOIN ops_sensor_ids s ON s.id = r.sensor_id
JOIN ops_cow_ids c ON c.id = r.cow_id
JOIN ops_streams st ON st.id = r.stream_id
JOIN ops_farm_ids f ON f.id = c.farm
LEFT JOIN gold_farms_rows g ON g.farm = c.farm AND g.state_version IS NOT NULL;

CREATE VIEW silver_quarantine AS
SELECT st.topic, st.stream_id, r.topic_partition, r.topic_offset, s.text_id AS sensor_id, c.text_id AS cow_id,
       strftime('%Y-%m-%dT%H:%M:%S', r.timestamp / 1000000, 'unixepoch') || printf('.%06dZ', r.timestamp % 1000000) AS timestamp,
       r.code, r.field, r.reason, r.original,
       CASE r.status WHEN 0 THEN 'open' WHEN 1 THEN 'superseded' ELSE 'dismissed' END AS status,
       r.version, g.rules_version,
       strftime('%Y-%m-%dT%H:%M:%S', r.received_at / 1000000, 'unixepoch') || printf('.%06dZ', r.received_at % 1000000) AS received_at,
       f.farm_id AS farm
FROM silver_quarantine_rows r
JOIN ops_streams st ON st.id = r.stream_id
LEFT JOIN ops_sensor_ids s ON s.id = r.sensor_id
LEFT JOIN ops_cow_ids c ON c.id = r.cow_id
LEFT JOIN ops_farm_ids f ON f.id = r.farm
LEFT JOIN gold_farms_rows g ON g.farm = r.farm AND g.state_version IS NOT NULL;

-- A farm that the configuration made was told of by no message.
CREATE VIEW gold_farms AS
SELECT i.farm_id AS id, r.name, r.time_zone,
       CAST(r.litre_min AS REAL) / 1000000.0 AS litre_min, CAST(r.litre_max AS REAL) / 1000000.0 AS litre_max,
       CAST(r.kilogram_min AS REAL) / 1000000.0 AS kilogram_min,
       CAST(r.kilogram_max AS REAL) / 1000000.0 AS kilogram_max,
       CAST(r.milk_density AS REAL) / 1000000.0 AS milk_density,
       strftime('%Y-%m-%dT%H:%M:%S', r.closed_at / 1000000, 'unixepoch') || printf('.%06dZ', r.closed_at % 1000000) AS closed_at,
       strftime('%Y-%m-%dT%H:%M:%S', NULLIF(r.created_at, 0) / 1000000, 'unixepoch') || printf('.%06dZ', NULLIF(r.created_at, 0) % 1000000) AS created_at,
       strftime('%Y-%m-%dT%H:%M:%S', NULLIF(r.updated_at, 0) / 1000000, 'unixepoch') || printf('.%06dZ', NULLIF(r.updated_at, 0) % 1000000) AS updated_at,
       r.rules_version, r.version, st.stream_id, r.topic_partition, r.topic_offset
FROM gold_farms_rows r
JOIN ops_farm_ids i ON i.id = r.farm
LEFT JOIN ops_streams st ON st.id = r.stream_id
WHERE r.state_version IS NOT NULL;

CREATE VIEW gold_cows AS
SELECT i.text_id AS id, r.name, date(r.birthdate * 86400, 'unixepoch') AS birthdate,
       strftime('%Y-%m-%dT%H:%M:%S', r.retired_at / 1000000, 'unixepoch') || printf('.%06dZ', r.retired_at % 1000000) AS retired_at,
       strftime('%Y-%m-%dT%H:%M:%S', r.created_at / 1000000, 'unixepoch') || printf('.%06dZ', r.created_at % 1000000) AS created_at,
       strftime('%Y-%m-%dT%H:%M:%S', r.updated_at / 1000000, 'unixepoch') || printf('.%06dZ', r.updated_at % 1000000) AS updated_at,
       r.version, st.stream_id, r.topic_partition, r.topic_offset,
       f.farm_id AS farm
FROM gold_cows_rows r
JOIN ops_cow_ids i ON i.id = r.cow_id
JOIN ops_farm_ids f ON f.id = i.farm
LEFT JOIN ops_streams st ON st.id = r.stream_id;

CREATE VIEW gold_sensors AS
SELECT i.text_id AS id, r.unit,
       strftime('%Y-%m-%dT%H:%M:%S', r.retired_at / 1000000, 'unixepoch') || printf('.%06dZ', r.retired_at % 1000000) AS retired_at,
       strftime('%Y-%m-%dT%H:%M:%S', r.created_at / 1000000, 'unixepoch') || printf('.%06dZ', r.created_at % 1000000) AS created_at,
       strftime('%Y-%m-%dT%H:%M:%S', r.updated_at / 1000000, 'unixepoch') || printf('.%06dZ', r.updated_at % 1000000) AS updated_at,
       r.kind, r.version, st.stream_id, r.topic_partition, r.topic_offset,
       f.farm_id AS farm
FROM gold_sensors_rows r
JOIN ops_sensor_ids i ON i.id = r.sensor_id
JOIN ops_farm_ids f ON f.id = i.farm
LEFT JOIN ops_streams st ON st.id = r.stream_id;

CREATE VIEW gold_measurements_daily_aggregations AS
SELECT s.text_id AS sensor_id, c.text_id AS cow_id,
       date(r.first_day * 86400, 'unixepoch') AS date,
       CAST(r.value_sum AS REAL) / CAST(r.records_count * 1000000 AS REAL) AS average_value,
       CAST(r.value_min AS REAL) / 1000000.0 AS min_value,
       CAST(r.value_max AS REAL) / 1000000.0 AS max_value,
       r.records_count,
       f.farm_id AS farm
FROM gold_measurements_daily_aggregations_rows r
JOIN ops_sensor_ids s ON s.id = r.sensor_id
JOIN ops_cow_ids c ON c.id = r.cow_id
JOIN ops_farm_ids f ON f.id = c.farm;

-- ISO 8601: a week belongs to the year and the month of its Thursday.
CREATE VIEW gold_measurements_weekly_aggregations AS
SELECT s.text_id AS sensor_id, c.text_id AS cow_id,
       (CAST(strftime('%j', (r.first_day + 3) * 86400, 'unixepoch') AS INTEGER) - 1) / 7 + 1 AS week,
       CAST(strftime('%m', (r.first_day + 3) * 86400, 'unixepoch') AS INTEGER) AS month,
       CAST(strftime('%Y', (r.first_day + 3) * 86400, 'unixepoch') AS INTEGER) AS year,
       CAST(r.value_sum AS REAL) / CAST(r.records_count * 1000000 AS REAL) AS average_value,
       CAST(r.value_min AS REAL) / 1000000.0 AS min_value,
       CAST(r.value_max AS REAL) / 1000000.0 AS max_value,
       r.records_count,
       f.farm_id AS farm
FROM gold_measurements_weekly_aggregations_rows r
JOIN ops_sensor_ids s ON s.id = r.sensor_id
JOIN ops_cow_ids c ON c.id = r.cow_id
JOIN ops_farm_ids f ON f.id = c.farm;

CREATE VIEW gold_measurements_monthly_aggregations AS
SELECT s.text_id AS sensor_id, c.text_id AS cow_id,
       CAST(strftime('%m', r.first_day * 86400, 'unixepoch') AS INTEGER) AS month,
       CAST(strftime('%Y', r.first_day * 86400, 'unixepoch') AS INTEGER) AS year,
       CAST(r.value_sum AS REAL) / CAST(r.records_count * 1000000 AS REAL) AS average_value,
       CAST(r.value_min AS REAL) / 1000000.0 AS min_value,
       CAST(r.value_max AS REAL) / 1000000.0 AS max_value,
       r.records_count,
       f.farm_id AS farm
FROM gold_measurements_monthly_aggregations_rows r
JOIN ops_sensor_ids s ON s.id = r.sensor_id
JOIN ops_cow_ids c ON c.id = r.cow_id
JOIN ops_farm_ids f ON f.id = c.farm;

CREATE VIEW gold_measurements_yearly_aggregations AS
SELECT s.text_id AS sensor_id, c.text_id AS cow_id,
       CAST(strftime('%Y', r.first_day * 86400, 'unixepoch') AS INTEGER) AS year,
       CAST(r.value_sum AS REAL) / CAST(r.records_count * 1000000 AS REAL) AS average_value,
       CAST(r.value_min AS REAL) / 1000000.0 AS min_value,
       CAST(r.value_max AS REAL) / 1000000.0 AS max_value,
       r.records_count,
       f.farm_id AS farm
FROM gold_measurements_yearly_aggregations_rows r
JOIN ops_sensor_ids s ON s.id = r.sensor_id
JOIN ops_cow_ids c ON c.id = r.cow_id
JOIN ops_farm_ids f ON f.id = c.farm;

CREATE VIEW gold_cow_daily_metrics AS
SELECT c.text_id AS cow_id, date(r.farm_day * 86400, 'unixepoch') AS date,
       CAST(r.milk_sum AS REAL) / 1000000.0 AS milk_sum, r.milk_count,
       CAST(r.weight_sum AS REAL) / 1000000.0 AS weight_sum, r.weight_count,
       CAST(r.last_weight AS REAL) / 1000000.0 AS last_weight,
       strftime('%Y-%m-%dT%H:%M:%S', r.last_weight_at / 1000000, 'unixepoch') || printf('.%06dZ', r.last_weight_at % 1000000) AS last_weight_at,
       f.farm_id AS farm
FROM gold_cow_daily_metrics_rows r
JOIN ops_cow_ids c ON c.id = r.cow_id
JOIN ops_farm_ids f ON f.id = c.farm;
