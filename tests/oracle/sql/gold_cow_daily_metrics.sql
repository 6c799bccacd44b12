-- One row a cow and day with milk or weight, in litres and kilograms. Of equally new weights the one of the bytewise
-- smallest sensor counts.
CREATE TABLE gold_cow_daily_metrics AS
    SELECT
        cow_id,
        farm_day AS date,
        CAST(sum(metric_millionths) FILTER (metric = 'milk') AS BIGINT) AS milk_sum_millionths,
        count(*) FILTER (metric = 'milk') AS milk_count,
        CAST(sum(metric_millionths) FILTER (metric = 'weight') AS BIGINT) AS weight_sum_millionths,
        count(*) FILTER (metric = 'weight') AS weight_count,
        first(metric_millionths ORDER BY timestamp DESC, sensor_id) FILTER (metric = 'weight')
            AS last_weight_millionths,
        max(timestamp) FILTER (metric = 'weight') AS last_weight_at
    FROM accepted_measurements
    WHERE metric IS NOT NULL
    GROUP BY cow_id, farm_day;
