SELECT phase, place_1, place_2, place_3, place_4, place_5 FROM {ops}rejudge_place WHERE id = 1
