-- Whether messages of a topic are in quarantine since nobody knew their farm.
SELECT 1 FROM {silver}quarantine_rows
WHERE code = 'unknown_farm' AND farm = ?1
  AND stream_id IN (SELECT id FROM {ops}streams WHERE topic = ?2)
LIMIT 1
