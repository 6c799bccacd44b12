-- One row a reading. A later row of the file corrects an earlier one of the same key.
CREATE TABLE silver_measurements AS
    SELECT
        sensor_id, cow_id, timestamp, value_millionths,
        farm_day_of(timestamp) AS farm_day,
        CASE WHEN known THEN 'accepted' ELSE 'pending' END AS state
    FROM judged_measurements
    WHERE code IS NULL
    QUALIFY row_number() OVER (PARTITION BY sensor_id, cow_id, timestamp ORDER BY position DESC) = 1;

-- What the aggregates read.
CREATE VIEW accepted_measurements AS
    SELECT m.*, s.unit
    FROM silver_measurements AS m
    JOIN gold_sensors AS s ON s.id = m.sensor_id
    WHERE m.state = 'accepted';
