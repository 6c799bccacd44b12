-- A stream is of one topic.
SELECT (SELECT COUNT(*) FROM {bronze}cows_rows WHERE stream_id = ?1 AND topic_partition = ?2)
       + (SELECT COUNT(*) FROM {bronze}sensors_rows WHERE stream_id = ?1 AND topic_partition = ?2)
       + (SELECT COUNT(*) FROM {bronze}farms_rows WHERE stream_id = ?1 AND topic_partition = ?2)
       + (SELECT COUNT(*) FROM {bronze}measurements_rows
          WHERE stream_id = ?1 AND topic_partition = ?2)
