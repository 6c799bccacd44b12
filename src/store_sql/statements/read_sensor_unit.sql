SELECT g.unit, g.kind, f.milk_density
FROM {gold}sensors_rows g
JOIN {ops}sensor_ids i ON i.id = g.sensor_id
LEFT JOIN {gold}farms_rows f ON f.farm = i.farm
WHERE g.sensor_id = ?1
