-- What kind of sensor it is, where its message says so. Messages from before are judged again, but stay in bronze as
-- they were read.
ALTER TABLE bronze_sensors_rows ADD COLUMN kind TEXT;
ALTER TABLE gold_sensors_rows ADD COLUMN kind TEXT;

DROP VIEW bronze_sensors;
CREATE VIEW bronze_sensors AS
SELECT r.id, r.unit, r.deleted, r.kind,
       st.stream_id, r.topic_partition, r.topic_offset, r.version,
       strftime('%Y-%m-%dT%H:%M:%S', r.received_at / 1000000, 'unixepoch') || printf('.%06dZ', r.received_at % 1000000) AS received_at,
       strftime('%Y-%m-%dT%H:%M:%S', r.received_at / 1000000, 'unixepoch') || printf('.%06dZ', r.received_at % 1000000) AS created_at
FROM bronze_sensors_rows r
JOIN ops_streams st ON st.id = r.stream_id;

DROP VIEW gold_sensors;
CREATE VIEW gold_sensors AS
SELECT i.sensor_id AS id, r.unit,
       strftime('%Y-%m-%dT%H:%M:%S', r.retired_at / 1000000, 'unixepoch') || printf('.%06dZ', r.retired_at % 1000000) AS retired_at,
       strftime('%Y-%m-%dT%H:%M:%S', r.created_at / 1000000, 'unixepoch') || printf('.%06dZ', r.created_at % 1000000) AS created_at,
       strftime('%Y-%m-%dT%H:%M:%S', r.updated_at / 1000000, 'unixepoch') || printf('.%06dZ', r.updated_at % 1000000) AS updated_at,
       r.kind, r.version, st.stream_id, r.topic_partition, r.topic_offset
FROM gold_sensors_rows r
JOIN ops_sensor_ids i ON i.id = r.sensor_id
LEFT JOIN ops_streams st ON st.id = r.stream_id;
