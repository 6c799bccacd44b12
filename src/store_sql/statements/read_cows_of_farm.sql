SELECT i.id, i.text_id, g.name
FROM {ops}cow_ids i JOIN {gold}cows_rows g ON g.cow_id = i.id
WHERE i.farm = ?1
