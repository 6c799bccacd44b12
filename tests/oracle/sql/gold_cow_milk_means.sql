-- Of each cow and day with milk the mean of her days with milk in a row that end with it. Days in a row less their
-- number in the cow's order are one and the same date.
CREATE TABLE gold_cow_milk_means AS
    WITH days AS (
        SELECT
            cow_id, date, milk_sum_millionths,
            date - CAST(row_number() OVER (PARTITION BY cow_id ORDER BY date) AS INTEGER) AS run
        FROM gold_cow_daily_metrics
        WHERE milk_count > 0
    )
    SELECT
        cow_id, date,
        exact_average(sum(milk_sum_millionths) OVER so_far, count(*) OVER so_far) AS average_milk,
        count(*) OVER so_far AS milk_days
    FROM days
    WINDOW so_far AS (PARTITION BY cow_id, run ORDER BY date);
