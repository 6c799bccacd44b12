-- Own: SQLite has one writer, who holds all.
SELECT position, target, state, last_farm, last_day, last_cow, first_day, final_day
FROM {ops}feed_places WHERE table_name = ?1 FOR UPDATE
