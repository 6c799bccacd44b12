-- The sensors with the range that is plausible for their unit, in millionths.
CREATE TEMP TABLE judged_sensors AS
    SELECT
        file_row_number AS position,
        id,
        trim(unit) AS unit,
        CASE
            WHEN id_code(id) IS NOT NULL THEN 'id'
            WHEN label_code(unit, 10) IS NOT NULL THEN 'unit'
        END AS field,
        CASE field WHEN 'id' THEN id_code(id) WHEN 'unit' THEN label_code(unit, 10) END AS code
    FROM read_parquet(getvariable('sensors_file'), file_row_number = true);

CREATE TABLE gold_sensors AS
    SELECT
        id,
        CASE
            WHEN unit IN ('L', 'l') THEN 'L'
            WHEN unit IN ('kg', 'KG') THEN 'kg'
            ELSE unit
        END AS unit
    FROM judged_sensors
    WHERE code IS NULL
    QUALIFY row_number() OVER (PARTITION BY id ORDER BY position DESC) = 1;

CREATE TEMP TABLE sensor_ranges AS
    SELECT
        id,
        CASE unit WHEN 'kg' THEN 20_000_000 ELSE 0 END AS lowest,
        CASE unit WHEN 'L' THEN 60_000_000 WHEN 'kg' THEN 1_500_000_000 ELSE 1_000_000_000_000 END
            AS highest
    FROM gold_sensors;
