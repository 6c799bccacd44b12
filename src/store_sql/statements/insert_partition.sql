INSERT INTO {ops}consumer_offsets
  (consumer_group, stream_id, part, first_offset, next_offset, last_offset, holes, hidden, last_version,
   last_hash, epoch, owner, claimed_at)
-- Newer than all that its topic ever held, also where a clock was ahead once.
SELECT ?1, ?2, ?3, ?4, ?4, ?4 - 1, 0, 0, COALESCE(MAX(o.last_version), 0), NULL, 1, ?5, ?6
FROM {ops}consumer_offsets o JOIN {ops}streams s ON s.stream_id = o.stream_id WHERE s.topic = ?7
