REPLACE INTO {ops}rejudge_place (id, phase, place_1, place_2, place_3, place_4, place_5)
VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6)
