-- One row a row of a file that was not accepted; superseded once a later one of its key is accepted
-- (a pending one is not yet).
CREATE TABLE silver_quarantine AS
    WITH good_readings AS (
        SELECT sensor_id, cow_id, timestamp, max(position) AS newest
        FROM judged_measurements
        WHERE code IS NULL AND known
        GROUP BY sensor_id, cow_id, timestamp
    ),
    good_cows AS (
        SELECT id, max(position) AS newest FROM judged_cows WHERE code IS NULL GROUP BY id
    ),
    good_sensors AS (
        SELECT id, max(position) AS newest FROM judged_sensors WHERE code IS NULL GROUP BY id
    ),
    refused AS (
        SELECT
            'measurements' AS topic,
            r.position,
            r.sensor_id,
            r.cow_id,
            CASE WHEN r.field = 'value' THEN r.timestamp END AS timestamp,
            r.code,
            r.field,
            r.field = 'value' AND r.position < g.newest AS is_superseded
        FROM judged_measurements AS r
        LEFT JOIN good_readings AS g
            ON g.sensor_id = r.sensor_id
            AND g.cow_id = r.cow_id
            AND g.timestamp = r.timestamp
        WHERE r.code IS NOT NULL
        UNION ALL
        SELECT 'cows', position, NULL, id, NULL, code, field, position < newest
        FROM judged_cows
        LEFT JOIN good_cows USING (id)
        WHERE code IS NOT NULL
        UNION ALL
        SELECT 'sensors', position, id, NULL, NULL, code, field, position < newest
        FROM judged_sensors
        LEFT JOIN good_sensors USING (id)
        WHERE code IS NOT NULL
    )
    SELECT
        topic, position, sensor_id, cow_id, timestamp, code, field,
        CASE WHEN is_superseded THEN 'superseded' ELSE 'open' END AS status
    FROM refused;
