DELETE FROM {gold}farms_rows WHERE farm = ?1
