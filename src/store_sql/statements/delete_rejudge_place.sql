DELETE FROM {ops}rejudge_place
