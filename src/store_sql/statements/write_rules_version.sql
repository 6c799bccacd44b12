UPDATE {gold}farms_rows SET rules_version = ?1 WHERE farm = ?2
