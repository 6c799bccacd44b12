"""A signal ends every command within two seconds, whatever it waits for; a second one ends it at once."""

from __future__ import annotations

import contextlib
import itertools
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import files
from installation import Installation
from program import executable, free_port
from waiting import wait_until

SECONDS = 2
# What a loaded machine adds. What they wait for lasts longer.
MARGIN = 1
STOPPED = 5


@contextlib.contextmanager
def _silent_server() -> Iterator[int]:
    """A port where connections are accepted, and nothing is ever answered."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as server:
        yield server.getsockname()[1]


@contextlib.contextmanager
def _locked_store(herd: Installation) -> Iterator[None]:
    """As a process does that was stopped in a transaction."""
    connection = sqlite3.connect(herd.folder / "store.db", isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    yield
    connection.execute("ROLLBACK")
    connection.close()


def _start(herd: Installation, *command: object, **settings: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [str(executable()), *map(str, command)],
        env={**herd.environment(), **settings},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        # A shell that starts tests in the background has them ignore it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def _commands(herd: Installation, folder: Path, silent: int) -> dict[str, subprocess.Popen[str]]:
    database = {
        "HERDFLOW_STORE_ENGINE": "mysql",
        "HERDFLOW_MYSQL_HOST": "127.0.0.1",
        "HERDFLOW_MYSQL_PORT": str(silent),
    }
    broker = {"HERDFLOW_LOG_ENGINE": "kafka", "HERDFLOW_KAFKA_BROKERS": f"127.0.0.1:{silent}"}
    ports = {"HERDFLOW_PRODUCER_PORT": str(free_port()), "HERDFLOW_BACKEND_PORT": str(free_port())}
    serve = {**ports, **broker}
    return {
        "status, no database": _start(herd, "status", **database),
        "report, no database": _start(herd, "report", **database),
        "cow, no database": _start(herd, "cow", "berta", **database),
        "load, no database": _start(herd, "load", **database),
        "load, no broker": _start(herd, "load", **broker),
        "pipeline run, no database": _start(herd, "pipeline", "run", **database),
        "pipeline run, a lock": _start(herd, "pipeline", "run"),
        "pipeline status, no database": _start(herd, "pipeline", "status", **database),
        "pipeline manifest": _start(herd, "pipeline", "manifest", "--watch", "--output", folder / "manifest.json"),
        "topics list, no broker": _start(herd, "topics", "list", **broker),
        "topics tail, no broker": _start(herd, "topics", "tail", "measurements", **broker),
        "topics create, no broker": _start(herd, "topics", "create", **broker),
        "seed, no broker": _start(herd, "seed", folder / "files", **broker),
        "generate": _start(
            herd, "generate", "--cows", 2000, "--from", "2000-01-01", "--to", "2034-12-31", "--seed", 1,
            "-o", folder / "herd",
        ),
        "serve, no broker": _start(herd, "serve", **serve),
    }


def _fill(herd: Installation, folder: Path) -> None:
    files.write_cows(folder, [("berta", "Berta #1", None)])
    files.write_sensors(folder, [("milk", "L")])
    files.write_measurements(folder, [("milk", "berta", 1_709_272_800.0, 10.0)])
    herd.run("seed", folder)
    herd.run("load")


def test_a_signal_ends_every_command(herd: Installation, tmp_path: Path) -> None:
    _fill(herd, tmp_path / "files")
    with _silent_server() as silent, _locked_store(herd):
        running = _commands(herd, tmp_path, silent)
        try:
            time.sleep(1.5)  # Until each stands where it waits: none of them says so.
            ended = {name: each.communicate()[1] for name, each in running.items() if each.poll() is not None}
            assert not ended
            sent = dict(zip(running, itertools.cycle([signal.SIGINT, signal.SIGTERM])))
            for name, each in running.items():
                each.send_signal(sent[name])
            with contextlib.suppress(AssertionError):
                wait_until(lambda: all(each.poll() is not None for each in running.values()), SECONDS + MARGIN)
            codes = {name: each.poll() for name, each in running.items()}
            assert codes.pop("pipeline manifest") == 0
            assert {name: code for name, code in codes.items() if code not in (STOPPED, -sent[name])} == {}
        finally:
            for each in running.values():
                each.kill()
                each.communicate()


@contextlib.contextmanager
def _load_that_waits(herd: Installation, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """For a process that has the partitions, and was stopped."""
    _fill(herd, folder)
    loader = _start(herd, "serve", "--roles", "loader")
    time.sleep(1)  # Until it has the partitions, and nothing to do.
    loader.send_signal(signal.SIGSTOP)
    try:
        herd.run("seed", folder)
        load = _start(herd, "load")
        time.sleep(1)
        assert load.poll() is None
        yield load
    finally:
        loader.send_signal(signal.SIGCONT)
        loader.terminate()
        loader.communicate()
    assert loader.returncode == 0


def test_a_load_that_waits_for_another_process_ends(herd: Installation, tmp_path: Path) -> None:
    with _load_that_waits(herd, tmp_path / "files") as load:
        load.send_signal(signal.SIGINT)
        assert load.communicate(timeout=SECONDS + MARGIN) is not None
        assert load.returncode == STOPPED


def test_a_load_that_is_stopped_while_it_fails_says_why_and_how_to_go_on(herd: Installation, tmp_path: Path) -> None:
    with _load_that_waits(herd, tmp_path / "files") as load:
        moved = herd.folder.rename(tmp_path / "moved")
        assert load.stderr is not None
        next(line for line in load.stderr if "trying again" in line)
        load.send_signal(signal.SIGINT)
        said = load.stderr.read()
        assert load.wait(SECONDS + MARGIN) == STOPPED
        moved.rename(herd.folder)
    assert "loading: stopped; it had failed before: store.db: the file was moved" in said
    assert "; `herdflow load` goes on from there" in said


def test_a_second_signal_ends_a_command_at_once(herd: Installation, tmp_path: Path) -> None:
    _fill(herd, tmp_path / "files")
    with _locked_store(herd):
        run = _start(herd, "pipeline", "run")
        time.sleep(1)
        run.send_signal(signal.SIGINT)
        time.sleep(0.1)
        run.send_signal(signal.SIGINT)
        assert "by a second signal" in run.communicate(timeout=SECONDS + MARGIN)[1]
        assert run.returncode == STOPPED
