-- One row a cow and day with milk or weight. Of equally new weights the one of the bytewise
-- smallest sensor counts.
CREATE TABLE gold_cow_daily_metrics AS
    SELECT
        cow_id,
        farm_day AS date,
        CAST(sum(value_millionths) FILTER (unit = 'L') AS BIGINT) AS milk_sum_millionths,
        count(*) FILTER (unit = 'L') AS milk_count,
        CAST(sum(value_millionths) FILTER (unit = 'kg') AS BIGINT) AS weight_sum_millionths,
        count(*) FILTER (unit = 'kg') AS weight_count,
        first(value_millionths ORDER BY timestamp DESC, sensor_id) FILTER (unit = 'kg')
            AS last_weight_millionths,
        max(timestamp) FILTER (unit = 'kg') AS last_weight_at
    FROM accepted_measurements
    WHERE unit IN ('L', 'kg')
    GROUP BY cow_id, farm_day;
