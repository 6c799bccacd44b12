INSERT INTO {bronze}farms_rows
  (stream_id, topic_partition, topic_offset, version, received_at, id, name, time_zone, litre_min,
   litre_max, kilogram_min, kilogram_max, milk_density, deleted, message_key, payload, headers)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)
