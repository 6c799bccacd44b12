INSERT INTO {ops}consumer_offsets
  (consumer_group, stream_id, part, first_offset, next_offset, last_offset, holes, hidden, last_version,
   last_hash, epoch, owner, claimed_at)
VALUES (?1, ?2, ?3, ?4, ?4, ?4 - 1, 0, 0, 0, NULL, 1, ?5, ?6)
