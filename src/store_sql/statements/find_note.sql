SELECT 1 FROM {ops}dirty_days
WHERE farm = ?1 AND farm_day BETWEEN ?2 AND ?3 AND cow_id BETWEEN ?4 AND ?5
  AND chunk > ?6
LIMIT 1
