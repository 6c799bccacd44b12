-- Of each farm, how many readings are accepted, pending and deleted.
SELECT farm, SUM(CASE WHEN state = 0 THEN 1 ELSE 0 END) AS accepted,
       SUM(CASE WHEN state = 1 THEN 1 ELSE 0 END) AS pending,
       SUM(CASE WHEN state = 2 THEN 1 ELSE 0 END) AS deleted
FROM {silver}measurements_rows GROUP BY farm
