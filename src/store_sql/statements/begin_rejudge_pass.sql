UPDATE {ops}rejudge_scopes SET in_pass = 1
