SELECT next_offset, last_version, epoch, last_hash, last_offset FROM {ops}consumer_offsets
WHERE consumer_group = ?1 AND stream_id = ?2 AND part = ?3
