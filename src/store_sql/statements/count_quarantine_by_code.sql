SELECT code, COUNT(*) FROM {silver}quarantine_rows GROUP BY code ORDER BY code
