REPLACE INTO {gold}farms_rows
  (farm, name, time_zone, litre_min, litre_max, kilogram_min, kilogram_max, milk_density,
   closed_at, version, stream_id, topic_partition, topic_offset, created_at, updated_at,
   rules_version, state_version, state_stream, state_partition, state_offset)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16,
        ?17, ?18, ?19, ?20)
