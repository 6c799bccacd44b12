"""Who asks much, hangs, or finds no room takes nobody else's turn."""

from __future__ import annotations

import concurrent.futures
import contextlib
import itertools
import resource
import socket
import sqlite3
import subprocess

import pytest
import requests
from installation import Installation, Server, loopback_session
from program import executable, free_port
from waiting import wait_until

CONNECTIONS = 1024
SENDERS = 8


def _make_cow(server: Server, key: str) -> requests.Response:
    headers = {"Idempotency-Key": key}
    return requests.post(server.backend + "/cows/", json={"name": "Alma"}, headers=headers, timeout=60)


def test_new_cows_that_wait_for_a_lock_keep_nobody_waiting(herd: Installation) -> None:
    with herd.serve() as server:
        lock = sqlite3.connect(herd.folder / "store.db", isolation_level=None, check_same_thread=False)
        lock.execute("BEGIN IMMEDIATE")
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            waiting = [pool.submit(_make_cow, server, f"key-{n}") for n in range(8)]
            for route in ("/readyz", "/generate-report/2024-03-01", "/healthz"):
                assert requests.get(server.backend + route, timeout=4).status_code == 200
            answers = [each.result() for each in waiting]
        lock.execute("ROLLBACK")
        lock.close()
        assert {each.status_code for each in answers} == {503}
        assert all(each.headers["Retry-After"] for each in answers)
        names = {_make_cow(server, f"key-{n}").json()["name"] for n in range(8)}
        assert len(names) == 8


def test_idle_connections_lock_nobody_out(herd: Installation) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < CONNECTIONS + 200:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4 * CONNECTIONS), hard))
    with herd.serve() as server, contextlib.ExitStack() as idle:
        port = int(server.producer.rsplit(":", 1)[1])
        for _ in range(CONNECTIONS + 50):
            idle.enter_context(socket.create_connection(("127.0.0.1", port)))
        # 503 until the server has seen that they are idle.
        wait_until(lambda: requests.get(server.producer + "/healthz", timeout=4).status_code == 200, 5)
        assert server.stop() == 0


def _send_cows_until_nobody_answers(server: Server, sender: int, answered: list[str]) -> None:
    with loopback_session() as session, contextlib.suppress(requests.ConnectionError):
        for number in itertools.count():
            cow = f"{sender}-{number}"
            answer = session.post(server.producer + "/cow", json={"id": cow, "name": "Alma"}, timeout=30)
            assert answer.status_code in (200, 503), answer.text
            if answer.status_code == 200:
                answered.append(cow)


def test_a_signal_under_load_loses_nothing_that_was_answered(herd: Installation) -> None:
    answered: list[str] = []
    with herd.serve() as server, concurrent.futures.ThreadPoolExecutor(SENDERS) as pool:
        sending = [pool.submit(_send_cows_until_nobody_answers, server, n, answered) for n in range(SENDERS)]
        wait_until(lambda: len(answered) > 200 and herd.count("gold_cows") > 0)
        assert server.stop() == 0
        for each in sending:
            each.result()
    stored = {each["key"] for each in herd.ask("topics", "tail", "cows", "-n", len(answered) + SENDERS)}
    assert stored >= set(answered)


@pytest.mark.parametrize(("descriptors", "code"), [(40, 2), (400, None)])
def test_few_file_descriptors(herd: Installation, descriptors: int, code: int | None) -> None:
    """Too few to serve anybody: refused. Fewer than wanted: fewer connections, and told."""
    process = subprocess.Popen(
        [str(executable()), "serve", "--backend-port", str(free_port()), "--producer-port", str(free_port())],
        env=herd.environment(),
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors)),
    )
    assert process.stderr is not None
    try:
        if code is not None:
            said = process.communicate(timeout=30)[1]
            assert process.returncode == code
            assert "may open 40 files" in said
            assert "ulimit -n" in said
        else:
            for line in process.stderr:
                if "may open 400 files" in line:
                    break
            else:
                raise AssertionError("nothing was said of it")
    finally:
        process.terminate()
        process.communicate()
