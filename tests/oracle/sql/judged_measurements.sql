-- Every row of the file with its verdict: ids, timestamp, value, then the range of the metric.
CREATE TEMP TABLE judged_measurements AS
    WITH read_rows AS (
        SELECT
            file_row_number AS position,
            sensor_id,
            cow_id,
            timestamp AS original_timestamp,
            value AS original_value,
            unix_microseconds(timestamp) AS timestamp,
            millionths(value) AS value_millionths
        FROM read_parquet(getvariable('measurements_file'), file_row_number = true)
    ),
    verdicts AS (
        SELECT
            r.*,
            c.id IS NOT NULL AND s.id IS NOT NULL AS known,
            id_code(r.sensor_id) AS sensor_code,
            id_code(r.cow_id) AS cow_code,
            CASE
                WHEN original_timestamp IS NULL OR isnan(original_timestamp) THEN 'missing'
                WHEN isinf(original_timestamp) THEN 'bad_timestamp'
                WHEN original_timestamp > 0 AND timestamp IS NULL THEN 'in_future'
                WHEN timestamp > epoch_us(getvariable('received') + INTERVAL 5 MINUTE)
                THEN 'in_future'
                WHEN timestamp IS NULL OR timestamp < epoch_us(TIMESTAMP '2000-01-01')
                THEN 'out_of_range'
            END AS timestamp_code,
            CASE
                WHEN original_value IS NULL OR isnan(original_value) THEN 'missing'
                WHEN isinf(original_value) THEN 'not_a_number'
                WHEN value_millionths < 0 OR original_value <= -1e7 THEN 'negative'
                WHEN value_millionths IS NULL OR value_millionths > 1_000_000_000_000
                THEN 'implausible'
                WHEN converted(value_millionths, s.numerator, s.denominator)
                    NOT BETWEEN s.lowest AND s.highest
                THEN 'implausible'
            END AS value_code
        FROM read_rows AS r
        LEFT JOIN gold_cows AS c ON c.id = r.cow_id
        LEFT JOIN sensor_measures AS s ON s.id = r.sensor_id
    )
    SELECT
        position, sensor_id, cow_id, timestamp, value_millionths, known,
        coalesce(sensor_code, cow_code, timestamp_code, value_code) AS code,
        CASE
            WHEN sensor_code IS NOT NULL THEN 'sensor_id'
            WHEN cow_code IS NOT NULL THEN 'cow_id'
            WHEN timestamp_code IS NOT NULL THEN 'timestamp'
            WHEN value_code IS NOT NULL THEN 'value'
        END AS field
    FROM verdicts;
