SELECT cow_id, name, birthdate, retired_at, version, stream_id, topic_partition, topic_offset,
       created_at, updated_at
FROM {gold}cows_rows WHERE cow_id = ?1
