-- As count_entries, of one topic.
SELECT COALESCE(q.farm, 0) AS farm, q.code, COUNT(*) AS total,
       SUM(CASE WHEN q.code = 'unknown_farm' AND q.status = 0 THEN 1 ELSE 0 END) AS waiting
FROM {silver}quarantine_rows q
WHERE q.stream_id IN (SELECT id FROM {ops}streams WHERE topic = ?1)
GROUP BY q.farm, q.code
