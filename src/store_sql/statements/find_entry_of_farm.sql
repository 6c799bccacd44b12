-- Whether messages of a topic are in quarantine since nobody knew their farm.
SELECT 1
FROM {silver}quarantine_rows q JOIN {ops}streams s ON s.id = q.stream_id
WHERE q.code = 'unknown_farm' AND q.farm = ?1 AND q.status <> 2 AND s.topic = ?2
LIMIT 1
