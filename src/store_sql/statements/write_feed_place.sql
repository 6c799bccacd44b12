REPLACE INTO {ops}feed_places
  (table_name, position, target, state, last_farm, last_day, last_cow, first_day, final_day)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
