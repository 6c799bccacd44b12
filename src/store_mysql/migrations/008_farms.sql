-- Farms: cows and sensors are known by (farm, id), and what is a farm's own names it. Everything from before there
-- were farms is of `default`, which has the integer 1.
CREATE TABLE IF NOT EXISTS {ops}farm_ids (id INT PRIMARY KEY AUTO_INCREMENT, farm_id VARCHAR(63) NOT NULL UNIQUE)
  ENGINE=InnoDB ROW_FORMAT=DYNAMIC;
INSERT IGNORE INTO {ops}farm_ids VALUES (1, 'default');

-- text_id: a process of before there were farms, which still runs, is not to find or give ids of another farm.
ALTER TABLE {ops}cow_ids ADD COLUMN farm INT NOT NULL DEFAULT 1 AFTER id, CHANGE COLUMN cow_id text_id VARCHAR(255) NOT NULL,
  DROP INDEX cow_id, ADD UNIQUE INDEX by_text_id (farm, text_id), ADD INDEX by_farm (farm);
ALTER TABLE {ops}cow_ids ALTER COLUMN farm DROP DEFAULT;
ALTER TABLE {ops}sensor_ids ADD COLUMN farm INT NOT NULL DEFAULT 1 AFTER id, CHANGE COLUMN sensor_id text_id VARCHAR(255) NOT NULL,
  DROP INDEX sensor_id, ADD UNIQUE INDEX by_text_id (farm, text_id), ADD INDEX by_farm (farm);
ALTER TABLE {ops}sensor_ids ALTER COLUMN farm DROP DEFAULT;

-- Whoever loads by the ids that it remembers is fenced. farms_from: a message of a cow or a sensor before it names no
-- farm, whatever its field says.
ALTER TABLE {ops}consumer_offsets ADD COLUMN farms_from BIGINT NOT NULL DEFAULT 0;
UPDATE {ops}consumer_offsets SET farms_from = next_offset, epoch = epoch + 1;

ALTER TABLE {ops}cow_names ADD COLUMN farm INT NOT NULL DEFAULT 1 FIRST, DROP PRIMARY KEY,
  ADD PRIMARY KEY (farm, base, number);
ALTER TABLE {ops}cow_names ALTER COLUMN farm DROP DEFAULT;
ALTER TABLE {ops}cow_requests ADD COLUMN farm INT NOT NULL DEFAULT 1 FIRST, DROP PRIMARY KEY,
  ADD PRIMARY KEY (farm, idempotency_key);
ALTER TABLE {ops}cow_requests ALTER COLUMN farm DROP DEFAULT;

-- What a pass is to judge again. kind 0: everything, 1: the days from first_day to last_day, 2: the readings of the
-- sensor `ref`, 3: those of the farm `ref`. in_pass: the pass that goes on has it. asked: they take turns by it. One
-- over everything takes the place of all that was asked for before.
DROP TABLE IF EXISTS {ops}rejudge_scopes;
CREATE TABLE IF NOT EXISTS {ops}rejudge_passes (
  kind TINYINT NOT NULL, ref INT NOT NULL, in_pass TINYINT NOT NULL, first_day INT, last_day INT,
  asked BIGINT NOT NULL, PRIMARY KEY (kind, ref)) ENGINE=InnoDB ROW_FORMAT=DYNAMIC;
DELETE FROM {ops}rejudge_place;
INSERT IGNORE INTO {ops}rejudge_passes (kind, ref, in_pass, asked)
SELECT 0, 0, 0, 1 FROM (SELECT 1 FROM {bronze}measurements_rows LIMIT 1) AS filled;

CREATE TABLE IF NOT EXISTS {bronze}farms_rows (
  stream_id INT NOT NULL, topic_partition INT NOT NULL, topic_offset BIGINT NOT NULL,
  version BIGINT NOT NULL, received_at BIGINT NOT NULL,
  id VARCHAR(255), name VARCHAR(255), time_zone VARCHAR(255), litre_min VARCHAR(255), litre_max VARCHAR(255),
  kilogram_min VARCHAR(255), kilogram_max VARCHAR(255), milk_density VARCHAR(255), deleted VARCHAR(255),
  message_key LONGBLOB, payload LONGBLOB, headers LONGBLOB,
  PRIMARY KEY (stream_id, topic_partition, topic_offset))
  ENGINE=InnoDB ROW_FORMAT=DYNAMIC;
-- The farm as it was sent; of a measurement where neither of its ids has an integer, which knows its own.
ALTER TABLE {bronze}cows_rows ADD COLUMN farm VARCHAR(255);
ALTER TABLE {bronze}sensors_rows ADD COLUMN farm VARCHAR(255);
ALTER TABLE {bronze}measurements_rows ADD COLUMN odd_farm VARCHAR(255);

-- NULL: the message names none that could be read.
ALTER TABLE {silver}quarantine_rows ADD COLUMN farm INT, ADD INDEX by_code (code, farm), ADD INDEX by_farm (farm);
UPDATE {silver}quarantine_rows SET farm = 1
WHERE code NOT IN ('bad_json', 'bad_utf8') AND NOT (code = 'missing' AND field = '');

-- state_…: the event that tells what the farm is; NULL while one told that it is closed, and none what it is. What
-- closes a farm is newer than that.
CREATE TABLE IF NOT EXISTS {gold}farms_rows (
  farm INT PRIMARY KEY, name VARCHAR(255) NOT NULL, time_zone VARCHAR(64) NOT NULL,
  litre_min BIGINT NOT NULL, litre_max BIGINT NOT NULL,
  kilogram_min BIGINT NOT NULL, kilogram_max BIGINT NOT NULL, milk_density BIGINT NOT NULL,
  closed_at BIGINT, rules_version VARCHAR(64) NOT NULL,
  version BIGINT NOT NULL, stream_id INT NOT NULL, topic_partition INT NOT NULL,
  topic_offset BIGINT NOT NULL, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL,
  state_version BIGINT, state_stream INT, state_partition INT, state_offset BIGINT)
  ENGINE=InnoDB ROW_FORMAT=DYNAMIC;
-- For who only reads until somebody opens the store who knows the configuration (version -1).
INSERT IGNORE INTO {gold}farms_rows VALUES
  (1, 'default', COALESCE((SELECT value FROM {ops}settings WHERE name = 'time_zone'), 'UTC'), 0, 60000000, 20000000,
   1500000000, 1031000, NULL, COALESCE((SELECT value FROM {ops}settings WHERE name = 'rules_version'), ''), -1, 0, 0, 0, 0, 0,
   -1, 0, 0, 0);

CREATE OR REPLACE SQL SECURITY INVOKER VIEW {bronze}farms AS
SELECT r.id, r.name, r.time_zone, r.litre_min, r.litre_max, r.kilogram_min, r.kilogram_max, r.milk_density, r.deleted,
       st.stream_id, r.topic_partition, r.topic_offset, r.version,
       TIMESTAMPADD(MICROSECOND, r.received_at, TIMESTAMP'1970-01-01 00:00:00') AS received_at,
       TIMESTAMPADD(MICROSECOND, r.received_at, TIMESTAMP'1970-01-01 00:00:00') AS created_at
FROM {bronze}farms_rows r
JOIN {ops}streams st ON st.id = r.stream_id;

CREATE OR REPLACE SQL SECURITY INVOKER VIEW {bronze}cows AS
SELECT r.id, r.name, r.birthdate, r.deleted,
       st.stream_id, r.topic_partition, r.topic_offset, r.version,
       TIMESTAMPADD(MICROSECOND, r.received_at, TIMESTAMP'1970-01-01 00:00:00') AS received_at,
       TIMESTAMPADD(MICROSECOND, r.received_at, TIMESTAMP'1970-01-01 00:00:00') AS created_at,
       r.farm
FROM {bronze}cows_rows r
JOIN {ops}streams st ON st.id = r.stream_id;

CREATE OR REPLACE SQL SECURITY INVOKER VIEW {bronze}sensors AS
SELECT r.id, r.unit, r.deleted, r.kind,
       st.stream_id, r.topic_partition, r.topic_offset, r.version,
       TIMESTAMPADD(MICROSECOND, r.received_at, TIMESTAMP'1970-01-01 00:00:00') AS received_at,
       TIMESTAMPADD(MICROSECOND, r.received_at, TIMESTAMP'1970-01-01 00:00:00') AS created_at,
       r.farm
FROM {bronze}sensors_rows r
JOIN {ops}streams st ON st.id = r.stream_id;

CREATE OR REPLACE SQL SECURITY INVOKER VIEW {bronze}measurements AS
SELECT COALESCE(s.text_id, r.odd_sensor_id) AS sensor_id,
       COALESCE(c.text_id, r.odd_cow_id) AS cow_id, r.timestamp, r.value, r.deleted,
       st.stream_id, r.topic_partition, r.topic_offset, r.version,
       TIMESTAMPADD(MICROSECOND, r.received_at, TIMESTAMP'1970-01-01 00:00:00') AS received_at,
       TIMESTAMPADD(MICROSECOND, r.received_at, TIMESTAMP'1970-01-01 00:00:00') AS created_at,
       COALESCE(f.farm_id, r.odd_farm) AS farm
FROM {bronze}measurements_rows r
JOIN {ops}streams st ON st.id = r.stream_id
LEFT JOIN {ops}sensor_ids s ON s.id = r.sensor_id
LEFT JOIN {ops}cow_ids c ON c.id = r.cow_id
LEFT JOIN {ops}farm_ids f ON f.id = COALESCE(c.farm, s.farm);

CREATE OR REPLACE SQL SECURITY INVOKER VIEW {silver}measurements AS
SELECT s.text_id AS sensor_id, c.text_id AS cow_id,
       TIMESTAMPADD(MICROSECOND, r.timestamp, TIMESTAMP'1970-01-01 00:00:00') AS timestamp,
       CASE WHEN r.state = 2 THEN NULL ELSE CAST(r.value AS DOUBLE) / 1000000e0 END AS value,
       CASE r.state WHEN 0 THEN 'accepted' WHEN 1 THEN 'pending' ELSE 'deleted' END AS state,
       r.version, DATE_ADD(DATE'1970-01-01', INTERVAL r.farm_day DAY) AS farm_day,
       g.rules_version,
       st.stream_id, r.topic_partition, r.topic_offset,
       TIMESTAMPADD(MICROSECOND, r.created_at, TIMESTAMP'1970-01-01 00:00:00') AS created_at,
       TIMESTAMPADD(MICROSECOND, r.updated_at, TIMESTAMP'1970-01-01 00:00:00') AS updated_at,
       f.farm_id AS farm
FROM {silver}measurements_rows r
JOIN {ops}sensor_ids s ON s.id = r.sensor_id
JOIN {ops}cow_ids c ON c.id = r.cow_id
JOIN {ops}streams st ON st.id = r.stream_id
JOIN {ops}farm_ids f ON f.id = c.farm
LEFT JOIN {gold}farms_rows g ON g.farm = c.farm AND g.state_version IS NOT NULL;

CREATE OR REPLACE SQL SECURITY INVOKER VIEW {silver}quarantine AS
SELECT st.topic, st.stream_id, r.topic_partition, r.topic_offset, s.text_id AS sensor_id, c.text_id AS cow_id,
       TIMESTAMPADD(MICROSECOND, r.timestamp, TIMESTAMP'1970-01-01 00:00:00') AS timestamp,
       r.code, r.field, r.reason, r.original,
       CASE r.status WHEN 0 THEN 'open' WHEN 1 THEN 'superseded' ELSE 'dismissed' END AS status,
       r.version, g.rules_version,
       TIMESTAMPADD(MICROSECOND, r.received_at, TIMESTAMP'1970-01-01 00:00:00') AS received_at,
       f.farm_id AS farm
FROM {silver}quarantine_rows r
JOIN {ops}streams st ON st.id = r.stream_id
LEFT JOIN {ops}sensor_ids s ON s.id = r.sensor_id
LEFT JOIN {ops}cow_ids c ON c.id = r.cow_id
LEFT JOIN {ops}farm_ids f ON f.id = r.farm
LEFT JOIN {gold}farms_rows g ON g.farm = r.farm AND g.state_version IS NOT NULL;

-- A farm that the configuration made was told of by no message.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW {gold}farms AS
SELECT i.farm_id AS id, r.name, r.time_zone,
       CAST(r.litre_min AS DOUBLE) / 1000000e0 AS litre_min, CAST(r.litre_max AS DOUBLE) / 1000000e0 AS litre_max,
       CAST(r.kilogram_min AS DOUBLE) / 1000000e0 AS kilogram_min,
       CAST(r.kilogram_max AS DOUBLE) / 1000000e0 AS kilogram_max,
       CAST(r.milk_density AS DOUBLE) / 1000000e0 AS milk_density,
       TIMESTAMPADD(MICROSECOND, r.closed_at, TIMESTAMP'1970-01-01 00:00:00') AS closed_at,
       TIMESTAMPADD(MICROSECOND, NULLIF(r.created_at, 0), TIMESTAMP'1970-01-01 00:00:00') AS created_at,
       TIMESTAMPADD(MICROSECOND, NULLIF(r.updated_at, 0), TIMESTAMP'1970-01-01 00:00:00') AS updated_at,
       r.rules_version, r.version, st.stream_id, r.topic_partition, r.topic_offset
FROM {gold}farms_rows r
JOIN {ops}farm_ids i ON i.id = r.farm
LEFT JOIN {ops}streams st ON st.id = r.stream_id
WHERE r.state_version IS NOT NULL;

CREATE OR REPLACE SQL SECURITY INVOKER VIEW {gold}cows AS
SELECT i.text_id AS id, r.name, DATE_ADD(DATE'1970-01-01', INTERVAL r.birthdate DAY) AS birthdate,
       TIMESTAMPADD(MICROSECOND, r.retired_at, TIMESTAMP'1970-01-01 00:00:00') AS retired_at,
       TIMESTAMPADD(MICROSECOND, r.created_at, TIMESTAMP'1970-01-01 00:00:00') AS created_at,
       TIMESTAMPADD(MICROSECOND, r.updated_at, TIMESTAMP'1970-01-01 00:00:00') AS updated_at,
       r.version, st.stream_id, r.topic_partition, r.topic_offset,
       f.farm_id AS farm
FROM {gold}cows_rows r
JOIN {ops}cow_ids i ON i.id = r.cow_id
JOIN {ops}farm_ids f ON f.id = i.farm
LEFT JOIN {ops}streams st ON st.id = r.stream_id;

CREATE OR REPLACE SQL SECURITY INVOKER VIEW {gold}sensors AS
SELECT i.text_id AS id, r.unit,
       TIMESTAMPADD(MICROSECOND, r.retired_at, TIMESTAMP'1970-01-01 00:00:00') AS retired_at,
       TIMESTAMPADD(MICROSECOND, r.created_at, TIMESTAMP'1970-01-01 00:00:00') AS created_at,
       TIMESTAMPADD(MICROSECOND, r.updated_at, TIMESTAMP'1970-01-01 00:00:00') AS updated_at,
       r.kind, r.version, st.stream_id, r.topic_partition, r.topic_offset,
       f.farm_id AS farm
FROM {gold}sensors_rows r
JOIN {ops}sensor_ids i ON i.id = r.sensor_id
JOIN {ops}farm_ids f ON f.id = i.farm
LEFT JOIN {ops}streams st ON st.id = r.stream_id;

CREATE OR REPLACE SQL SECURITY INVOKER VIEW {gold}measurements_daily_aggregations AS
SELECT s.text_id AS sensor_id, c.text_id AS cow_id,
       DATE_ADD(DATE'1970-01-01', INTERVAL r.first_day DAY) AS date,
       CAST(r.value_sum AS DOUBLE) / CAST(r.records_count * 1000000 AS DOUBLE) AS average_value,
       CAST(r.value_min AS DOUBLE) / 1000000e0 AS min_value,
       CAST(r.value_max AS DOUBLE) / 1000000e0 AS max_value,
       r.records_count,
       f.farm_id AS farm
FROM {gold}measurements_daily_aggregations_rows r
JOIN {ops}sensor_ids s ON s.id = r.sensor_id
JOIN {ops}cow_ids c ON c.id = r.cow_id
JOIN {ops}farm_ids f ON f.id = c.farm;

-- ISO 8601: a week belongs to the year and the month of its Thursday.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW {gold}measurements_weekly_aggregations AS
SELECT s.text_id AS sensor_id, c.text_id AS cow_id,
       (DAYOFYEAR(DATE_ADD(DATE'1970-01-01', INTERVAL r.first_day + 3 DAY)) - 1) DIV 7 + 1 AS week,
       MONTH(DATE_ADD(DATE'1970-01-01', INTERVAL r.first_day + 3 DAY)) AS month,
       YEAR(DATE_ADD(DATE'1970-01-01', INTERVAL r.first_day + 3 DAY)) AS year,
       CAST(r.value_sum AS DOUBLE) / CAST(r.records_count * 1000000 AS DOUBLE) AS average_value,
       CAST(r.value_min AS DOUBLE) / 1000000e0 AS min_value,
       CAST(r.value_max AS DOUBLE) / 1000000e0 AS max_value,
       r.records_count,
       f.farm_id AS farm
FROM {gold}measurements_weekly_aggregations_rows r
JOIN {ops}sensor_ids s ON s.id = r.sensor_id
JOIN {ops}cow_ids c ON c.id = r.cow_id
JOIN {ops}farm_ids f ON f.id = c.farm;

CREATE OR REPLACE SQL SECURITY INVOKER VIEW {gold}measurements_monthly_aggregations AS
SELECT s.text_id AS sensor_id, c.text_id AS cow_id,
       MONTH(DATE_ADD(DATE'1970-01-01', INTERVAL r.first_day DAY)) AS month,
       YEAR(DATE_ADD(DATE'1970-01-01', INTERVAL r.first_day DAY)) AS year,
       CAST(r.value_sum AS DOUBLE) / CAST(r.records_count * 1000000 AS DOUBLE) AS average_value,
       CAST(r.value_min AS DOUBLE) / 1000000e0 AS min_value,
       CAST(r.value_max AS DOUBLE) / 1000000e0 AS max_value,
       r.records_count,
       f.farm_id AS farm
FROM {gold}measurements_monthly_aggregations_rows r
JOIN {ops}sensor_ids s ON s.id = r.sensor_id
JOIN {ops}cow_ids c ON c.id = r.cow_id
JOIN {ops}farm_ids f ON f.id = c.farm;

CREATE OR REPLACE SQL SECURITY INVOKER VIEW {gold}measurements_yearly_aggregations AS
SELECT s.text_id AS sensor_id, c.text_id AS cow_id,
       YEAR(DATE_ADD(DATE'1970-01-01', INTERVAL r.first_day DAY)) AS year,
       CAST(r.value_sum AS DOUBLE) / CAST(r.records_count * 1000000 AS DOUBLE) AS average_value,
       CAST(r.value_min AS DOUBLE) / 1000000e0 AS min_value,
       CAST(r.value_max AS DOUBLE) / 1000000e0 AS max_value,
       r.records_count,
       f.farm_id AS farm
FROM {gold}measurements_yearly_aggregations_rows r
JOIN {ops}sensor_ids s ON s.id = r.sensor_id
JOIN {ops}cow_ids c ON c.id = r.cow_id
JOIN {ops}farm_ids f ON f.id = c.farm;

CREATE OR REPLACE SQL SECURITY INVOKER VIEW {gold}cow_daily_metrics AS
SELECT c.text_id AS cow_id, DATE_ADD(DATE'1970-01-01', INTERVAL r.farm_day DAY) AS date,
       CAST(r.milk_sum AS DOUBLE) / 1000000e0 AS milk_sum, r.milk_count,
       CAST(r.weight_sum AS DOUBLE) / 1000000e0 AS weight_sum, r.weight_count,
       CAST(r.last_weight AS DOUBLE) / 1000000e0 AS last_weight,
       TIMESTAMPADD(MICROSECOND, r.last_weight_at, TIMESTAMP'1970-01-01 00:00:00') AS last_weight_at,
       f.farm_id AS farm
FROM {gold}cow_daily_metrics_rows r
JOIN {ops}cow_ids c ON c.id = r.cow_id
JOIN {ops}farm_ids f ON f.id = c.farm;
