SELECT m.state, COUNT(*)
FROM {ops}cow_ids i JOIN {silver}measurements_rows m ON m.cow_id = i.id
WHERE i.farm = ?1
GROUP BY m.state
