-- What tools and people read, with the rights of whoever reads: a view that ran with those of its
-- maker, as they did before, ended with that account.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW {bronze}cows AS
SELECT r.id, r.name, r.birthdate, r.deleted,
       st.stream_id, r.topic_partition, r.topic_offset, r.version,
       TIMESTAMPADD(MICROSECOND, r.received_at, TIMESTAMP'1970-01-01 00:00:00') AS received_at,
       TIMESTAMPADD(MICROSECOND, r.received_at, TIMESTAMP'1970-01-01 00:00:00') AS created_at
FROM {bronze}cows_rows r
JOIN {ops}streams st ON st.id = r.stream_id;

CREATE OR REPLACE SQL SECURITY INVOKER VIEW {bronze}sensors AS
SELECT r.id, r.unit, r.deleted,
       st.stream_id, r.topic_partition, r.topic_offset, r.version,
       TIMESTAMPADD(MICROSECOND, r.received_at, TIMESTAMP'1970-01-01 00:00:00') AS received_at,
       TIMESTAMPADD(MICROSECOND, r.received_at, TIMESTAMP'1970-01-01 00:00:00') AS created_at
FROM {bronze}sensors_rows r
JOIN {ops}streams st ON st.id = r.stream_id;

CREATE OR REPLACE SQL SECURITY INVOKER VIEW {bronze}measurements AS
SELECT COALESCE(s.sensor_id, r.odd_sensor_id) AS sensor_id,
       COALESCE(c.cow_id, r.odd_cow_id) AS cow_id, r.timestamp, r.value, r.deleted,
       st.stream_id, r.topic_partition, r.topic_offset, r.version,
       TIMESTAMPADD(MICROSECOND, r.received_at, TIMESTAMP'1970-01-01 00:00:00') AS received_at,
       TIMESTAMPADD(MICROSECOND, r.received_at, TIMESTAMP'1970-01-01 00:00:00') AS created_at
FROM {bronze}measurements_rows r
JOIN {ops}streams st ON st.id = r.stream_id
LEFT JOIN {ops}sensor_ids s ON s.id = r.sensor_id
LEFT JOIN {ops}cow_ids c ON c.id = r.cow_id;

CREATE OR REPLACE SQL SECURITY INVOKER VIEW {silver}measurements AS
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

CREATE OR REPLACE SQL SECURITY INVOKER VIEW {silver}quarantine AS
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

CREATE OR REPLACE SQL SECURITY INVOKER VIEW {gold}cows AS
SELECT i.cow_id AS id, r.name, DATE_ADD(DATE'1970-01-01', INTERVAL r.birthdate DAY) AS birthdate,
       TIMESTAMPADD(MICROSECOND, r.retired_at, TIMESTAMP'1970-01-01 00:00:00') AS retired_at,
       TIMESTAMPADD(MICROSECOND, r.created_at, TIMESTAMP'1970-01-01 00:00:00') AS created_at,
       TIMESTAMPADD(MICROSECOND, r.updated_at, TIMESTAMP'1970-01-01 00:00:00') AS updated_at,
       r.version, st.stream_id, r.topic_partition, r.topic_offset
FROM {gold}cows_rows r
JOIN {ops}cow_ids i ON i.id = r.cow_id
LEFT JOIN {ops}streams st ON st.id = r.stream_id;

CREATE OR REPLACE SQL SECURITY INVOKER VIEW {gold}sensors AS
SELECT i.sensor_id AS id, r.unit,
       TIMESTAMPADD(MICROSECOND, r.retired_at, TIMESTAMP'1970-01-01 00:00:00') AS retired_at,
       TIMESTAMPADD(MICROSECOND, r.created_at, TIMESTAMP'1970-01-01 00:00:00') AS created_at,
       TIMESTAMPADD(MICROSECOND, r.updated_at, TIMESTAMP'1970-01-01 00:00:00') AS updated_at,
       r.version, st.stream_id, r.topic_partition, r.topic_offset
FROM {gold}sensors_rows r
JOIN {ops}sensor_ids i ON i.id = r.sensor_id
LEFT JOIN {ops}streams st ON st.id = r.stream_id;

CREATE OR REPLACE SQL SECURITY INVOKER VIEW {gold}measurements_daily_aggregations AS
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
CREATE OR REPLACE SQL SECURITY INVOKER VIEW {gold}measurements_weekly_aggregations AS
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

CREATE OR REPLACE SQL SECURITY INVOKER VIEW {gold}measurements_monthly_aggregations AS
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

CREATE OR REPLACE SQL SECURITY INVOKER VIEW {gold}measurements_yearly_aggregations AS
SELECT s.sensor_id, c.cow_id,
       YEAR(DATE_ADD(DATE'1970-01-01', INTERVAL r.first_day DAY)) AS year,
       CAST(r.value_sum AS DOUBLE) / CAST(r.records_count * 1000000 AS DOUBLE) AS average_value,
       CAST(r.value_min AS DOUBLE) / 1000000e0 AS min_value,
       CAST(r.value_max AS DOUBLE) / 1000000e0 AS max_value,
       r.records_count
FROM {gold}measurements_yearly_aggregations_rows r
JOIN {ops}sensor_ids s ON s.id = r.sensor_id
JOIN {ops}cow_ids c ON c.id = r.cow_id;

CREATE OR REPLACE SQL SECURITY INVOKER VIEW {gold}cow_daily_metrics AS
SELECT c.cow_id, DATE_ADD(DATE'1970-01-01', INTERVAL r.farm_day DAY) AS date,
       CAST(r.milk_sum AS DOUBLE) / 1000000e0 AS milk_sum, r.milk_count,
       CAST(r.weight_sum AS DOUBLE) / 1000000e0 AS weight_sum, r.weight_count,
       CAST(r.last_weight AS DOUBLE) / 1000000e0 AS last_weight,
       TIMESTAMPADD(MICROSECOND, r.last_weight_at, TIMESTAMP'1970-01-01 00:00:00') AS last_weight_at
FROM {gold}cow_daily_metrics_rows r
JOIN {ops}cow_ids c ON c.id = r.cow_id;
