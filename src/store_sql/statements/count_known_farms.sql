SELECT COUNT(*) AS total FROM {gold}farms_rows WHERE state_version IS NOT NULL
