SELECT g.cow_id, g.name, g.birthdate, g.created_at, g.retired_at
FROM {ops}cow_ids i JOIN {gold}cows_rows g ON g.cow_id = i.id
WHERE i.farm = ?1 AND i.text_id = ?2
