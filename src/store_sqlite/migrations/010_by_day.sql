-- Layers by farm and day. Readings come by time, so that what is new lies together, and a report and a month are read
-- where they lie. The farm is that of the cow.
DROP VIEW silver_measurements;
DROP VIEW gold_measurements_daily_aggregations;
DROP VIEW gold_measurements_weekly_aggregations;
DROP VIEW gold_measurements_monthly_aggregations;
DROP VIEW gold_measurements_yearly_aggregations;
DROP VIEW gold_cow_daily_metrics;

CREATE TABLE silver_measurements_by_day (
  farm INTEGER NOT NULL, farm_day INTEGER NOT NULL, cow_id INTEGER NOT NULL, sensor_id INTEGER NOT NULL,
  timestamp INTEGER NOT NULL, value INTEGER NOT NULL, state INTEGER NOT NULL,
  version INTEGER NOT NULL, stream_id INTEGER NOT NULL, topic_partition INTEGER NOT NULL,
  topic_offset INTEGER NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
  PRIMARY KEY (farm, farm_day, cow_id, sensor_id, timestamp)) WITHOUT ROWID;
INSERT INTO silver_measurements_by_day
SELECT c.farm, r.farm_day, r.cow_id, r.sensor_id, r.timestamp, r.value, r.state, r.version, r.stream_id,
       r.topic_partition, r.topic_offset, r.created_at, r.updated_at
FROM silver_measurements_rows r JOIN ops_cow_ids c ON c.id = r.cow_id
ORDER BY 1, 2, 3, 4, 5;
DROP TABLE silver_measurements_rows;
ALTER TABLE silver_measurements_by_day RENAME TO silver_measurements_rows;

CREATE TABLE gold_measurements_daily_aggregations_by_day (
  farm INTEGER NOT NULL, first_day INTEGER NOT NULL, cow_id INTEGER NOT NULL, sensor_id INTEGER NOT NULL,
  value_sum INTEGER NOT NULL, value_min INTEGER NOT NULL, value_max INTEGER NOT NULL,
  records_count INTEGER NOT NULL,
  PRIMARY KEY (farm, first_day, cow_id, sensor_id)) WITHOUT ROWID;
INSERT INTO gold_measurements_daily_aggregations_by_day
SELECT c.farm, r.first_day, r.cow_id, r.sensor_id, r.value_sum, r.value_min, r.value_max, r.records_count
FROM gold_measurements_daily_aggregations_rows r JOIN ops_cow_ids c ON c.id = r.cow_id
ORDER BY 1, 2, 3, 4;
DROP TABLE gold_measurements_daily_aggregations_rows;
ALTER TABLE gold_measurements_daily_aggregations_by_day RENAME TO gold_measurements_daily_aggregations_rows;

CREATE TABLE gold_measurements_weekly_aggregations_by_day (
  farm INTEGER NOT NULL, first_day INTEGER NOT NULL, cow_id INTEGER NOT NULL, sensor_id INTEGER NOT NULL,
  value_sum INTEGER NOT NULL, value_min INTEGER NOT NULL, value_max INTEGER NOT NULL,
  records_count INTEGER NOT NULL,
  PRIMARY KEY (farm, first_day, cow_id, sensor_id)) WITHOUT ROWID;
INSERT INTO gold_measurements_weekly_aggregations_by_day
SELECT c.farm, r.first_day, r.cow_id, r.sensor_id, r.value_sum, r.value_min, r.value_max, r.records_count
FROM gold_measurements_weekly_aggregations_rows r JOIN ops_cow_ids c ON c.id = r.cow_id
ORDER BY 1, 2, 3, 4;
DROP TABLE gold_measurements_weekly_aggregations_rows;
ALTER TABLE gold_measurements_weekly_aggregations_by_day RENAME TO gold_measurements_weekly_aggregations_rows;

CREATE TABLE gold_measurements_monthly_aggregations_by_day (
  farm INTEGER NOT NULL, first_day INTEGER NOT NULL, cow_id INTEGER NOT NULL, sensor_id INTEGER NOT NULL,
  value_sum INTEGER NOT NULL, value_min INTEGER NOT NULL, value_max INTEGER NOT NULL,
  records_count INTEGER NOT NULL,
  PRIMARY KEY (farm, first_day, cow_id, sensor_id)) WITHOUT ROWID;
INSERT INTO gold_measurements_monthly_aggregations_by_day
SELECT c.farm, r.first_day, r.cow_id, r.sensor_id, r.value_sum, r.value_min, r.value_max, r.records_count
FROM gold_measurements_monthly_aggregations_rows r JOIN ops_cow_ids c ON c.id = r.cow_id
ORDER BY 1, 2, 3, 4;
DROP TABLE gold_measurements_monthly_aggregations_rows;
ALTER TABLE gold_measurements_monthly_aggregations_by_day RENAME TO gold_measurements_monthly_aggregations_rows;

CREATE TABLE gold_measurements_yearly_aggregations_by_day (
  farm INTEGER NOT NULL, first_day INTEGER NOT NULL, cow_id INTEGER NOT NULL, sensor_id INTEGER NOT NULL,
  value_sum INTEGER NOT NULL, value_min INTEGER NOT NULL, value_max INTEGER NOT NULL,
  records_count INTEGER NOT NULL,
  PRIMARY KEY (farm, first_day, cow_id, sensor_id)) WITHOUT ROWID;
INSERT INTO gold_measurements_yearly_aggregations_by_day
SELECT c.farm, r.first_day, r.cow_id, r.sensor_id, r.value_sum, r.value_min, r.value_max, r.records_count
FROM gold_measurements_yearly_aggregations_rows r JOIN ops_cow_ids c ON c.id = r.cow_id
ORDER BY 1, 2, 3, 4;
DROP TABLE gold_measurements_yearly_aggregations_rows;
ALTER TABLE gold_measurements_yearly_aggregations_by_day RENAME TO gold_measurements_yearly_aggregations_rows;

CREATE TABLE gold_cow_daily_metrics_by_day (
  farm INTEGER NOT NULL, farm_day INTEGER NOT NULL, cow_id INTEGER NOT NULL,
  milk_count INTEGER NOT NULL, milk_sum INTEGER NOT NULL,
  weight_count INTEGER NOT NULL, weight_sum INTEGER NOT NULL,
  last_weight INTEGER, last_weight_at INTEGER,
  PRIMARY KEY (farm, farm_day, cow_id)) WITHOUT ROWID;
INSERT INTO gold_cow_daily_metrics_by_day
SELECT c.farm, r.farm_day, r.cow_id, r.milk_count, r.milk_sum, r.weight_count, r.weight_sum, r.last_weight,
       r.last_weight_at
FROM gold_cow_daily_metrics_rows r JOIN ops_cow_ids c ON c.id = r.cow_id
ORDER BY 1, 2, 3;
DROP TABLE gold_cow_daily_metrics_rows;
ALTER TABLE gold_cow_daily_metrics_by_day RENAME TO gold_cow_daily_metrics_rows;

-- What cleanse changed, with the number of its newest chunk that did; cow and sensor are 0 where entries of the
-- quarantine did. A derived table whose position is behind that number computes what depends on it anew.
CREATE TABLE ops_dirty_days_by_day (
  farm INTEGER NOT NULL, farm_day INTEGER NOT NULL, cow_id INTEGER NOT NULL, sensor_id INTEGER NOT NULL,
  chunk INTEGER NOT NULL,
  PRIMARY KEY (farm, farm_day, cow_id, sensor_id)) WITHOUT ROWID;
INSERT INTO ops_dirty_days_by_day
SELECT c.farm, r.farm_day, r.cow_id, r.sensor_id, r.chunk
FROM ops_dirty_days r JOIN ops_cow_ids c ON c.id = r.cow_id;
DROP TABLE ops_dirty_days;
ALTER TABLE ops_dirty_days_by_day RENAME TO ops_dirty_days;

-- A derived table has seen the notes up to `position`. In state 1 it goes through those up to `target`, in state 2
-- through all that there is, of the days from first_day to final_day where they are named: up to last_…. A table that
-- is not here has not begun, and begins with all.
CREATE TABLE ops_feed_places (
  table_name TEXT PRIMARY KEY, position INTEGER NOT NULL, target INTEGER NOT NULL, state INTEGER NOT NULL,
  last_farm INTEGER NOT NULL, last_day INTEGER NOT NULL, last_cow INTEGER NOT NULL,
  first_day INTEGER, final_day INTEGER) WITHOUT ROWID;
INSERT INTO ops_feed_places (table_name, position, target, state, last_farm, last_day, last_cow)
SELECT task, position, position, 0, 0, -1073741824, 2147483647 FROM ops_aggregate_positions
WHERE EXISTS (SELECT 1 FROM silver_measurements_rows);
DROP TABLE ops_aggregate_positions;

-- How far a pass has come begins anew: it goes over silver in another order.
DROP TABLE ops_rejudge_place;
CREATE TABLE ops_rejudge_place (
  id INTEGER PRIMARY KEY CHECK (id = 1), phase INTEGER NOT NULL, place_1 INTEGER NOT NULL,
  place_2 INTEGER NOT NULL, place_3 INTEGER NOT NULL, place_4 INTEGER NOT NULL, place_5 INTEGER NOT NULL);
CREATE INDEX silver_quarantine_by_day ON silver_quarantine_rows (farm, farm_day);

-- New tables: what a farm's day was, and the milk of a cow over the days with milk in a row.
CREATE TABLE gold_herd_days_rows (
  farm INTEGER NOT NULL, farm_day INTEGER NOT NULL, milk_sum INTEGER NOT NULL, cows_milked INTEGER NOT NULL,
  weight_sum INTEGER NOT NULL, cows_weighed INTEGER NOT NULL, readings INTEGER NOT NULL, refused INTEGER NOT NULL,
  PRIMARY KEY (farm, farm_day)) WITHOUT ROWID;
CREATE TABLE gold_cow_milk_means_rows (
  farm INTEGER NOT NULL, farm_day INTEGER NOT NULL, cow_id INTEGER NOT NULL,
  milk_days INTEGER NOT NULL, milk_sum INTEGER NOT NULL,
  PRIMARY KEY (farm, farm_day, cow_id)) WITHOUT ROWID;

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

-- average_weight: of the last weights of the cows that were weighed. refused: readings, however often
-- they were sent, but for messages that a newer version overtook.
CREATE VIEW gold_herd_days AS
SELECT f.farm_id AS farm, date(r.farm_day * 86400, 'unixepoch') AS date,
       CAST(r.milk_sum AS REAL) / 1000000.0 AS milk_sum, r.cows_milked,
       CASE WHEN r.cows_weighed = 0 THEN NULL
            ELSE CAST(r.weight_sum AS REAL) / CAST(r.cows_weighed * 1000000 AS REAL) END AS average_weight,
       r.cows_weighed, r.readings, r.refused
FROM gold_herd_days_rows r
JOIN ops_farm_ids f ON f.id = r.farm;

-- Of the days with milk in a row that end with this one.
CREATE VIEW gold_cow_milk_means AS
SELECT c.text_id AS cow_id, date(r.farm_day * 86400, 'unixepoch') AS date,
       CAST(r.milk_sum AS REAL) / CAST(r.milk_days * 1000000 AS REAL) AS average_milk, r.milk_days,
       f.farm_id AS farm
FROM gold_cow_milk_means_rows r
JOIN ops_cow_ids c ON c.id = r.cow_id
JOIN ops_farm_ids f ON f.id = r.farm;

-- The counts of rows that derived tables keep.
INSERT INTO ops_row_counts SELECT 'daily_aggregation', 'gold_measurements_daily_aggregations', farm, '', COUNT(*) FROM gold_measurements_daily_aggregations_rows GROUP BY farm;
INSERT INTO ops_row_counts SELECT 'weekly_aggregation', 'gold_measurements_weekly_aggregations', farm, '', COUNT(*) FROM gold_measurements_weekly_aggregations_rows GROUP BY farm;
INSERT INTO ops_row_counts SELECT 'monthly_aggregation', 'gold_measurements_monthly_aggregations', farm, '', COUNT(*) FROM gold_measurements_monthly_aggregations_rows GROUP BY farm;
INSERT INTO ops_row_counts SELECT 'yearly_aggregation', 'gold_measurements_yearly_aggregations', farm, '', COUNT(*) FROM gold_measurements_yearly_aggregations_rows GROUP BY farm;
INSERT INTO ops_row_counts SELECT 'cow_daily_metrics', 'gold_cow_daily_metrics', farm, '', COUNT(*) FROM gold_cow_daily_metrics_rows GROUP BY farm;
