-- The daily report as table macros: SELECT * FROM report_milk(DATE '2024-04-07').

CREATE MACRO report_milk(day) AS TABLE
    SELECT m.cow_id, c.name AS cow_name, shown(m.milk_sum_millionths) AS milk_produced
    FROM gold_cow_daily_metrics AS m
    JOIN gold_cows AS c ON c.id = m.cow_id
    WHERE m.date = day AND m.milk_count > 0
    ORDER BY m.cow_id;

-- The newest weight and the mean of the 30 days that end with the day, that day included.
CREATE MACRO report_weights(day) AS TABLE
    SELECT
        m.cow_id,
        c.name AS cow_name,
        shown(arg_max(m.last_weight_millionths, m.date)) AS current_weight,
        exact_average(sum(m.weight_sum_millionths), sum(m.weight_count)) AS avg_weight_last_30_days
    FROM gold_cow_daily_metrics AS m
    JOIN gold_cows AS c ON c.id = m.cow_id
    WHERE m.date BETWEEN day - 29 AND day AND m.weight_count > 0
    GROUP BY m.cow_id, c.name
    ORDER BY m.cow_id;

-- Only a complete day is judged: it has ended, and the herd has a reading of a later one.
CREATE MACRO report_ill(day) AS TABLE
    SELECT
        m.cow_id, c.name AS cow_name, shown(m.milk_sum_millionths) AS litres,
        m.milk_count AS readings
    FROM gold_cow_daily_metrics AS m
    JOIN gold_cows AS c ON c.id = m.cow_id
    WHERE m.date = day
        AND m.milk_count >= 2
        AND m.milk_sum_millionths < 5_000_000
        AND day < farm_day_of(epoch_us(getvariable('received')))
        AND day < (SELECT max(farm_day) FROM accepted_measurements)
    ORDER BY m.cow_id;

CREATE MACRO report_frame(day) AS TABLE
    SELECT
        day AS report_date,
        min(farm_day) AS data_from,
        max(farm_day) AS data_to,
        day = farm_day_of(epoch_us(getvariable('received'))) AS so_far
    FROM accepted_measurements;
