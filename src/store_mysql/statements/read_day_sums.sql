-- Own: for many keys. The shared text is for one, since SQLite knows no list of rows.
SELECT farm_day, value, total, positive
FROM {ops}day_sums
WHERE (derived, farm, farm_day) IN ((?1, ?2, ?3))
