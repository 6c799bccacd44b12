SELECT 1 FROM {ops}dirty_days
WHERE cow_id = ?1 AND farm_day BETWEEN ?2 AND ?3 AND chunk > ?4
LIMIT 1
