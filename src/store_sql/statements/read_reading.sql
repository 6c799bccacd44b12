SELECT cow_id, farm_day, sensor_id, timestamp, value, state, version, stream_id, topic_partition,
       topic_offset, created_at, updated_at
FROM {silver}measurements_rows
WHERE cow_id = ?1 AND farm_day = ?2 AND sensor_id = ?3 AND timestamp = ?4
