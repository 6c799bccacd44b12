DELETE FROM {silver}quarantine_rows
WHERE stream_id IN (SELECT id FROM {ops}streams WHERE topic = ?1)
