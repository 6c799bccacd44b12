-- Own: for many keys. The shared text is for one, since SQLite knows no list of rows.
SELECT cow_id, farm_day, sensor_id, timestamp, version, stream_id, topic_partition, topic_offset
FROM {ops}displaced_versions
WHERE (cow_id, farm_day, sensor_id, timestamp) IN ((?1, ?2, ?3, ?4))
