DELETE FROM {ops}dirty_days WHERE chunk <= ?1
