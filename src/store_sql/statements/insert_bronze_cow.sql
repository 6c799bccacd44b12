INSERT INTO {bronze}cows_rows
  (stream_id, topic_partition, topic_offset, version, received_at, id, name, birthdate, deleted,
   message_key, payload, headers, farm)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
