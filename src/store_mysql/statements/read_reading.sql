-- Own: for many keys. The shared text is for one, since SQLite knows no list of rows.
SELECT cow_id, farm_day, sensor_id, timestamp, value, state, version, stream_id, topic_partition,
       topic_offset, created_at, updated_at
FROM {silver}measurements_rows
WHERE (cow_id, farm_day, sensor_id, timestamp) IN ((?1, ?2, ?3, ?4))
