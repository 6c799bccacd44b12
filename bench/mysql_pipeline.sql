-- The pipeline in MariaDB's own SQL, as far as it goes: the rules of the data contract over bronze's texts, the newest
-- version of a reading, quarantine, and one GROUP BY for each table of gold. Not in it: revisions, dirty days, what waits
-- for its cow, rounding to millionths beyond DECIMAL's, time zones, texts that are no plain numbers.
DROP TABLE IF EXISTS {out}.sql_silver, {out}.sql_quarantine, {out}.sql_daily, {out}.sql_weekly,
  {out}.sql_monthly, {out}.sql_yearly, {out}.sql_cow_days, {out}.sql_herd_days, {out}.sql_milk_means;

CREATE TABLE {out}.sql_quarantine (
  stream_id INT NOT NULL, topic_partition INT NOT NULL, topic_offset BIGINT NOT NULL, version BIGINT NOT NULL,
  sensor_id INT, cow_id INT, timestamp BIGINT, code VARCHAR(64) NOT NULL, value VARCHAR(255),
  PRIMARY KEY (stream_id, topic_partition, topic_offset));
CREATE TABLE {out}.sql_silver LIKE {silver}.measurements_rows;
CREATE TABLE {out}.sql_daily LIKE {gold}.measurements_daily_aggregations_rows;
CREATE TABLE {out}.sql_weekly LIKE {gold}.measurements_weekly_aggregations_rows;
CREATE TABLE {out}.sql_monthly LIKE {gold}.measurements_monthly_aggregations_rows;
CREATE TABLE {out}.sql_yearly LIKE {gold}.measurements_yearly_aggregations_rows;
CREATE TABLE {out}.sql_cow_days LIKE {gold}.cow_daily_metrics_rows;
CREATE TABLE {out}.sql_herd_days LIKE {gold}.herd_days_rows;
CREATE TABLE {out}.sql_milk_means LIKE {gold}.cow_milk_means_rows;

INSERT INTO {out}.sql_quarantine
SELECT b.stream_id, b.topic_partition, b.topic_offset, b.version, sensor_id, cow_id,
       CAST(CAST(timestamp AS DECIMAL(20, 6)) * 1000000 AS INT),
       CASE WHEN value IS NULL OR value = 'nan' THEN 'missing'
            WHEN CAST(value AS DECIMAL(20, 6)) < 0 THEN 'negative' ELSE 'implausible' END,
       value
FROM {bronze}.measurements_rows b JOIN {gold}.sensors_rows s USING (sensor_id)
WHERE b.value IS NULL OR b.value = 'nan' OR CAST(b.value AS DECIMAL(20, 6)) < 0
   OR (s.unit = 'L' AND CAST(b.value AS DECIMAL(20, 6)) > 60)
   OR (s.unit = 'kg' AND CAST(b.value AS DECIMAL(20, 6)) NOT BETWEEN 20 AND 1500);

-- In the order of versions, so that the newest of a key is what stays. The farm is `default`.
REPLACE INTO {out}.sql_silver
  (farm, cow_id, farm_day, sensor_id, timestamp, value, state, version, stream_id, topic_partition, topic_offset,
   created_at, updated_at)
SELECT 1, cow_id, CAST(FLOOR(CAST(timestamp AS DECIMAL(20, 6)) / 86400) AS INT), sensor_id,
       CAST(CAST(timestamp AS DECIMAL(20, 6)) * 1000000 AS INT),
       CAST(CAST(value AS DECIMAL(20, 6)) * 1000000 AS INT), 0, b.version, b.stream_id, b.topic_partition,
       b.topic_offset, received_at, received_at
FROM {bronze}.measurements_rows b JOIN {gold}.sensors_rows s USING (sensor_id)
WHERE NOT (b.value IS NULL OR b.value = 'nan' OR CAST(b.value AS DECIMAL(20, 6)) < 0
   OR (s.unit = 'L' AND CAST(b.value AS DECIMAL(20, 6)) > 60)
   OR (s.unit = 'kg' AND CAST(b.value AS DECIMAL(20, 6)) NOT BETWEEN 20 AND 1500))
ORDER BY b.version, b.stream_id, b.topic_partition, b.topic_offset;

INSERT INTO {out}.sql_daily
  (farm, cow_id, first_day, sensor_id, value_sum, value_min, value_max, records_count)
SELECT farm, cow_id, farm_day, sensor_id, SUM(value), MIN(value), MAX(value), COUNT(*)
FROM {out}.sql_silver WHERE state = 0 GROUP BY farm, farm_day, cow_id, sensor_id;
-- 1970-01-01 was a Thursday.
INSERT INTO {out}.sql_weekly
  (farm, cow_id, first_day, sensor_id, value_sum, value_min, value_max, records_count)
SELECT farm, cow_id, farm_day - MOD(farm_day + 3, 7) AS first_day, sensor_id, SUM(value), MIN(value), MAX(value), COUNT(*)
FROM {out}.sql_silver WHERE state = 0 GROUP BY farm, first_day, cow_id, sensor_id;
INSERT INTO {out}.sql_monthly
  (farm, cow_id, first_day, sensor_id, value_sum, value_min, value_max, records_count)
SELECT farm, cow_id, farm_day - DAYOFMONTH(DATE_ADD(DATE'1970-01-01', INTERVAL farm_day DAY)) + 1 AS first_day, sensor_id,
       SUM(value), MIN(value), MAX(value), COUNT(*)
FROM {out}.sql_silver WHERE state = 0 GROUP BY farm, first_day, cow_id, sensor_id;
INSERT INTO {out}.sql_yearly
  (farm, cow_id, first_day, sensor_id, value_sum, value_min, value_max, records_count)
SELECT farm, cow_id, farm_day - DAYOFYEAR(DATE_ADD(DATE'1970-01-01', INTERVAL farm_day DAY)) + 1 AS first_day, sensor_id,
       SUM(value), MIN(value), MAX(value), COUNT(*)
FROM {out}.sql_silver WHERE state = 0 GROUP BY farm, first_day, cow_id, sensor_id;
INSERT INTO {out}.sql_cow_days
  (farm, cow_id, farm_day, milk_count, milk_sum, weight_count, weight_sum, last_weight, last_weight_at)
SELECT farm, cow_id, farm_day, SUM(unit = 'L'), SUM(IF(unit = 'L', value, 0)), SUM(unit = 'kg'), SUM(IF(unit = 'kg', value, 0)),
       MAX(IF(last_weight = 1 AND unit = 'kg', value, NULL)), MAX(IF(unit = 'kg', timestamp, NULL))
FROM (SELECT r.*, g.unit, ROW_NUMBER() OVER (PARTITION BY cow_id, farm_day, unit ORDER BY timestamp DESC) AS last_weight
      FROM {out}.sql_silver r JOIN {gold}.sensors_rows g USING (sensor_id) WHERE r.state = 0) AS day
GROUP BY farm, farm_day, cow_id;
INSERT INTO {out}.sql_herd_days (farm, farm_day, milk_sum, cows_milked, weight_sum, cows_weighed, readings, refused)
SELECT farm, farm_day, SUM(milk), SUM(milked), SUM(weight), SUM(weighed), SUM(readings), SUM(refused)
FROM (SELECT farm, farm_day, milk_sum AS milk, milk_count > 0 AS milked, COALESCE(last_weight, 0) AS weight,
             weight_count > 0 AS weighed, 0 AS readings, 0 AS refused FROM {out}.sql_cow_days
      UNION ALL SELECT farm, first_day, 0, 0, 0, 0, records_count, 0 FROM {out}.sql_daily
      UNION ALL SELECT 1, CAST(FLOOR(timestamp / 86400000000) AS INT), 0, 0, 0, 0, 0, 1 FROM {out}.sql_quarantine) AS parts
GROUP BY farm, farm_day;
-- Days in a row less their number in the cow's order are one and the same day.
INSERT INTO {out}.sql_milk_means (farm, farm_day, cow_id, milk_days, milk_sum)
SELECT farm, farm_day, cow_id, COUNT(*) OVER (PARTITION BY cow_id, run ORDER BY farm_day),
       SUM(milk_sum) OVER (PARTITION BY cow_id, run ORDER BY farm_day)
FROM (SELECT d.*, farm_day - ROW_NUMBER() OVER (PARTITION BY cow_id ORDER BY farm_day) AS run
      FROM {out}.sql_cow_days d WHERE milk_count > 0) AS days;
