-- What waits already keeps its turn. What the pass in hand has goes behind all that waits.
REPLACE INTO {ops}rejudge_passes (kind, ref, in_pass, first_day, last_day, asked)
SELECT ?1, ?2, 0, ?3, ?4,
       COALESCE(MIN(CASE WHEN kind = ?1 AND ref = ?2 AND in_pass = 0 THEN asked END),
                MAX(asked) + 1, 1)
FROM {ops}rejudge_passes
