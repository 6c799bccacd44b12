SELECT farm, farm_day FROM {ops}dirty_days
WHERE farm > ?1 AND chunk > ?2 AND chunk <= ?3
ORDER BY farm, farm_day
LIMIT 1
