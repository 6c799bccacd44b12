import random
import uuid

import forms
import pytest

NOISE = [b"", b" ", b"x", b"[]", b"1", b"null", b'"{}"', b"{", b'{"id":1}}', b"\xff", b'{"id":"\xff"}', b"{}" * 40000, b"[" * 5000]
ODD = [None, "", " ", "None", "nan", "x" * 255, "x" * 256, "a\nb", " a", "é", "🐄", "null", 0, -1, 1e300, 1.5, 10**30, True, [], {}, "1e5", "-0"]
TIMES = [1594425600, "1594425600.0", 1594425600000, "2020-07-11T00:00:00Z", "2020-07-11", 0, -5, 1e18, "9999-12-31", "soon", 4102444800]
PATHS = ["/cow", "/sensor", "/measurement", "/ingrid/cow/", "/ingrid/sensor/", "/ingrid/measurement/"]


def reading(**changes):
    sent = {"sensor_id": f"contract-{uuid.uuid4()}", "cow_id": "contract-cow", "timestamp": 1594425600, "value": 5.5}
    return {**sent, **changes}


def test_a_reading_is_durable(producer):
    for value in (5.5, "5.5", None):
        answer = producer.check("POST", "/measurement", reading(value=value))
        assert answer.status == 200
        body = answer.json()
        assert body["message"] == "Sent to measurements kafka topic" and body["topic"] == "measurements"
        assert bool(body["warnings"]) == (value is None)


def test_offsets_rise_within_a_partition(producer):
    seen = {}
    for _ in range(20):
        body = producer.check("POST", "/ingrid/measurement", reading()).json()
        assert body["offset"] > seen.get(body["partition"], -1)
        seen[body["partition"]] = body["offset"]


def test_every_offending_field_at_once(producer):
    answer = producer.check("POST", "/measurement/", {"sensor_id": " s", "timestamp": "soon", "value": -1})
    assert answer.status == 422
    assert answer.complaints() == [
        ("body.sensor_id", "bad_characters"),
        ("body.cow_id", "missing"),
        ("body.timestamp", "bad_timestamp"),
    ]


@pytest.mark.parametrize("path", PATHS)
def test_noise_is_refused(producer, path):
    for body in NOISE:
        assert producer.check("POST", path, body).status in (400, 413), body[:80]


def test_odd_fields_are_answered_as_described(producer):
    chance = random.Random(6)
    for _ in range(600):
        path = chance.choice(PATHS)
        names = ["sensor_id", "cow_id", "timestamp", "value", "id", "name", "birthdate", "unit", "deleted", "extra"]
        body = {name: chance.choice(TIMES if name == "timestamp" else ODD) for name in chance.sample(names, chance.randint(0, 10))}
        # What was accepted here stays in the log: these ids tell where it came from.
        for name in ("id", "sensor_id", "cow_id"):
            if isinstance(body.get(name), str) and body[name].strip():
                body[name] = f"contract-{body[name]}"[:256]
        assert producer.check("POST", path, body).status in (200, 422), body


def test_times_are_those_of_the_document(producer):
    for text in forms.texts(seed=4, count=600):
        body = reading(timestamp=text)
        status = producer.check("POST", "/measurement", body).status
        assert status in (200, 422), text
        if forms.allows(producer, "Measurement", body) or not forms.is_left_out(text):
            assert (status == 200) == forms.allows(producer, "Measurement", body), f"{text!r}: {status}"


def test_ids_are_those_of_the_document(producer):
    texts = ["a", "a b", "", " ", " a", "a ", "\u00a0a", "a\u2003", "\ufeffa", "a\ufeff", "a\u0085", "a\nb", "a\x7fb", "a\x9fb", "a\u200bb",
             "None", "nan", "none", "null", "x" * 255, "x" * 256, "\U0001f404" * 255, "\U0001f404" * 256]  # fmt: skip
    for sent in [*texts, 0, -1, 10**30, 1.5, True, None, [], {}]:
        body = {"id": sent}
        status = producer.check("POST", "/sensor", body).status
        assert (status == 200) == forms.allows(producer, "Sensor", body), f"{sent!r}: {status}"


def test_headers(producer):
    text = {"Content-Type": "text/plain"}
    assert producer.check("POST", "/measurement", reading(), text).status == 200
    latin = {"Content-Type": "application/json; charset=latin1"}
    assert producer.check("POST", "/measurement", reading(), latin).status == 415
    assert producer.check("POST", "/measurement", reading(), {"Origin": "https://example.org"}).status == 403
    assert producer.check("GET", "/healthz", None, {"X-Long": "x" * 40000}).status == 431


def test_unknown_paths(producer):
    for path in ("/nowhere", "/cows/1", "/cow/1", "/measurement//", "/%00", "/docs/x"):
        assert producer.check("GET", path).status == 404, path
