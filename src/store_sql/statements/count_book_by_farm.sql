SELECT 'gold_cows' AS counted, i.farm, COUNT(*) AS total
FROM {gold}cows_rows g JOIN {ops}cow_ids i ON i.id = g.cow_id GROUP BY i.farm
UNION ALL
SELECT 'gold_sensors', i.farm, COUNT(*)
FROM {gold}sensors_rows g JOIN {ops}sensor_ids i ON i.id = g.sensor_id GROUP BY i.farm
