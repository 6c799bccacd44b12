-- What the rows of a farm's day are together, kept in the transactions that change them: a row of gold_herd_days is made
-- of these, so that one reading does not cost all cows of its day.
CREATE TABLE IF NOT EXISTS {ops}day_sums (
  derived VARCHAR(64) NOT NULL, farm INT NOT NULL, farm_day INT NOT NULL, value VARCHAR(64) NOT NULL,
  total BIGINT NOT NULL, positive BIGINT NOT NULL,
  PRIMARY KEY (derived, farm, farm_day, value)) ENGINE=InnoDB ROW_FORMAT=DYNAMIC;
-- Of what is there, once; but a table that is being filled begins again, and adds up what it makes.
DELETE FROM {ops}day_sums;
UPDATE {ops}feed_places SET last_farm = 0, last_day = -1073741824, last_cow = 2147483647
WHERE state = 2 AND table_name IN ('daily_aggregation', 'cow_daily_metrics');
INSERT INTO {ops}day_sums (derived, farm, farm_day, value, total, positive)
SELECT 'measurements_daily_aggregations', r.farm, r.first_day, 'records_count', COALESCE(SUM(r.records_count), 0), COALESCE(SUM(r.records_count > 0), 0)
FROM {gold}measurements_daily_aggregations_rows r JOIN {ops}feed_places p ON p.table_name = 'daily_aggregation'
WHERE p.state <> 2 OR r.first_day NOT BETWEEN p.first_day AND p.final_day GROUP BY r.farm, r.first_day;
INSERT INTO {ops}day_sums (derived, farm, farm_day, value, total, positive)
SELECT 'cow_daily_metrics', r.farm, r.farm_day, 'milk_count', COALESCE(SUM(r.milk_count), 0), COALESCE(SUM(r.milk_count > 0), 0)
FROM {gold}cow_daily_metrics_rows r JOIN {ops}feed_places p ON p.table_name = 'cow_daily_metrics'
WHERE p.state <> 2 OR r.farm_day NOT BETWEEN p.first_day AND p.final_day GROUP BY r.farm, r.farm_day;
INSERT INTO {ops}day_sums (derived, farm, farm_day, value, total, positive)
SELECT 'cow_daily_metrics', r.farm, r.farm_day, 'milk_sum', COALESCE(SUM(r.milk_sum), 0), COALESCE(SUM(r.milk_sum > 0), 0)
FROM {gold}cow_daily_metrics_rows r JOIN {ops}feed_places p ON p.table_name = 'cow_daily_metrics'
WHERE p.state <> 2 OR r.farm_day NOT BETWEEN p.first_day AND p.final_day GROUP BY r.farm, r.farm_day;
INSERT INTO {ops}day_sums (derived, farm, farm_day, value, total, positive)
SELECT 'cow_daily_metrics', r.farm, r.farm_day, 'weight_count', COALESCE(SUM(r.weight_count), 0), COALESCE(SUM(r.weight_count > 0), 0)
FROM {gold}cow_daily_metrics_rows r JOIN {ops}feed_places p ON p.table_name = 'cow_daily_metrics'
WHERE p.state <> 2 OR r.farm_day NOT BETWEEN p.first_day AND p.final_day GROUP BY r.farm, r.farm_day;
INSERT INTO {ops}day_sums (derived, farm, farm_day, value, total, positive)
SELECT 'cow_daily_metrics', r.farm, r.farm_day, 'last_weight', COALESCE(SUM(r.last_weight), 0), COALESCE(SUM(r.last_weight > 0), 0)
FROM {gold}cow_daily_metrics_rows r JOIN {ops}feed_places p ON p.table_name = 'cow_daily_metrics'
WHERE p.state <> 2 OR r.farm_day NOT BETWEEN p.first_day AND p.final_day GROUP BY r.farm, r.farm_day;
