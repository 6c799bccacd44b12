SELECT farm_day FROM {ops}dirty_days
WHERE farm = ?1 AND farm_day >= ?2 AND chunk > ?3 AND chunk <= ?4
ORDER BY farm_day
LIMIT 1
