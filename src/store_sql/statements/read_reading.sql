SELECT farm, farm_day, cow_id, sensor_id, timestamp, value, state, version, stream_id,
       topic_partition, topic_offset, created_at, updated_at
FROM {silver}measurements_rows
WHERE farm = ?1 AND farm_day = ?2 AND cow_id = ?3 AND sensor_id = ?4 AND timestamp = ?5
