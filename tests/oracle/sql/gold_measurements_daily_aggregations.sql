CREATE TABLE gold_measurements_daily_aggregations AS
    SELECT
        sensor_id, cow_id,
        farm_day AS date,
        exact_average(sum(value_millionths), count(*)) AS average_value,
        shown(min(value_millionths)) AS min_value,
        shown(max(value_millionths)) AS max_value,
        count(*) AS records_count
    FROM accepted_measurements
    GROUP BY sensor_id, cow_id, farm_day;
