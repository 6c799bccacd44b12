-- The pipeline in MariaDB's own SQL, as far as it goes: the rules of the data contract over bronze's texts, the newest
-- version of a reading, quarantine, and one GROUP BY for each table of gold. Not in it: revisions, dirty days, what waits
-- for its cow, rounding to millionths beyond DECIMAL's, time zones, texts that are no plain numbers.
DROP TABLE IF EXISTS {out}.sql_silver, {out}.sql_quarantine, {out}.sql_daily, {out}.sql_weekly,
  {out}.sql_monthly, {out}.sql_yearly, {out}.sql_cow_days;

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

-- In the order of versions, so that the newest of a key is what stays.
REPLACE INTO {out}.sql_silver
SELECT cow_id, CAST(FLOOR(CAST(timestamp AS DECIMAL(20, 6)) / 86400) AS INT), sensor_id,
       CAST(CAST(timestamp AS DECIMAL(20, 6)) * 1000000 AS INT),
       CAST(CAST(value AS DECIMAL(20, 6)) * 1000000 AS INT), 0, b.version, b.stream_id, b.topic_partition,
       b.topic_offset, received_at, received_at
FROM {bronze}.measurements_rows b JOIN {gold}.sensors_rows s USING (sensor_id)
WHERE NOT (b.value IS NULL OR b.value = 'nan' OR CAST(b.value AS DECIMAL(20, 6)) < 0
   OR (s.unit = 'L' AND CAST(b.value AS DECIMAL(20, 6)) > 60)
   OR (s.unit = 'kg' AND CAST(b.value AS DECIMAL(20, 6)) NOT BETWEEN 20 AND 1500))
ORDER BY b.version, b.stream_id, b.topic_partition, b.topic_offset;

INSERT INTO {out}.sql_daily
SELECT cow_id, farm_day, sensor_id, SUM(value), MIN(value), MAX(value), COUNT(*)
FROM {out}.sql_silver WHERE state = 0 GROUP BY cow_id, farm_day, sensor_id;
-- 1970-01-01 was a Thursday.
INSERT INTO {out}.sql_weekly
SELECT cow_id, farm_day - MOD(farm_day + 3, 7) AS first_day, sensor_id, SUM(value), MIN(value), MAX(value), COUNT(*)
FROM {out}.sql_silver WHERE state = 0 GROUP BY cow_id, first_day, sensor_id;
INSERT INTO {out}.sql_monthly
SELECT cow_id, farm_day - DAYOFMONTH(DATE_ADD(DATE'1970-01-01', INTERVAL farm_day DAY)) + 1 AS first_day, sensor_id,
       SUM(value), MIN(value), MAX(value), COUNT(*)
FROM {out}.sql_silver WHERE state = 0 GROUP BY cow_id, first_day, sensor_id;
INSERT INTO {out}.sql_yearly
SELECT cow_id, farm_day - DAYOFYEAR(DATE_ADD(DATE'1970-01-01', INTERVAL farm_day DAY)) + 1 AS first_day, sensor_id,
       SUM(value), MIN(value), MAX(value), COUNT(*)
FROM {out}.sql_silver WHERE state = 0 GROUP BY cow_id, first_day, sensor_id;
INSERT INTO {out}.sql_cow_days
SELECT cow_id, farm_day, SUM(unit = 'L'), SUM(IF(unit = 'L', value, 0)), SUM(unit = 'kg'), SUM(IF(unit = 'kg', value, 0)),
       MAX(IF(last_weight = 1 AND unit = 'kg', value, NULL)), MAX(IF(unit = 'kg', timestamp, NULL))
FROM (SELECT r.*, g.unit, ROW_NUMBER() OVER (PARTITION BY cow_id, farm_day, unit ORDER BY timestamp DESC) AS last_weight
      FROM {out}.sql_silver r JOIN {gold}.sensors_rows g USING (sensor_id) WHERE r.state = 0) AS day
GROUP BY cow_id, farm_day;
