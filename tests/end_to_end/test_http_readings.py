"""Readings by HTTP are worth as much as readings from a file."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import events
import files
import oracle
import pytest
from comparison import assert_all_equal_oracle, assert_audit_is_balanced, assert_same_results
from installation import Installation, Server, loopback_session
from waiting import wait_until

READINGS = 2_000
SENDERS = 8


@pytest.fixture(scope="module")
def sample(real_files: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """2,000 of the real readings with all cows and sensors."""
    return files.sample_of(real_files, tmp_path_factory.mktemp("sample") / "files", READINGS, 3)


@pytest.fixture(scope="module")
def seeded(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    return Installation(tmp_path_factory.mktemp("seeded") / "data").seed_and_process(sample)


def _send_some(server: Server, batch: Sequence[events.Event]) -> None:
    with loopback_session() as session:
        for route, body in batch:
            answer = session.post(server.producer + route, json=body, timeout=30)
            assert answer.status_code == 200, (route, body, answer.text)
            assert answer.json()["status"] == "success"


def _send_all(server: Server, bodies: Sequence[events.Event]) -> None:
    """From several gateways at once."""
    with ThreadPoolExecutor(SENDERS) as senders:
        batches = [bodies[start::SENDERS] for start in range(SENDERS)]
        list(senders.map(lambda batch: _send_some(server, batch), batches))


def test_the_seed_of_the_sample_equals_the_oracle(seeded: Installation, sample: Path) -> None:
    assert_all_equal_oracle(seeded, oracle.build(sample))


def test_readings_by_http_give_the_same_rows_as_by_seed(
    herd: Installation, seeded: Installation, sample: Path
) -> None:
    """`2,000 of the readings sent by HTTP, shuffled, strings and numbers mixed: the same rows`."""
    with herd.serve() as server:
        _send_all(server, events.shuffled_events(sample, seed=4))
    herd.process()
    assert herd.count("bronze_measurements") == READINGS
    assert herd.count("silver_quarantine") == seeded.count("silver_quarantine")
    assert_audit_is_balanced(herd)
    assert_same_results(herd, seeded)


def test_kill_right_after_the_last_answer_loses_nothing(
    herd: Installation, seeded: Installation, sample: Path
) -> None:
    """`kill -9 right after the last answer: all there at the next start`."""
    with herd.serve() as server:
        _send_all(server, events.shuffled_events(sample, seed=5))
        server.kill()
    silver_rows = seeded.count("silver_measurements")
    last_tables = ("gold_cow_daily_metrics", "gold_herd_days", "gold_cow_milk_means")
    with herd.serve():
        wait_until(lambda: herd.count("bronze_measurements") == READINGS)
        wait_until(lambda: herd.count("silver_measurements") == silver_rows)
        wait_until(lambda: all(herd.count(table) == seeded.count(table) for table in last_tables))
    herd.process()
    assert_audit_is_balanced(herd)
    assert_same_results(herd, seeded)
