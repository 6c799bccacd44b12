"""What the schemas of the messages do not say, by the names that the data dictionary has for it."""

import json
from dataclasses import dataclass


@dataclass(frozen=True)
class Gap:
    name: str
    topic: str
    message: str
    """JSON, as it is sent."""
    complaints: frozenset[tuple[str | None, str]]
    """Of herdflow. Where there are none, it is the schema that does not take the message."""


WHOLE = {
    "cows": {"id": "schema-cow", "name": "Berta #1", "birthdate": "2019-05-21"},
    "sensors": {"id": "schema-sensor", "unit": "kg", "kind": "milk"},
    "measurements": {"sensor_id": "schema-sensor", "cow_id": "schema-cow", "timestamp": 1594425600, "value": 5.5},
    "farms": {"id": "schema-farm", "name": "North", "time_zone": "Europe/Berlin", "litre_max": 80, "milk_density": 1.03},
}
"""A good message of each topic."""


def _gap(name, topic, changes, *complaints):
    message = changes if isinstance(changes, str) else json.dumps(WHOLE[topic] | changes)
    return Gap(name, topic, message, frozenset(complaints))


GAPS = [
    _gap("The time of receipt", "measurements", {"timestamp": "9024-06-01"}, ("timestamp", "in_future")),
    _gap("The time of receipt", "measurements", {"timestamp": 1e30}, ("timestamp", "in_future")),
    _gap("The time of receipt", "cows", {"birthdate": "2099-01-01"}, ("birthdate", "out_of_range")),
    _gap("How a number is written", "cows", {"id": 1.0}, ("id", "bad_type")),
    _gap("How a number is written", "cows", '{"id":1e2,"name":"Berta"}', ("id", "bad_type")),
    _gap("How a number is written", "measurements", {"deleted": 1.0}, ("deleted", "bad_type")),
    _gap("How a number is written", "sensors", '{"id":1,"unit":"L","deleted":-0}', ("deleted", "bad_type")),
    _gap("An integer of more than 255 digits", "sensors", {"id": 10**255}, ("id", "too_long")),
    _gap("An exponent in a text", "measurements", {"value": "1e7"}, ("value", "implausible")),
    _gap("An exponent in a text", "measurements", {"timestamp": "1e3"}, ("timestamp", "out_of_range")),
    _gap("An exponent in a text", "farms", {"milk_density": "1e1"}, ("milk_density", "out_of_range")),
    _gap("What rounds to a bound", "measurements", {"value": 1000000.0000004}),
    _gap("What rounds to a bound", "measurements", {"value": "-0.0000005"}),
    _gap("What rounds to a bound", "measurements", {"timestamp": "946684799.9999996"}),
    _gap("What rounds to a bound", "farms", {"milk_density": 1.2000004}),
    _gap("Week 53 and leap seconds", "measurements", {"timestamp": "2020-W53-5"}),
    _gap("Week 53 and leap seconds", "measurements", {"timestamp": "2016-12-31T23:59:60Z"}),
    _gap("Week 53 and leap seconds", "cows", {"birthdate": "2020W535"}),
    _gap("Weeks and zones at a bound", "measurements", {"timestamp": "1999-W52-6"}),
    _gap("Weeks and zones at a bound", "measurements", {"timestamp": "1999-12-31T23:00-02:00"}),
    _gap("Weeks and zones at a bound", "measurements", {"timestamp": "2000-01-01T00:00+02:00"}, ("timestamp", "out_of_range")),
    _gap("Weeks and zones at a bound", "cows", {"birthdate": "1980-W01-2"}),
    _gap("Which farms there are", "cows", {"farm": "no-such-farm"}, ("farm", "unknown_farm")),
    _gap("Which time zones there are", "farms", {"time_zone": "Mars/Base"}, ("time_zone", "bad_time_zone")),
    _gap("The ends of a range", "farms", {"litre_min": 81}, ("litre_min", "out_of_range")),
    _gap("The ends of a range", "farms", {"kilogram_max": 10}, ("kilogram_min", "out_of_range")),
    _gap("A field given twice", "cows", '{"id":1,"name":"Berta","id":1}', (None, "bad_json")),
    _gap("A byte order mark before a name", "cows", '{"\ufeffid":1,"name":"Berta"}'),
    _gap("Half a surrogate pair", "cows", '{"id":"\\ud800","name":"Berta"}', (None, "bad_json")),
    _gap("Length and depth", "sensors", {"more": "x" * 65536}, (None, "too_long")),
    _gap("Length and depth", "sensors", '{"id":1,"unit":"L","more":' + "[" * 64 + "]" * 64 + "}", (None, "bad_json")),
]
