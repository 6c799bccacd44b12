-- Of the quarantine by topic, farm (0: none) and code, and how many of them wait for their farm.
SELECT s.topic, COALESCE(q.farm, 0) AS farm, q.code, COUNT(*) AS total,
       SUM(CASE WHEN q.code = 'unknown_farm' AND q.status = 0 THEN 1 ELSE 0 END) AS waiting
FROM {silver}quarantine_rows q
JOIN {ops}streams s ON s.id = q.stream_id
GROUP BY s.topic, q.farm, q.code
