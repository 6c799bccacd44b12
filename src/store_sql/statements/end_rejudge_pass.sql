DELETE FROM {ops}rejudge_scopes WHERE in_pass = 1
