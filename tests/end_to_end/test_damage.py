"""Damaged, cut, moved and foreign files: the right answer, or an error that names the file."""

from __future__ import annotations

import random
import re
import resource
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from engines import Engines, on
from installation import Installation
from program import free_port
from waiting import wait_until

USAGE = 2
CORRUPT = 6
FLIPS = 30
PAGE, SECTOR = 4_096, 512
DAY = "2024-04-07"
COWS = 12


def _readings(herd: Installation) -> None:
    with herd.serve() as server:
        for cow in range(COWS):
            server.post("/cow", {"id": f"cow-{cow}", "name": f"Berta #{cow}"})
        server.post("/sensor", {"id": "meter", "unit": "L"})
        for cow in range(COWS):
            for hour in range(0, 24, 2):
                body = {"sensor_id": "meter", "cow_id": f"cow-{cow}", "timestamp": f"{DAY}T{hour:02}:00:00Z"}
                assert server.post("/measurement", {**body, "value": f"{cow}.{hour + 1}"}).ok


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """Read only: a test that changes it takes a copy."""
    herd = Installation(tmp_path_factory.mktemp("damage") / "data")
    _readings(herd)
    herd.process()
    return herd


@pytest.fixture
def copy(filled: Installation, tmp_path: Path) -> Installation:
    return filled.copy_to(tmp_path / "data")


def _flip(file: Path, bit: int) -> None:
    with file.open("r+b") as opened:
        opened.seek(bit // 8)
        [byte] = opened.read(1)
        opened.seek(bit // 8)
        opened.write(bytes([byte ^ 1 << bit % 8]))


def _flips(file: Path, seed: int) -> Iterator[int]:
    """Each bit is flipped back before the next."""
    chance = random.Random(seed)
    whole = file.read_bytes()
    for _ in range(FLIPS):
        bit = chance.randrange(len(whole) * 8)
        _flip(file, bit)
        yield bit
        file.write_bytes(whole)


def test_no_flipped_bit_of_the_store_changes_an_answer_in_silence(copy: Installation) -> None:
    right = copy.run("report", DAY)
    store = copy.folder / "store.db"
    told = 0
    for bit in _flips(store, seed=1):
        done = copy.attempt("report", DAY)
        if done.returncode == 0:
            assert done.stdout == right, bit
        else:
            told += 1
            assert done.returncode == CORRUPT, (bit, done.stderr)
            assert "store.db" in done.stderr
    assert copy.run("report", DAY) == right
    assert told > 0, "no page that a report needs was hit"


def test_no_sector_of_zeros_in_the_store_changes_an_answer_in_silence(copy: Installation) -> None:
    right = copy.run("report", DAY)
    store = copy.folder / "store.db"
    whole = store.read_bytes()
    told = 0
    for end in range(PAGE, len(whole) + 1, PAGE):
        store.write_bytes(whole[: end - SECTOR] + bytes(SECTOR) + whole[end:])
        done = copy.attempt("report", DAY)
        if done.returncode == 0:
            assert done.stdout == right, end
        else:
            told += 1
            assert done.returncode == CORRUPT, (end, done.stderr)
            assert "store.db" in done.stderr
    assert told > 0


def test_another_sqlite_that_finishes_the_write_ahead_logs_of_a_kill_damages_nothing(herd: Installation) -> None:
    with herd.serve() as server:
        for cow in range(COWS):
            assert server.post("/cow", {"id": f"cow-{cow}", "name": "Berta" * 1_000}).ok
        wait_until(lambda: herd.count("bronze_cows") == COWS)
        server.kill()
    for name in ("log.db", "store.db"):
        with closing(sqlite3.connect(herd.folder / name)) as another:
            another.execute("SELECT COUNT(*) FROM sqlite_schema").fetchall()
        assert not (herd.folder / f"{name}-wal").exists()
    herd.run("pipeline", "run")
    herd.run("pipeline", "rebuild", "--verify")
    for file in herd.folder.glob("store.db*"):
        file.unlink()
    herd.process()
    assert herd.count("bronze_cows") == COWS


def test_no_flipped_bit_of_the_log_is_lost_in_silence(copy: Installation) -> None:
    right = copy.count("bronze_measurements")
    log = copy.folder / "log.db"
    told = 0
    for bit in _flips(log, seed=2):
        for file in copy.folder.glob("store.db*"):
            file.unlink()
        done = copy.attempt("load")
        if done.returncode == 0:
            assert copy.count("bronze_measurements") == right, bit
        else:
            told += 1
            assert done.returncode == CORRUPT, (bit, done.stderr)
            assert "log.db" in done.stderr
    assert told > 0


def test_a_damaged_message_stops_its_partition_until_it_is_left_out_on_purpose(copy: Installation) -> None:
    readings = copy.count("bronze_measurements")
    log = copy.folder / "log.db"
    _flip(log, log.read_bytes().rindex(b"meter_cow-7") * 8 + 9)
    assert copy.run("report", DAY), "what was loaded needs no log"
    for file in copy.folder.glob("store.db*"):
        file.unlink()
    done = copy.attempt("load")
    assert done.returncode == CORRUPT, done.stderr
    assert "log.db" in done.stderr
    assert "load --adopt" in done.stderr
    assert copy.count("bronze_cows") == COWS
    assert 0 < copy.count("bronze_measurements") < readings
    copy.run("load", "--adopt")
    assert copy.count("bronze_measurements") == readings - 1
    partitions = copy.ask("status")["partitions"]
    assert [each["audit_gap"] for each in partitions] == [0, 0, 0, 0]
    assert sum(each["holes"] for each in partitions) == 1
    with copy.serve() as server:
        body = {"sensor_id": "meter", "cow_id": "cow-7", "timestamp": f"{DAY}T01:00:00Z", "value": "1"}
        assert server.post("/measurement", body).ok
        wait_until(lambda: copy.count("bronze_measurements") == readings)


def test_a_log_that_is_damaged_at_its_end_is_loaded_up_to_there_and_a_new_one_goes_on(
    copy: Installation, tmp_path: Path
) -> None:
    readings = copy.count("bronze_measurements")
    log = copy.folder / "log.db"
    _flip(log, log.read_bytes().rindex(b"meter_cow-11") * 8 + 9)
    for file in copy.folder.glob("store.db*"):
        file.unlink()
    done = copy.attempt("load")
    assert done.returncode == CORRUPT, done.stderr
    assert "load --adopt`, then move log.db away" in done.stderr
    copy.run("load", "--adopt")
    assert copy.count("bronze_measurements") == readings - 1
    partitions = copy.ask("status")["partitions"]
    holes = {each["topic"]: (each["audit_gap"], each["holes"]) for each in partitions}
    assert holes == {"cows": (0, 0), "farms": (0, 0), "measurements": (0, 1), "sensors": (0, 0)}
    body = {"sensor_id": "meter", "cow_id": "cow-7", "timestamp": f"{DAY}T01:00:00Z", "value": "1"}
    with copy.serve() as server:
        assert not server.post("/measurement", body).ok
        assert server.post("/cow", {"id": "cow-new", "name": "Berta"}).ok
        wait_until(lambda: copy.count("bronze_cows") == COWS + 1)
    refused = re.search("appending to the log: .*", (tmp_path / "serve.log").read_text())
    assert refused
    assert "load --adopt`, then move log.db away" in refused.group()
    _go_on_with_a_new_log(copy, tmp_path)


def _flip_in_first_page(log: Path) -> None:
    _flip(log, 4_000 * 8)


def _cut(log: Path) -> None:
    with log.open("r+b") as opened:
        opened.truncate(log.stat().st_size - 5_000)


@pytest.mark.parametrize("damage", [_flip_in_first_page, _cut])
def test_a_log_of_which_nothing_can_be_read_is_replaced(
    copy: Installation, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    damage(copy.folder / "log.db")
    for command in (("load",), ("load", "--adopt")):
        done = copy.attempt(*command)
        assert done.returncode == CORRUPT, done.stderr
        assert "what was not loaded is lost: stop `serve`, move log.db away" in done.stderr
    _go_on_with_a_new_log(copy, tmp_path)


def _go_on_with_a_new_log(herd: Installation, tmp_path: Path) -> None:
    (herd.folder / "log.db").rename(tmp_path / "damaged.db")
    herd.run("load", "--adopt")
    before = herd.count("bronze_measurements")
    with herd.serve() as server:
        body = {"sensor_id": "meter", "cow_id": "cow-7", "timestamp": f"{DAY}T01:00:00Z", "value": "1"}
        assert server.post("/measurement", body).ok
        wait_until(lambda: herd.count("bronze_measurements") == before + 1)


@pytest.mark.parametrize("name", ["log.db", "store.db"])
def test_an_empty_file_is_told_and_left_alone(copy: Installation, name: str) -> None:
    (copy.folder / name).write_bytes(b"")
    for command in (("status",), ("report", DAY), ("load",)):
        done = copy.attempt(*command)
        if name == "log.db" and command[0] == "report":
            assert "log.db" in done.stderr
            continue
        assert done.returncode == CORRUPT, (command, done.stderr)
        assert f"{name}: the file is empty" in done.stderr
    assert (copy.folder / name).stat().st_size == 0


def test_foreign_and_swapped_files_are_refused_and_left_alone(copy: Installation, tmp_path: Path) -> None:
    log, store = copy.folder / "log.db", copy.folder / "store.db"
    log.rename(tmp_path / "kept")
    store.rename(log)
    (tmp_path / "kept").rename(store)
    with closing(sqlite3.connect(tmp_path / "foreign.db")) as foreign:
        foreign.execute("CREATE TABLE cows (id TEXT)")
    for _ in range(2):
        before = [log.read_bytes(), store.read_bytes()]
        for command in ("status", "load"):
            done = copy.attempt(command)
            assert done.returncode == USAGE, done.stderr
            assert "this is not a herdflow log file" in done.stderr
        assert [log.read_bytes(), store.read_bytes()] == before
        shutil.copy(tmp_path / "foreign.db", log)


def test_files_of_the_release_before_the_checksums_go_on(copy: Installation) -> None:
    report = copy.run("report", DAY)
    _as_before_checksums(copy.folder / "log.db", 0x68644C31)
    _as_before_checksums(copy.folder / "store.db", 0x48465354)
    assert copy.run("report", DAY) == report
    for file in copy.folder.glob("store.db*"):
        file.unlink()
    copy.process()
    assert copy.run("report", DAY) == report
    log = copy.folder / "log.db"
    _flip(log, (log.stat().st_size - 3_000) * 8)
    (copy.folder / "store.db").unlink()
    assert copy.attempt("load").returncode == CORRUPT


def _as_before_checksums(file: Path, application: int) -> None:
    old = file.with_name("old")
    with closing(sqlite3.connect(file)) as now, closing(sqlite3.connect(old, isolation_level=None)) as before:
        version = now.execute("PRAGMA user_version").fetchone()[0]
        before.executescript("\n".join(now.iterdump()))
        if file.name == "log.db":
            before.executescript(
                "ALTER TABLE events DROP COLUMN checksum; ALTER TABLE partitions ADD COLUMN last_time INTEGER"
            )
            version = 1
        before.execute(f"PRAGMA user_version = {version}")
        before.execute(f"PRAGMA application_id = {application}")
    old.rename(file)


def test_a_store_that_lost_its_newest_commits_says_that_it_is_behind(copy: Installation, tmp_path: Path) -> None:
    with copy.serve() as server:
        body = {"sensor_id": "meter", "cow_id": "cow-1", "timestamp": f"{DAY}T01:00:00Z", "value": "1"}
        assert server.post("/measurement", body).ok
        readings = COWS * 12
        wait_until(lambda: copy.count("bronze_measurements") == readings + 1)
        server.kill()
    wal = copy.folder / "store.db-wal"
    with wal.open("r+b") as opened:
        opened.truncate(50)
    done = copy.attempt("report", DAY)
    assert done.returncode == 0, done.stderr
    assert "the store is behind the log: it lacks 1 of" in done.stderr
    copy.process()
    assert "behind" not in copy.attempt("report", DAY).stderr


@on("herd", Engines("kafka", "sqlite"))
def test_a_store_beside_kafka_says_that_it_is_behind_and_waits_for_no_broker(herd: Installation) -> None:
    _readings(herd)
    herd.process()
    assert "behind" not in herd.attempt("report", DAY).stderr
    for file in herd.folder.glob("store.db*"):
        file.rename(file.with_name(f"kept-{file.name}"))
    with herd.serve() as server:
        assert server.post("/cow", {"id": "cow-new", "name": "Berta"}).ok
    for file in herd.folder.glob("kept-store.db*"):
        file.rename(file.with_name(file.name.removeprefix("kept-")))
    right = herd.attempt("report", DAY)
    assert right.returncode == 0, right.stderr
    assert "the store is behind the log: it lacks 1 of the messages in its topics" in right.stderr
    away = herd.attempt("--kafka-brokers", f"127.0.0.1:{free_port()}", "report", DAY)
    assert (away.returncode, away.stdout) == (0, right.stdout), away.stderr
    assert "behind" not in away.stderr


def test_nothing_is_taken_on_files_that_were_moved_away(herd: Installation, tmp_path: Path) -> None:
    cow = {"id": "berta", "name": "Berta #1"}
    moved = tmp_path / "moved"
    with herd.serve() as server:
        assert server.post("/cow", cow).ok
        herd.folder.rename(moved)
        assert server.post("/cow", cow).status_code == 503
        for port in (server.producer, server.backend):
            wait_until(lambda port=port: server.http.get(f"{port}/readyz", timeout=30).status_code == 503)
        moved.rename(herd.folder)
        wait_until(lambda: server.http.get(f"{server.producer}/readyz", timeout=30).ok)
        assert server.post("/cow", cow).ok
        shutil.rmtree(herd.folder)
        assert server.post("/cow", cow).status_code == 503
    assert "was moved, removed or replaced" in (tmp_path / "serve.log").read_text()


def test_a_limit_of_the_files_size_is_told_and_passes(herd: Installation, tmp_path: Path) -> None:
    cow = {"id": "berta", "name": "Berta #1"}
    with herd.serve() as server:
        assert server.post("/cow", cow).ok
        pid = server.process.pid
        limits = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (4_096, limits[1]))
        assert server.post("/cow", cow).status_code in (503, 504)
        wait_until(lambda: server.http.get(f"{server.producer}/readyz", timeout=30).status_code == 503)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)
        wait_until(lambda: server.http.get(f"{server.producer}/readyz", timeout=30).ok)
        assert server.post("/cow", cow).ok
    assert "File too large" in (tmp_path / "serve.log").read_text()
