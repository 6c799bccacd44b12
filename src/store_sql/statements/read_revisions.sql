-- A row a farm that any message has named. Revisions only rise, so a sum of them is one too.
SELECT g.time_zone, r.first_day, r.last_day,
       (SELECT SUM(v.revision) FROM {ops}revisions v WHERE v.kind = 1 AND v.farm = i.id),
       (SELECT SUM(v.revision) FROM {ops}revisions v WHERE v.kind IN (2, 3) AND v.farm = i.id),
       (SELECT SUM(v.revision) FROM {ops}revisions v
        WHERE v.kind = 4 AND v.farm = i.id AND v.month BETWEEN ?2 AND ?3)
FROM {ops}farm_ids i
LEFT JOIN {gold}farms_rows g ON g.farm = i.id AND g.state_version IS NOT NULL
LEFT JOIN {ops}data_ranges r ON r.farm = i.id
WHERE i.farm_id = ?1
