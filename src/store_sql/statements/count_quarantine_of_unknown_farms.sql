SELECT f.farm_id, COUNT(*)
FROM {silver}quarantine_rows q JOIN {ops}farm_ids f ON f.id = q.farm
WHERE q.code = 'unknown_farm' AND q.status = 0
GROUP BY f.farm_id ORDER BY f.farm_id
