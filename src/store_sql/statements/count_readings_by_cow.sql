-- Of each cow her farm, and how many readings are accepted, pending and deleted. By cow, as the key
-- has them: no engine has to sort.
SELECT i.farm, t.accepted, t.pending, t.deleted
FROM (SELECT cow_id, SUM(CASE WHEN state = 0 THEN 1 ELSE 0 END) AS accepted,
             SUM(CASE WHEN state = 1 THEN 1 ELSE 0 END) AS pending,
             SUM(CASE WHEN state = 2 THEN 1 ELSE 0 END) AS deleted
      FROM {silver}measurements_rows GROUP BY cow_id) t
JOIN {ops}cow_ids i ON i.id = t.cow_id
