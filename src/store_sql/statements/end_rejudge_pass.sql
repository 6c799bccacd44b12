DELETE FROM {ops}rejudge_passes WHERE in_pass = 1
