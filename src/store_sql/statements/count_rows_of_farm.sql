SELECT (SELECT COUNT(*) FROM {ops}cow_ids i JOIN {gold}cows_rows g ON g.cow_id = i.id
        WHERE i.farm = ?1),
       (SELECT COUNT(*) FROM {ops}sensor_ids i JOIN {gold}sensors_rows g ON g.sensor_id = i.id
        WHERE i.farm = ?1)
