-- Behind a day of a cow, whatever sensor it is of.
SELECT DISTINCT cow_id, farm_day FROM {ops}dirty_days
WHERE farm = ?1 AND cow_id > 0 AND (cow_id > ?2 OR (cow_id = ?2 AND farm_day > ?3))
  AND chunk > ?4 AND chunk <= ?5
ORDER BY cow_id, farm_day
LIMIT ?6
