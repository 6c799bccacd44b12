SELECT farm_day, value, total, positive
FROM {ops}day_sums
WHERE derived = ?1 AND farm = ?2 AND farm_day = ?3
