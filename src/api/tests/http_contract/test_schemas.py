"""The schemas of the messages against the parser and the rules: what fits is taken without a refusal and without a
warning, what does not fit is not."""

import json
from pathlib import Path

import pytest
from contract import Port
from gaps import GAPS, WHOLE
from jsonschema import Draft202012Validator
from sender import Sender

DICTIONARY = Path(__file__).parents[4] / "docs/data-dictionary.md"
SCHEMAS = {"cows": "cow", "sensors": "sensor", "measurements": "measurement", "farms": "farm"}


@pytest.fixture(scope="module")
def schemas(producer: Port) -> dict[str, Draft202012Validator]:
    documents = {topic: json.loads(producer.ask("GET", f"/schemas/{name}.json").body) for topic, name in SCHEMAS.items()}
    return {topic: Draft202012Validator(document) for topic, document in documents.items()}


def complaints(producer: Port, topic: str, messages: list[bytes]) -> list[set[tuple[str | None, str]]]:
    """The field and the code of each refusal and each warning, message by message."""
    found = [set() for _ in messages]
    for first in range(0, len(messages), 250):
        body = b"\n".join(messages[first : first + 250])
        answer = producer.check("POST", f"/api/v1/events/{topic}", body, {"Content-Type": "application/x-ndjson"}).json()
        assert answer["items"] == len(messages[first : first + 250])
        assert answer["refusals_left_out"] == answer["warnings_left_out"] == 0
        for each in answer["refusals"] + answer["warnings"]:
            found[first + each["index"]].add((each["field"], each["code"]))
    return found


def no_constant(name: str):
    raise ValueError(f"{name} is no JSON")


def fits(schema: Draft202012Validator, message: bytes) -> bool:
    try:
        return schema.is_valid(json.loads(message, parse_constant=no_constant))
    except ValueError:
        return False


def test_both_ports_serve_schemas_that_are_schemas(producer, backend):
    for name in SCHEMAS.values():
        answers = [port.ask("GET", f"/schemas/{name}.json") for port in (producer, backend)]
        assert answers[0].body == answers[1].body
        for answer in answers:
            assert (answer.status, answer.headers["content-type"]) == (200, "application/schema+json")
        assert answers[0].json()["$id"] == f"{name}.json"
        Draft202012Validator.check_schema(answers[0].json())


def test_their_examples_fit_and_are_good(producer, schemas):
    for topic, schema in schemas.items():
        examples = schema.schema["examples"]
        assert all(schema.is_valid(example) for example in examples)
        assert not any(complaints(producer, topic, [json.dumps(example).encode() for example in examples]))


DEFECTS = [
    ("cows", b"[]", None, "bad_json"),
    ("cows", b"{", None, "bad_json"),
    ("cows", b'{"id":NaN}', None, "bad_json"),
    ("cows", b'{"id":"\xff","name":"Berta"}', None, "bad_utf8"),
    ("cows", {"id": None}, "id", "missing"),
    ("cows", {"id": ""}, "id", "missing"),
    ("cows", {"id": 1.5}, "id", "bad_type"),
    ("cows", {"id": True}, "id", "bad_type"),
    ("cows", {"id": "x" * 256}, "id", "too_long"),
    ("cows", {"id": " a"}, "id", "bad_characters"),
    ("cows", {"id": "a\n"}, "id", "bad_characters"),
    ("cows", {"name": None}, "name", "missing"),
    ("cows", {"name": "None"}, "name", "missing"),
    ("cows", {"name": " \u3000"}, "name", "missing"),
    ("cows", {"name": 7}, "name", "bad_type"),
    ("cows", {"name": "x" * 256}, "name", "too_long"),
    ("cows", {"name": "a\tb"}, "name", "bad_characters"),
    ("cows", {"birthdate": "31.12.2020"}, "birthdate", "bad_date"),
    ("cows", {"birthdate": 20201231}, "birthdate", "bad_date"),
    ("cows", {"birthdate": "2023-02-29"}, "birthdate", "bad_date"),
    ("cows", {"birthdate": "1979-12-31"}, "birthdate", "out_of_range"),
    ("cows", {"deleted": "yes"}, "deleted", "bad_type"),
    ("sensors", {"id": []}, "id", "bad_type"),
    ("sensors", {"unit": "nan"}, "unit", "missing"),
    ("sensors", {"unit": 1}, "unit", "bad_type"),
    ("sensors", {"unit": "kilograms per hour"}, "unit", "too_long"),
    ("sensors", {"unit": "k\x00g"}, "unit", "bad_characters"),
    ("sensors", {"unit": "ml"}, "unit", "implausible"),
    ("sensors", {"kind": {}}, "kind", "bad_type"),
    ("sensors", {"kind": "x" * 33}, "kind", "too_long"),
    ("sensors", {"kind": "mi\nlk"}, "kind", "bad_characters"),
    ("sensors", {"kind": "Milk"}, "kind", "implausible"),
    ("sensors", {"kind": "weight", "unit": "litres"}, "kind", "implausible"),
    ("sensors", {"deleted": 2}, "deleted", "bad_type"),
    ("measurements", {"sensor_id": "nan"}, "sensor_id", "missing"),
    ("measurements", {"cow_id": 3.5}, "cow_id", "bad_type"),
    ("measurements", {"cow_id": "a\u00a0"}, "cow_id", "bad_characters"),
    ("measurements", {"timestamp": None}, "timestamp", "missing"),
    ("measurements", {"timestamp": "1.6.2024 5:00"}, "timestamp", "bad_timestamp"),
    ("measurements", {"timestamp": False}, "timestamp", "bad_timestamp"),
    ("measurements", {"timestamp": 100}, "timestamp", "out_of_range"),
    ("measurements", {"timestamp": 946684799}, "timestamp", "out_of_range"),
    ("measurements", {"timestamp": "20240601"}, "timestamp", "out_of_range"),
    ("measurements", {"timestamp": "1999-12-31T23:59:59Z"}, "timestamp", "out_of_range"),
    ("measurements", {"timestamp": "500000000000"}, "timestamp", "out_of_range"),
    ("measurements", {"value": None}, "value", "missing"),
    ("measurements", {"value": "12,4"}, "value", "not_a_number"),
    ("measurements", {"value": True}, "value", "not_a_number"),
    ("measurements", {"value": "inf"}, "value", "not_a_number"),
    ("measurements", {"value": -1}, "value", "negative"),
    ("measurements", {"value": "-0.01"}, "value", "negative"),
    ("measurements", {"value": 1000001}, "value", "implausible"),
    ("measurements", {"value": "1000000.5"}, "value", "implausible"),
    ("measurements", {"deleted": []}, "deleted", "bad_type"),
    ("cows", {"farm": 7}, "farm", "bad_type"),
    ("sensors", {"farm": "North"}, "farm", "bad_characters"),
    ("measurements", {"farm": "-a"}, "farm", "bad_characters"),
    ("cows", {"farm": "a\n"}, "farm", "bad_characters"),
    ("sensors", {"farm": "x" * 64}, "farm", "too_long"),
    ("farms", {"id": "nan"}, "id", "missing"),
    ("farms", {"id": 5}, "id", "bad_type"),
    ("farms", {"id": "a_b"}, "id", "bad_characters"),
    ("farms", {"name": " "}, "name", "missing"),
    ("farms", {"time_zone": 3}, "time_zone", "bad_type"),
    ("farms", {"time_zone": "Europe Berlin"}, "time_zone", "bad_time_zone"),
    ("farms", {"time_zone": " "}, "time_zone", "bad_time_zone"),
    ("farms", {"litre_min": -1}, "litre_min", "out_of_range"),
    ("farms", {"litre_max": "1000001"}, "litre_max", "out_of_range"),
    ("farms", {"kilogram_max": "much"}, "kilogram_max", "not_a_number"),
    ("farms", {"milk_density": 1031}, "milk_density", "out_of_range"),
    ("farms", {"milk_density": "0.89"}, "milk_density", "out_of_range"),
    ("farms", {"milk_density": "1.21"}, "milk_density", "out_of_range"),
    ("farms", {"deleted": "no"}, "deleted", "bad_type"),
    ("farms", {"id": "default", "deleted": True}, "deleted", "out_of_range"),
]  # fmt: skip


def test_every_defect_of_the_data_dictionary_does_not_fit(producer, schemas):
    for topic, changes, field, code in DEFECTS:
        message = changes if isinstance(changes, bytes) else json.dumps(WHOLE[topic] | changes).encode()
        assert complaints(producer, topic, [message]) == [{(field, code)}], message
        assert not fits(schemas[topic], message), message


GOOD = [
    ("cows", {"id": "x" * 255, "name": "\U0001f404" * 255}),
    ("cows", {"id": -0, "name": "\u3000" * 300 + "a" + "\n" * 300}),
    ("cows", {"birthdate": "1980-01-01"}),
    ("cows", {"birthdate": " 1980001\t"}),
    ("cows", {"birthdate": "1984-02-29"}),
    ("cows", {"birthdate": "nan"}),
    ("cows", {"deleted": "1", "name": [], "birthdate": {}}),
    ("sensors", {"unit": " LITRES\ufeff", "kind": "milk"}),
    ("sensors", {"unit": "gal", "kind": " "}),
    ("sensors", {"unit": "lbr", "kind": "\u2003weight"}),
    ("sensors", {"deleted": True, "unit": 3}),
    ("measurements", {"timestamp": 946684800}),
    ("measurements", {"timestamp": "+00946684800000."}),
    ("measurements", {"timestamp": "946684800000000.5"}),
    ("measurements", {"timestamp": " 946684800000000000 "}),
    ("measurements", {"timestamp": "2000-01-01"}),
    ("measurements", {"timestamp": "2000W011T24Z"}),
    ("measurements", {"value": 0}),
    ("measurements", {"value": "-0.0"}),
    ("measurements", {"value": "1.25e1"}),
    ("measurements", {"value": 1000000}),
    ("measurements", {"value": "\t01000000.000 "}),
    ("measurements", {"deleted": 1, "value": "much"}),
    ("measurements", {"farm": "default"}),
    ("cows", {"farm": "None"}),
    ("sensors", {"farm": None}),
    ("farms", {"id": "0" * 63}),
    ("farms", {"time_zone": "\u00a0Etc/GMT+5\n"}),
    ("farms", {"time_zone": "nan", "litre_max": "", "milk_density": None}),
    ("farms", {"litre_min": "-0", "litre_max": "+1000000.", "kilogram_min": 1500}),
    ("farms", {"milk_density": "01.200 "}),
    ("farms", {"milk_density": 0.9}),
    ("farms", {"deleted": 1, "name": []}),
]


def test_what_is_good_up_to_its_bounds_fits(producer, schemas):
    for topic, changes in GOOD:
        message = json.dumps(WHOLE[topic] | changes).encode()
        assert complaints(producer, topic, [message]) == [set()], message
        assert fits(schemas[topic], message), message


def test_no_code_is_left_out(producer):
    seen = {code for _, _, _, code in DEFECTS} | {code for gap in GAPS for _, code in gap.complaints}
    of_requests = {"closed_farm", "other_farm"}
    assert seen == set(producer.document["components"]["schemas"]["ItemError"]["properties"]["code"]["enum"]) - of_requests


def test_what_no_schema_says_is_known_by_name(producer, schemas):
    for gap in GAPS:
        message = gap.message.encode()
        assert complaints(producer, gap.topic, [message]) == [gap.complaints], gap
        assert fits(schemas[gap.topic], message) == bool(gap.complaints), gap


def test_the_data_dictionary_names_what_no_schema_says():
    text = DICTIONARY.read_text(encoding="utf-8")
    for name in {gap.name for gap in GAPS}:
        assert f"| {name} |" in text, name


@pytest.mark.parametrize("topic", SCHEMAS)
def test_what_fits_is_what_is_good(producer, schemas, topic):
    sender = Sender(seed=15)
    messages = [json.dumps(sender.message(topic)).encode() for _ in range(2000)]
    good = [not found for found in complaints(producer, topic, messages)]
    assert 300 < sum(good) < 1700  # Both sides are asked.
    assert [m for m, is_good in zip(messages, good, strict=True) if fits(schemas[topic], m) != is_good] == []
