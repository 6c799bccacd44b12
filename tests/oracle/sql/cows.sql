-- The herd: of each id the last row of the file that keeps the rules.
CREATE TEMP TABLE judged_cows AS
    SELECT
        file_row_number AS position,
        id,
        trim(name) AS name,
        CAST(birthdate AS DATE) AS birthdate,
        CASE
            WHEN id_code(id) IS NOT NULL THEN 'id'
            WHEN label_code(name, 255) IS NOT NULL THEN 'name'
            WHEN birthdate < DATE '1980-01-01' OR birthdate > getvariable('received') THEN 'birthdate'
        END AS field,
        CASE field
            WHEN 'id' THEN id_code(id)
            WHEN 'name' THEN label_code(name, 255)
            WHEN 'birthdate' THEN 'out_of_range'
        END AS code
    FROM read_parquet(getvariable('cows_file'), file_row_number = true);

CREATE TABLE gold_cows AS
    SELECT id, name, birthdate
    FROM judged_cows
    WHERE code IS NULL
    QUALIFY row_number() OVER (PARTITION BY id ORDER BY position DESC) = 1;
