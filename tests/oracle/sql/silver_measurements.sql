-- One row a reading. A later row of the file corrects an earlier one of the same key.
CREATE TABLE silver_measurements AS
    SELECT
        sensor_id, cow_id, timestamp, value_millionths,
        farm_day_of(timestamp) AS farm_day,
        CASE WHEN known THEN 'accepted' ELSE 'pending' END AS state
    FROM judged_measurements
    WHERE code IS NULL
    QUALIFY row_number() OVER (PARTITION BY sensor_id, cow_id, timestamp ORDER BY position DESC) = 1;

-- What the aggregates read: values in the sensor's unit, and as the herd's litres or kilograms.
CREATE VIEW accepted_measurements AS
    SELECT m.*, s.metric, converted(m.value_millionths, s.numerator, s.denominator) AS metric_millionths
    FROM silver_measurements AS m
    JOIN sensor_measures AS s ON s.id = m.sensor_id
    WHERE m.state = 'accepted';
