DELETE FROM {gold}cows_rows WHERE cow_id = ?1
