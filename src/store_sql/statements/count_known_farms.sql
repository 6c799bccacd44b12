SELECT COUNT(*) FROM {gold}farms_rows WHERE state_version IS NOT NULL
