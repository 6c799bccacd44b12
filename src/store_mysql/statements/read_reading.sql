-- Own: for many keys. The shared text is for one, since SQLite knows no list of rows.
SELECT farm, farm_day, cow_id, sensor_id, timestamp, value, state, version, stream_id,
       topic_partition, topic_offset, created_at, updated_at
FROM {silver}measurements_rows
WHERE (farm, farm_day, cow_id, sensor_id, timestamp) IN ((?1, ?2, ?3, ?4, ?5))
