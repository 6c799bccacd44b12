SELECT position, target, state, last_farm, last_day, last_cow, first_day, final_day
FROM {ops}feed_places WHERE table_name = ?1
