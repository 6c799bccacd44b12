SELECT cow_id, MIN(farm_day) AS first_day FROM {ops}dirty_days
WHERE farm = ?1 AND cow_id > ?2 AND chunk > ?3 AND chunk <= ?4
GROUP BY cow_id
ORDER BY cow_id
LIMIT ?5
