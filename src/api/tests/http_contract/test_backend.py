import datetime
import uuid
from urllib.parse import quote

import forms
import pytest


def test_unknown_and_odd_cows(backend):
    assert backend.check("GET", f"/cows/{uuid.uuid4()}").status == 404
    for cow_id in ("x" * 255, "é", "🐄", "a/b", "a?b", "'; DROP TABLE cows", "%", "..", "null"):
        assert backend.check("GET", "/cows/" + quote(cow_id, safe="")).status == 404, cow_id
    for path in ("/cows/%FF", "/cows/%00", "/cows/a%0A", "/cows/%20a", "/cows/" + "x" * 256):
        assert backend.check("GET", path).status == 422, path
    assert backend.check("GET", "/cows/%zz").status == 400


def test_a_new_cow_is_visible_at_once(backend):
    name = f"Contract {uuid.uuid4().hex[:12]}"
    key = {"Idempotency-Key": uuid.uuid4().hex}
    made = backend.check("POST", "/cows/", {"name": name, "birthdate": "2022-03-14"}, key)
    assert made.status == 200
    cow = made.json()
    assert (cow["name"], cow["birthdate"], cow["latest_sensor_data"]) == (f"{name} #1", "2022-03-14", None)
    assert backend.check("GET", f"/cows/{cow['id']}/").json() == cow
    again = backend.check("POST", "/cows", {"name": name, "birthdate": "2022-03-14"}, key)
    assert again.json()["id"] == cow["id"]
    second = backend.check("POST", "/cows/", {"name": name}).json()
    assert (second["name"], second["birthdate"]) == (f"{name} #2", None)


@pytest.mark.parametrize(
    "body",
    [{}, {"name": ""}, {"name": None}, {"name": "x" * 256}, {"name": ["x"]}, {"name": "x", "birthdate": "soon"},
     {"name": "x", "birthdate": "1979-12-31"}, {"name": "x", "birthdate": "2999-01-01"}, {"birthdate": "2020-01-01"}],
)
def test_a_bad_cow_is_refused(backend, body):
    answer = backend.check("POST", "/cows/", body)
    assert answer.status == 422 and answer.complaints()


def test_birthdates_are_those_of_the_document(backend):
    for text in forms.texts(seed=5, count=200):
        body = {"name": f"Form {uuid.uuid4().hex}", "birthdate": text}
        status = backend.check("POST", "/cows/", body).status
        assert status in (200, 422), text
        allowed = forms.allows(backend, "NewCow", body)
        if allowed or not forms.is_left_out(text):
            assert (status == 200) == allowed or text.strip()[:4] > "2025", f"{text!r}: {status}"


def test_an_idempotency_key_is_sent_once_and_says_something(backend):
    name = f"Key {uuid.uuid4().hex}"
    assert backend.check("POST", "/cows/", {"name": name}, {"Idempotency-Key": ""}).status == 422


def test_noise_is_refused(backend):
    for body in (b"", b"x", b"[]", b"{", b"\xff", b'{"name":"a","name":"b"}'):
        assert backend.check("POST", "/cows/", body).status == 400, body
    assert backend.check("POST", "/cows/", b'{"name":"' + b"x" * 70000 + b'"}').status == 413


def test_reports(backend):
    today = datetime.datetime.now(datetime.timezone.utc).date()
    for date in ("1970-01-01", "2024-04-07", "2024-02-29", str(today - datetime.timedelta(days=1))):
        body = backend.check("GET", f"/generate-report/{date}").json()
        assert (body["report_date"], body["so_far"]) == (date, False)
        for rows in (body["milk_production"], body["cow_weights"], body["ill_cows"]):
            ids = [row["cow_id"].encode() for row in rows]
            assert ids == sorted(set(ids))
    for date in ("2024-4-7", "2023-02-29", "today", "20240407", "2024-04-07T00:00", "%FF", str(today + datetime.timedelta(days=3))):
        assert backend.check("GET", f"/generate-report/{date}").status == 400, date
