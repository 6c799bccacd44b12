-- Of the sensors of the cow's newest day the one with the newest reading; of equally new ones the
-- smallest id.
SELECT i.text_id, d.value_sum, d.value_min, d.value_max, d.records_count
FROM {silver}measurements_rows m
JOIN {gold}measurements_daily_aggregations_rows d
  ON d.farm = m.farm AND d.first_day = m.farm_day AND d.cow_id = m.cow_id
  AND d.sensor_id = m.sensor_id
JOIN {ops}sensor_ids i ON i.id = m.sensor_id
WHERE m.farm = ?1 AND m.farm_day = ?2 AND m.cow_id = ?3 AND m.state = 0
ORDER BY m.timestamp DESC, i.text_id
LIMIT 1
