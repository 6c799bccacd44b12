CREATE TABLE gold_measurements_yearly_aggregations AS
    SELECT
        sensor_id, cow_id,
        year(farm_day) AS year,
        exact_average(sum(value_millionths), count(*)) AS average_value,
        shown(min(value_millionths)) AS min_value,
        shown(max(value_millionths)) AS max_value,
        count(*) AS records_count
    FROM accepted_measurements
    GROUP BY sensor_id, cow_id, year(farm_day);
