-- One row a row of a file that was not accepted; superseded once a later row of its key is good.
CREATE TABLE silver_quarantine AS
    SELECT
        'measurements' AS topic,
        sensor_id,
        cow_id,
        CASE WHEN field = 'value' THEN timestamp END AS timestamp,
        code,
        field,
        CASE
            WHEN field = 'value' AND position < (
                SELECT max(later.position)
                FROM judged_measurements AS later
                WHERE later.code IS NULL
                    AND later.sensor_id = refused.sensor_id
                    AND later.cow_id = refused.cow_id
                    AND later.timestamp = refused.timestamp
            )
            THEN 'superseded'
            ELSE 'open'
        END AS status
    FROM judged_measurements AS refused
    WHERE code IS NOT NULL
    UNION ALL
    SELECT 'cows', NULL, id, NULL, code, field, 'open' FROM judged_cows WHERE code IS NOT NULL
    UNION ALL
    SELECT 'sensors', id, NULL, NULL, code, field, 'open' FROM judged_sensors WHERE code IS NOT NULL;
