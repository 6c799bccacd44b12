SELECT 1 FROM {ops}rejudge_passes LIMIT 1
