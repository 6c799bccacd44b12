-- The rules of the cleanse step that several tables share, as macros over decimal or plain text.
-- Each *_code macro answers NULL for a good field, otherwise the code of the first rule broken.

CREATE OR REPLACE MACRO is_missing(text) AS
    text IS NULL OR text IN ('', 'None', 'nan');

CREATE OR REPLACE MACRO id_code(text) AS
    CASE
        WHEN is_missing(text) THEN 'missing'
        WHEN length(text) > 255 THEN 'too_long'
        WHEN regexp_matches(text, '\p{Cc}|^[\s\p{Z}]|[\s\p{Z}]$') THEN 'bad_characters'
    END;

-- A name or a unit: blanks at the ends are cut off before it is judged.
CREATE OR REPLACE MACRO label_code(text, longest) AS
    CASE
        WHEN is_missing(trim(text)) THEN 'missing'
        WHEN length(trim(text)) > longest THEN 'too_long'
        WHEN regexp_matches(trim(text), '\p{Cc}') THEN 'bad_characters'
    END;

-- A sensor's kind may be left out.
CREATE OR REPLACE MACRO kind_code(text) AS
    CASE WHEN NOT is_missing(trim(text)) THEN label_code(text, 32) END;

-- The one spelling of a unit that is known; any other stays as it is.
CREATE OR REPLACE MACRO unit_spelling(text) AS
    CASE
        WHEN lower(text) IN ('l', 'ltr', 'litre', 'litres', 'liter', 'liters') THEN 'L'
        WHEN lower(text) IN ('gal', 'gallon', 'gallons') THEN 'gal'
        WHEN lower(text) IN ('kg', 'kgm', 'kilogram', 'kilograms') THEN 'kg'
        WHEN lower(text) IN ('lb', 'lbs', 'lbr', 'pound', 'pounds') THEN 'lb'
        ELSE text
    END;

-- A DECIMAL to a whole number, ties to the even one. DuckDB's round() takes ties away from zero.
CREATE OR REPLACE MACRO half_even(exact) AS
    CASE
        WHEN abs(exact - round(exact, 0)) = 0.5 AND round(exact, 0) % 2 <> 0 THEN trunc(exact)
        ELSE round(exact, 0)
    END;

-- The shortest decimal text of a double that reads back as the same double, in millionths.
-- NULL beyond ten million (and for nan and inf). Where the product is not near a tie, its error
-- (below 0.01) cannot matter; else the text decides. 24 decimals lose nothing that counts: the
-- text has at most 17 digits, so one that reaches further is below 10^-7 and rounds to 0.
CREATE OR REPLACE MACRO millionths(number) AS
    CASE
        WHEN NOT abs(number) < 1e7 THEN NULL
        WHEN abs(number * 1e6 - round(number * 1e6)) < 0.49 THEN CAST(round(number * 1e6) AS BIGINT)
        ELSE CAST(half_even(CAST(CAST(number AS VARCHAR) AS DECIMAL(38, 24)) * 1000000) AS BIGINT)
    END;

-- amount · numerator / denominator as a whole number, ties to the even one. Of what is not negative.
CREATE OR REPLACE MACRO converted(amount, numerator, denominator) AS
    CASE
        WHEN 2 * (amount::HUGEINT * numerator % denominator) + (amount::HUGEINT * numerator // denominator) % 2
            > denominator
        THEN CAST(amount::HUGEINT * numerator // denominator + 1 AS BIGINT)
        ELSE CAST(amount::HUGEINT * numerator // denominator AS BIGINT)
    END;

-- Unix time in seconds, ms, µs or ns, told apart by its size, in µs. NULL for what no clock shows.
-- Whole numbers need no decimal text.
CREATE OR REPLACE MACRO unix_microseconds(number) AS
    CASE
        WHEN NOT abs(number) < 9e18 THEN NULL
        WHEN abs(number) < 1e11 AND number = trunc(number) THEN CAST(number AS BIGINT) * 1000000
        WHEN abs(number) < 1e14 AND abs(number) >= 1e11 AND number = trunc(number)
        THEN CAST(number AS BIGINT) * 1000
        WHEN abs(number) < 1e11
        THEN CAST(half_even(CAST(CAST(number AS VARCHAR) AS DECIMAL(38, 15)) * 1000000) AS BIGINT)
        WHEN abs(number) < 1e14
        THEN CAST(half_even(CAST(CAST(number AS VARCHAR) AS DECIMAL(38, 12)) * 1000) AS BIGINT)
        WHEN abs(number) < 1e17
        THEN CAST(half_even(CAST(CAST(number AS VARCHAR) AS DECIMAL(38, 12))) AS BIGINT)
        ELSE CAST(half_even(CAST(CAST(number AS VARCHAR) AS DECIMAL(30, 6)) * 0.001) AS BIGINT)
    END;

-- The calendar day of an instant on the farm's clock.
CREATE OR REPLACE MACRO farm_day_of(microseconds) AS
    CAST(timezone(getvariable('zone'), make_timestamptz(microseconds)) AS DATE);

-- What people see: integer millionths as the nearest double.
CREATE OR REPLACE MACRO shown(amount) AS CAST(amount AS DOUBLE) / 1e6;

-- One IEEE division of two exactly known integers.
CREATE OR REPLACE MACRO exact_average(total, readings) AS
    CAST(CAST(total AS BIGINT) AS DOUBLE) / CAST(readings * 1000000 AS DOUBLE);
