-- Become the owner: the epoch that every other owner knows is over.
UPDATE {ops}consumer_offsets SET epoch = epoch + 1, owner = ?4, claimed_at = ?5
WHERE consumer_group = ?1 AND stream_id = ?2 AND part = ?3
