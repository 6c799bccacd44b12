INSERT INTO {ops}consumer_offsets
  (consumer_group, stream_id, part, first_offset, next_offset, holes, last_version, last_hash, epoch, owner)
VALUES (?1, ?2, ?3, ?4, ?4, 0, 0, NULL, 1, ?5)
