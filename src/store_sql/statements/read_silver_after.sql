-- The plain comparison of the farm tells every engine where to begin and to end.
SELECT farm, farm_day, cow_id, sensor_id, timestamp, version, stream_id, topic_partition,
       topic_offset
FROM {silver}measurements_rows
WHERE farm BETWEEN ?1 AND ?9
  AND (farm, farm_day, cow_id, sensor_id, timestamp) > (?1, ?2, ?3, ?4, ?5)
  AND farm_day BETWEEN ?6 AND ?7
ORDER BY farm, farm_day, cow_id, sensor_id, timestamp
LIMIT ?8
