-- A row a farm that any message has named. Revisions only rise, so a sum of them is one too.
SELECT g.time_zone,
       (SELECT first_day FROM {gold}measurements_daily_aggregations_rows d
        WHERE d.farm = i.id ORDER BY first_day LIMIT 1) AS oldest_day,
       (SELECT first_day FROM {gold}measurements_daily_aggregations_rows d
        WHERE d.farm = i.id ORDER BY first_day DESC LIMIT 1) AS newest_day,
       (SELECT SUM(v.revision) FROM {ops}revisions v WHERE v.kind = 1 AND v.farm = i.id) AS herd_book,
       (SELECT SUM(v.revision) FROM {ops}revisions v
        WHERE v.kind IN (2, 3) AND v.farm = i.id) AS newest_days,
       (SELECT SUM(v.revision) FROM {ops}revisions v
        WHERE v.kind = 4 AND v.farm = i.id AND v.month BETWEEN ?2 AND ?3) AS cow_days
FROM {ops}farm_ids i
LEFT JOIN {gold}farms_rows g ON g.farm = i.id AND g.state_version IS NOT NULL
WHERE i.farm_id = ?1
