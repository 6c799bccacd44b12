-- The rows of each partition of each stream; a stream is of one topic.
SELECT stream_id, topic_partition, COUNT(*) AS total FROM {bronze}cows_rows
GROUP BY stream_id, topic_partition
UNION ALL
SELECT stream_id, topic_partition, COUNT(*) FROM {bronze}sensors_rows
GROUP BY stream_id, topic_partition
UNION ALL
SELECT stream_id, topic_partition, COUNT(*) FROM {bronze}measurements_rows
GROUP BY stream_id, topic_partition
UNION ALL
SELECT stream_id, topic_partition, COUNT(*) FROM {bronze}farms_rows
GROUP BY stream_id, topic_partition
