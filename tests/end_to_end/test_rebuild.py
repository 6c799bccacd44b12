"""`pipeline rebuild` and its `--verify`, as commands."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import subprocess
import threading
import time
from pathlib import Path

import files
from engines import EMBEDDED, SERVERS, on
from installation import Installation, executable

MORNING = "2024-03-01T06:00:00+00:00"
SECONDS = files.seconds(MORNING)


def _fill(herd: Installation, folder: Path) -> Installation:
    files.write_cows(folder, [("berta", "Berta #1", dt.date(2019, 5, 6))])
    files.write_sensors(folder, [("milk", "L")])
    files.write_measurements(
        folder, [("milk", "berta", SECONDS + hour * 3600, 10.0) for hour in range(10)]
    )
    return herd.seed_and_process(folder)


@on("herd", SERVERS)
def test_what_is_damaged_is_told_and_left_until_it_is_rebuilt(
    herd: Installation, tmp_path: Path
) -> None:
    _fill(herd, tmp_path / "files")
    herd.query("UPDATE gold_cow_daily_metrics_rows SET milk_sum = milk_sum + 1")
    for days in ((), ("--from", "2024-03-01"), ("--to", "2024-03-01")):
        told = herd.attempt("pipeline", "rebuild", "--verify", *days)
        assert told.returncode == 6, told.stderr
        assert "gold_cow_daily_metrics" in told.stdout
        assert "cow berta, 2024-03-01" in told.stdout
        assert "nothing was changed" in told.stderr
    herd.run("pipeline", "rebuild", "--verify", "--to", "2024-02-29")
    herd.run("pipeline", "rebuild")
    assert "what bronze makes of them" in herd.run("pipeline", "rebuild", "--verify")
    assert herd.query("SELECT milk_sum FROM gold_cow_daily_metrics_rows") == [(100_000_000,)]


@on("herd", SERVERS)
def test_an_audit_tells_a_wrong_count_and_a_rebuild_counts_anew(
    herd: Installation, tmp_path: Path
) -> None:
    _fill(herd, tmp_path / "files")
    herd.run("status", "--audit")
    herd.query("UPDATE ops_row_counts SET row_count = 77 WHERE kind = 'accepted'")
    assert json.loads(herd.run("status", "--json"))["silver_by_state"] == {"accepted": 77}
    told = herd.attempt("status", "--audit", "--json")
    assert told.returncode == 6, told.stderr
    assert "`herdflow pipeline rebuild` counts anew" in told.stderr
    counted = json.loads(told.stdout)
    assert counted["silver_by_state"] == {"accepted": 10}
    assert counted["count_differences"] == [
        {"table": "silver_measurements", "of": "default accepted", "kept": 77, "counted": 10}
    ]
    herd.run("pipeline", "rebuild")
    herd.run("status", "--audit")
    herd.query("DELETE FROM bronze_measurements_rows WHERE topic_offset = 3")
    told = herd.attempt("status", "--audit")
    assert told.returncode == 6, told.stderr
    assert "messages were lost or doubled" in told.stderr


@on("herd", EMBEDDED, SERVERS)
def test_nothing_differs_while_messages_come_and_are_processed(
    herd: Installation, tmp_path: Path
) -> None:
    _fill(herd, tmp_path / "files")
    done = threading.Event()

    with herd.serve() as server:

        def send() -> None:
            number = 0
            while not done.is_set():
                number += 1
                reading = {"sensor_id": "milk", "cow_id": "berta", "value": number % 50}
                at = SECONDS + number % 7 * 3600
                assert server.post("/measurement/", reading | {"timestamp": at}).status_code == 200

        sender = threading.Thread(target=send)
        sender.start()
        try:
            for _ in range(10):
                herd.run("pipeline", "rebuild", "--verify")
        finally:
            done.set()
            sender.join()
    herd.process()
    herd.run("pipeline", "rebuild", "--verify")


def test_verify_changes_neither_settings_nor_folders(herd: Installation, tmp_path: Path) -> None:
    assert herd.attempt("pipeline", "rebuild", "--verify").returncode == 3
    assert not (herd.folder / "store.db").exists()
    _fill(herd, tmp_path / "files")
    elsewhere = dataclasses.replace(herd, zone="Europe/Berlin")
    elsewhere.run("pipeline", "rebuild", "--verify")
    elsewhere.run("load")
    assert herd.ask("farm", "show", "default")["time_zone"] == "UTC"
    herd.run("pipeline", "rebuild", "--verify")


def test_a_rebuild_that_is_killed_again_and_again_comes_to_its_end(
    herd: Installation, tmp_path: Path
) -> None:
    period = ("--from", "2024-01-01", "--to", "2024-02-29")
    herd.run("generate", "--cows", 20, *period, "-o", tmp_path / "herd")
    herd.seed_and_process(tmp_path / "herd")
    derived = ("gold_cow_daily_metrics", "gold_herd_days", "gold_cow_milk_means")
    before = [herd.query(f"SELECT * FROM {table} ORDER BY 1, 2") for table in derived]
    for wait in (0.1, 0.2, 0.3):
        rebuild = subprocess.Popen(
            [str(executable()), "pipeline", "rebuild"], env=herd.environment(), text=True
        )
        time.sleep(wait)
        rebuild.kill()
        rebuild.wait()
    herd.run("pipeline", "rebuild", "--from", "2024-02-01")
    herd.run("pipeline", "rebuild", "--verify")
    assert [herd.query(f"SELECT * FROM {table} ORDER BY 1, 2") for table in derived] == before
