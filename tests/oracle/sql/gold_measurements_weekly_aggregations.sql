-- ISO weeks. The year is the ISO year, the month that of the week's Thursday.
CREATE TABLE gold_measurements_weekly_aggregations AS
    WITH mondays AS (
        SELECT *, CAST(date_trunc('week', farm_day) AS DATE) AS monday FROM accepted_measurements
    )
    SELECT
        sensor_id, cow_id,
        week(monday) AS week,
        month(monday + 3) AS month,
        isoyear(monday) AS year,
        exact_average(sum(value_millionths), count(*)) AS average_value,
        shown(min(value_millionths)) AS min_value,
        shown(max(value_millionths)) AS max_value,
        count(*) AS records_count
    FROM mondays
    GROUP BY sensor_id, cow_id, monday;
