-- One row a day of the farm on which a reading was accepted or one was refused that no later one overtook.
-- The average weight is that of the last weights of the cows that were weighed.
CREATE TABLE gold_herd_days AS
    WITH accepted AS (
        SELECT farm_day AS date, count(*) AS readings FROM accepted_measurements GROUP BY farm_day
    ),
    cow_days AS (
        SELECT
            date,
            sum(milk_sum_millionths) AS milk,
            count(*) FILTER (milk_count > 0) AS cows_milked,
            sum(last_weight_millionths) AS weight,
            count(*) FILTER (weight_count > 0) AS cows_weighed
        FROM gold_cow_daily_metrics
        GROUP BY date
    ),
    -- Only where ids and time are good is it known which day it is of; what is left to refuse is the value.
    refused_days AS (
        SELECT farm_day_of(timestamp) AS date, count(DISTINCT (sensor_id, cow_id, timestamp)) AS refused
        FROM silver_quarantine
        WHERE topic = 'measurements' AND timestamp IS NOT NULL AND status <> 'superseded'
        GROUP BY 1
    )
    SELECT
        date,
        CAST(coalesce(milk, 0) AS BIGINT) AS milk_sum_millionths,
        coalesce(cows_milked, 0) AS cows_milked,
        CASE WHEN cows_weighed > 0 THEN exact_average(weight, cows_weighed) END AS average_weight,
        coalesce(cows_weighed, 0) AS cows_weighed,
        coalesce(readings, 0) AS readings,
        coalesce(refused, 0) AS refused
    FROM accepted
    FULL JOIN cow_days USING (date)
    FULL JOIN refused_days USING (date);
