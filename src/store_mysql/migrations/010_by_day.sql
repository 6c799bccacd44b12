-- Layers by farm and day. Readings come by time, so that what is new lies together, and a report and a month are read
-- where they lie. The farm is that of the cow; 0 until the row is told. A process of before this, which still runs,
-- knows no farm and writes no further row.
ALTER TABLE {silver}measurements_rows ADD COLUMN farm INT NOT NULL FIRST;
UPDATE {silver}measurements_rows r JOIN {ops}cow_ids c ON c.id = r.cow_id SET r.farm = c.farm WHERE r.farm = 0;
ALTER TABLE {silver}measurements_rows DROP PRIMARY KEY, ADD PRIMARY KEY (farm, farm_day, cow_id, sensor_id, timestamp);
ALTER TABLE {gold}measurements_daily_aggregations_rows ADD COLUMN farm INT NOT NULL FIRST;
UPDATE {gold}measurements_daily_aggregations_rows r JOIN {ops}cow_ids c ON c.id = r.cow_id SET r.farm = c.farm WHERE r.farm = 0;
ALTER TABLE {gold}measurements_daily_aggregations_rows DROP PRIMARY KEY, ADD PRIMARY KEY (farm, first_day, cow_id, sensor_id);
ALTER TABLE {gold}measurements_weekly_aggregations_rows ADD COLUMN farm INT NOT NULL FIRST;
UPDATE {gold}measurements_weekly_aggregations_rows r JOIN {ops}cow_ids c ON c.id = r.cow_id SET r.farm = c.farm WHERE r.farm = 0;
ALTER TABLE {gold}measurements_weekly_aggregations_rows DROP PRIMARY KEY, ADD PRIMARY KEY (farm, first_day, cow_id, sensor_id);
ALTER TABLE {gold}measurements_monthly_aggregations_rows ADD COLUMN farm INT NOT NULL FIRST;
UPDATE {gold}measurements_monthly_aggregations_rows r JOIN {ops}cow_ids c ON c.id = r.cow_id SET r.farm = c.farm WHERE r.farm = 0;
ALTER TABLE {gold}measurements_monthly_aggregations_rows DROP PRIMARY KEY, ADD PRIMARY KEY (farm, first_day, cow_id, sensor_id);
ALTER TABLE {gold}measurements_yearly_aggregations_rows ADD COLUMN farm INT NOT NULL FIRST;
UPDATE {gold}measurements_yearly_aggregations_rows r JOIN {ops}cow_ids c ON c.id = r.cow_id SET r.farm = c.farm WHERE r.farm = 0;
ALTER TABLE {gold}measurements_yearly_aggregations_rows DROP PRIMARY KEY, ADD PRIMARY KEY (farm, first_day, cow_id, sensor_id);
ALTER TABLE {gold}cow_daily_metrics_rows ADD COLUMN farm INT NOT NULL FIRST;
UPDATE {gold}cow_daily_metrics_rows r JOIN {ops}cow_ids c ON c.id = r.cow_id SET r.farm = c.farm WHERE r.farm = 0;
ALTER TABLE {gold}cow_daily_metrics_rows DROP PRIMARY KEY, ADD PRIMARY KEY (farm, farm_day, cow_id);
ALTER TABLE {ops}dirty_days ADD COLUMN farm INT NOT NULL FIRST;
UPDATE {ops}dirty_days r JOIN {ops}cow_ids c ON c.id = r.cow_id SET r.farm = c.farm WHERE r.farm = 0;
ALTER TABLE {ops}dirty_days DROP PRIMARY KEY, ADD PRIMARY KEY (farm, farm_day, cow_id, sensor_id);

-- A derived table has seen the notes up to `position`. In state 1 it goes through those up to `target`, in state 2
-- through all that there is, of the days from first_day to final_day where they are named: up to last_…. A table that
-- is not here has not begun, and begins with all.
CREATE TABLE IF NOT EXISTS {ops}feed_places (
  table_name VARCHAR(64) PRIMARY KEY, position BIGINT NOT NULL, target BIGINT NOT NULL, state TINYINT NOT NULL,
  last_farm INT NOT NULL, last_day INT NOT NULL, last_cow INT NOT NULL,
  first_day INT, final_day INT)
  ENGINE=InnoDB ROW_FORMAT=DYNAMIC;
-- It is there again where this was interrupted after it had gone.
CREATE TABLE IF NOT EXISTS {ops}aggregate_positions (task VARCHAR(64) PRIMARY KEY, position BIGINT NOT NULL)
  ENGINE=InnoDB ROW_FORMAT=DYNAMIC;
INSERT IGNORE INTO {ops}feed_places (table_name, position, target, state, last_farm, last_day, last_cow)
SELECT p.task, p.position, p.position, 0, 0, -1073741824, 2147483647
FROM {ops}aggregate_positions p
WHERE EXISTS (SELECT 1 FROM {silver}measurements_rows);
DROP TABLE IF EXISTS {ops}aggregate_positions;
INSERT IGNORE INTO {ops}step_leases (step, epoch) VALUES ('herd_daily_metrics', 0), ('cow_milk_means', 0);

-- How far a pass has come begins anew: it goes over silver in another order.
DELETE FROM {ops}rejudge_place;
ALTER TABLE {ops}rejudge_place ADD COLUMN place_5 BIGINT NOT NULL;
ALTER TABLE {silver}quarantine_rows ADD INDEX by_day (farm, farm_day);

-- New tables: what a farm's day was, and the milk of a cow over the days with milk in a row.
CREATE TABLE IF NOT EXISTS {gold}herd_days_rows (
  farm INT NOT NULL, farm_day INT NOT NULL, milk_sum BIGINT NOT NULL, cows_milked BIGINT NOT NULL,
  weight_sum BIGINT NOT NULL, cows_weighed BIGINT NOT NULL, readings BIGINT NOT NULL, refused BIGINT NOT NULL,
  PRIMARY KEY (farm, farm_day))
  ENGINE=InnoDB ROW_FORMAT=DYNAMIC;
CREATE TABLE IF NOT EXISTS {gold}cow_milk_means_rows (
  farm INT NOT NULL, farm_day INT NOT NULL, cow_id INT NOT NULL,
  milk_days BIGINT NOT NULL, milk_sum BIGINT NOT NULL,
  PRIMARY KEY (farm, farm_day, cow_id))
  ENGINE=InnoDB ROW_FORMAT=DYNAMIC;

-- average_weight: of the last weights of the cows that were weighed. refused: readings, however often
-- they were sent, but for messages that a newer version overtook.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW {gold}herd_days AS
SELECT f.farm_id AS farm, DATE_ADD(DATE'1970-01-01', INTERVAL r.farm_day DAY) AS date,
       CAST(r.milk_sum AS DOUBLE) / 1000000e0 AS milk_sum, r.cows_milked,
       CASE WHEN r.cows_weighed = 0 THEN NULL
            ELSE CAST(r.weight_sum AS DOUBLE) / CAST(r.cows_weighed * 1000000 AS DOUBLE) END AS average_weight,
       r.cows_weighed, r.readings, r.refused
FROM {gold}herd_days_rows r
JOIN {ops}farm_ids f ON f.id = r.farm;

-- Of the days with milk in a row that end with this one.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW {gold}cow_milk_means AS
SELECT c.text_id AS cow_id, DATE_ADD(DATE'1970-01-01', INTERVAL r.farm_day DAY) AS date,
       CAST(r.milk_sum AS DOUBLE) / CAST(r.milk_days * 1000000 AS DOUBLE) AS average_milk, r.milk_days,
       f.farm_id AS farm
FROM {gold}cow_milk_means_rows r
JOIN {ops}cow_ids c ON c.id = r.cow_id
JOIN {ops}farm_ids f ON f.id = r.farm;

-- The counts of rows that derived tables keep.
REPLACE INTO {ops}row_counts (step, counted, farm, kind, row_count)
SELECT 'daily_aggregation', 'gold_measurements_daily_aggregations', farm, '', COUNT(*) FROM {gold}measurements_daily_aggregations_rows GROUP BY farm;
REPLACE INTO {ops}row_counts (step, counted, farm, kind, row_count)
SELECT 'weekly_aggregation', 'gold_measurements_weekly_aggregations', farm, '', COUNT(*) FROM {gold}measurements_weekly_aggregations_rows GROUP BY farm;
REPLACE INTO {ops}row_counts (step, counted, farm, kind, row_count)
SELECT 'monthly_aggregation', 'gold_measurements_monthly_aggregations', farm, '', COUNT(*) FROM {gold}measurements_monthly_aggregations_rows GROUP BY farm;
REPLACE INTO {ops}row_counts (step, counted, farm, kind, row_count)
SELECT 'yearly_aggregation', 'gold_measurements_yearly_aggregations', farm, '', COUNT(*) FROM {gold}measurements_yearly_aggregations_rows GROUP BY farm;
REPLACE INTO {ops}row_counts (step, counted, farm, kind, row_count)
SELECT 'cow_daily_metrics', 'gold_cow_daily_metrics', farm, '', COUNT(*) FROM {gold}cow_daily_metrics_rows GROUP BY farm;
