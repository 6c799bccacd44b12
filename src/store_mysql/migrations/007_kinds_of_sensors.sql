-- What kind of sensor it is, where its message says so. Messages from before are judged again, but stay in bronze as
-- they were read.
ALTER TABLE {bronze}sensors_rows ADD COLUMN kind VARCHAR(255);
ALTER TABLE {gold}sensors_rows ADD COLUMN kind VARCHAR(255);

CREATE OR REPLACE SQL SECURITY INVOKER VIEW {bronze}sensors AS
SELECT r.id, r.unit, r.deleted, r.kind,
       st.stream_id, r.topic_partition, r.topic_offset, r.version,
       TIMESTAMPADD(MICROSECOND, r.received_at, TIMESTAMP'1970-01-01 00:00:00') AS received_at,
       TIMESTAMPADD(MICROSECOND, r.received_at, TIMESTAMP'1970-01-01 00:00:00') AS created_at
FROM {bronze}sensors_rows r
JOIN {ops}streams st ON st.id = r.stream_id;

CREATE OR REPLACE SQL SECURITY INVOKER VIEW {gold}sensors AS
SELECT i.sensor_id AS id, r.unit,
       TIMESTAMPADD(MICROSECOND, r.retired_at, TIMESTAMP'1970-01-01 00:00:00') AS retired_at,
       TIMESTAMPADD(MICROSECOND, r.created_at, TIMESTAMP'1970-01-01 00:00:00') AS created_at,
       TIMESTAMPADD(MICROSECOND, r.updated_at, TIMESTAMP'1970-01-01 00:00:00') AS updated_at,
       r.kind, r.version, st.stream_id, r.topic_partition, r.topic_offset
FROM {gold}sensors_rows r
JOIN {ops}sensor_ids i ON i.id = r.sensor_id
LEFT JOIN {ops}streams st ON st.id = r.stream_id;
