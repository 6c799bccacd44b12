UPDATE {ops}rejudge_passes SET in_pass = 0
