-- The sensors, and what each of them measures: the herd's metric, the factor to its litres or kilograms, and the range
-- that is plausible there, in millionths. A file need not have the column of kinds.
CREATE TEMP TABLE judged_sensors AS
    WITH read_rows AS (
        SELECT NULL::VARCHAR AS kind WHERE false
        UNION ALL BY NAME
        SELECT * FROM read_parquet(getvariable('sensors_file'), file_row_number = true)
    )
    SELECT
        file_row_number AS position,
        id,
        unit_spelling(trim(unit)) AS unit,
        CASE WHEN NOT is_missing(trim(kind)) THEN trim(kind) END AS kind,
        CASE
            WHEN id_code(id) IS NOT NULL THEN 'id'
            WHEN label_code(read_rows.unit, 10) IS NOT NULL THEN 'unit'
            WHEN kind_code(read_rows.kind) IS NOT NULL THEN 'kind'
        END AS field,
        CASE field
            WHEN 'id' THEN id_code(id)
            WHEN 'unit' THEN label_code(read_rows.unit, 10)
            WHEN 'kind' THEN kind_code(read_rows.kind)
        END AS code
    FROM read_rows;

CREATE TABLE gold_sensors AS
    SELECT id, unit, kind
    FROM judged_sensors
    WHERE code IS NULL
    QUALIFY row_number() OVER (PARTITION BY id ORDER BY position DESC) = 1;

-- A pound has 0.45359237 kg, a gallon 3.785411784 L, a litre of milk 1.031 kg.
CREATE TABLE sensor_measures AS
    WITH metrics AS (
        SELECT
            id,
            unit,
            CASE
                WHEN unit IN ('L', 'gal') AND coalesce(kind, 'milk') = 'milk' THEN 'milk'
                WHEN unit IN ('kg', 'lb') AND coalesce(kind, 'weight') IN ('milk', 'weight')
                THEN coalesce(kind, 'weight')
            END AS metric
        FROM gold_sensors
    )
    SELECT
        id,
        metric,
        CASE
            WHEN metric IS NULL THEN 1_000_000_000
            WHEN unit = 'gal' THEN 3_785_411_784
            WHEN unit = 'lb' THEN 453_592_370
            ELSE 1_000_000_000
        END * 1000::HUGEINT AS numerator,
        1_000_000_000::HUGEINT * CASE WHEN metric = 'milk' AND unit IN ('kg', 'lb') THEN 1031 ELSE 1000 END
            AS denominator,
        CASE metric WHEN 'weight' THEN 20_000_000 ELSE 0 END AS lowest,
        CASE metric WHEN 'milk' THEN 60_000_000 WHEN 'weight' THEN 1_500_000_000 ELSE 1_000_000_000_000 END
            AS highest
    FROM metrics;
