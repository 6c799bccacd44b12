"""Many readings in one body: what is good is there once, and what is not is named."""

from __future__ import annotations

import contextlib
import gzip
import itertools
import json
import os
import threading
from collections.abc import Iterator

import pytest
import requests
from comparison import assert_audit_is_balanced
from installation import Installation, Server

READINGS = int(os.environ.get("TEST_BULK_READINGS", "200000"))  # By hand: fourteen million are a gigabyte.
MOST_MEGABYTES = 150
LINES = {"Content-Type": "application/x-ndjson"}
MEASUREMENTS = "/api/v1/events/measurements"
LISTED = 1_000


def _line(number: int) -> bytes:
    """Every seventh is broken."""
    if number % 7 == 3:
        return b'{"sensor_id":"milk","timestamp":1712466000,"value":1}\n'
    return b'{"sensor_id":"milk","cow_id":"cow-%d","timestamp":%d,"value":12.5}\n' % (number % 100, 1712466000 + number // 100)


def _broken(count: int) -> int:
    return sum(1 for number in range(count) if number % 7 == 3)


def _pieces(count: int) -> Iterator[bytes]:
    for first in range(0, count, 1_000):
        yield b"".join(map(_line, range(first, min(first + 1_000, count))))


def _post(server: Server, body: object, **headers: str) -> requests.Response:
    return server.http.post(server.producer + MEASUREMENTS, data=body, headers=LINES | headers, timeout=600)


def _peak_megabytes(server: Server) -> int:
    with open(f"/proc/{server.process.pid}/status") as status:
        return next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmHWM"))


def _readings(herd: Installation) -> int:
    return herd.query("SELECT COUNT(*) FROM silver_measurements")[0][0]


def test_good_readings_are_there_once_and_each_broken_one_is_named_or_counted(herd: Installation) -> None:
    with herd.serve("--roles", "producer,backend") as server:
        answer = _post(server, _pieces(READINGS))
        assert answer.status_code == 200, answer.text[:1000]
        told = answer.json()
        broken = _broken(READINGS)
        assert (told["items"], told["accepted"], told["refused"]) == (READINGS, READINGS - broken, broken)
        assert [each["index"] for each in told["refusals"]] == [*itertools.islice(range(3, READINGS, 7), LISTED)]
        assert told["refusals_left_out"] == broken - LISTED
        stands = sum(last - first + 1 for each in told["positions"] for first, last in each["ranges"])
        assert stands == READINGS - broken
        assert _peak_megabytes(server) < MOST_MEGABYTES
    herd.process()
    assert herd.count("bronze_measurements") == READINGS - broken
    assert _readings(herd) == READINGS - broken
    assert_audit_is_balanced(herd)


def test_what_was_cut_by_a_kill_may_be_sent_again(herd: Installation) -> None:
    sent = threading.Event()

    def slowly() -> Iterator[bytes]:
        for number, piece in enumerate(_pieces(READINGS)):
            if number * 1_000 > READINGS // 2:
                sent.set()
            yield piece

    with herd.serve("--roles", "producer,backend") as server:
        killer = threading.Thread(target=lambda: (sent.wait(60), server.kill()))
        killer.start()
        with contextlib.suppress(requests.RequestException):
            _post(server, slowly())
        killer.join()
    with herd.serve("--roles", "producer,backend") as server:
        assert _post(server, _pieces(READINGS)).json()["accepted"] == READINGS - _broken(READINGS)
    herd.process()
    assert _readings(herd) == READINGS - _broken(READINGS)
    assert_audit_is_balanced(herd)


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_an_array_is_as_good_as_lines(herd: Installation, packed: bool) -> None:
    items = [json.loads(_line(number)) for number in range(5_000)]
    body = json.dumps(items).encode()
    headers = {"Content-Type": "application/json"}
    if packed:
        body = gzip.compress(body)
        headers["Content-Encoding"] = "gzip"
    with herd.serve("--roles", "producer,backend") as server:
        answer = _post(server, body, **headers)
    assert answer.status_code == 200
    assert answer.json()["refused"] == _broken(5_000)
    herd.process()
    assert _readings(herd) == 5_000 - _broken(5_000)


def test_a_list_that_breaks_says_where_and_keeps_what_came_before(herd: Installation) -> None:
    body = b"[" + b",".join(_line(number).strip() for number in range(3)) + b",,"
    with herd.serve("--roles", "producer,backend") as server:
        answer = _post(server, body, **{"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert (answer.json()["accepted"], answer.json()["next_index"]) == (3, 3)
    herd.process()
    assert _readings(herd) == 3
