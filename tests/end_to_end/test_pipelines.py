"""Runs of the pipelines' tasks: by HTTP, by schedule and by command; killed, cancelled, asked for twice."""

from __future__ import annotations

import concurrent.futures
import json
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import files
import pytest
import requests
from engines import EMBEDDED, Engines, on
from installation import Installation, Server
from program import executable
from sealed import seal
from waiting import wait_until

CLEANSE = ("measurement_data_pipeline", "cleanse_measurements")
ON_BOTH = on("herd", EMBEDDED, Engines(store="mariadb"))
OVER = ("succeeded", "failed", "cancelled", "interrupted")


def _ask(server: Server, key: str, pipeline: str = CLEANSE[0], task: str = CLEANSE[1]) -> requests.Response:
    route = f"/api/v1/pipelines/{pipeline}/tasks/{task}/runs"
    return server.http.post(server.backend + route, headers={"Idempotency-Key": key}, timeout=30)


def _run(server: Server, run: str) -> dict[str, Any]:
    return server.get(f"/api/v1/runs/{run}").json()


def _last_runs(server: Server) -> list[dict[str, Any]]:
    pipelines = server.get("/api/v1/pipelines").json()["pipelines"]
    return [task["last_run"] for each in pipelines for task in each["tasks"]]


def _wait_until_over(server: Server, run: str) -> dict[str, Any]:
    wait_until(lambda: _run(server, run)["state"] in OVER)
    return _run(server, run)


def _external(herd: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what is asked for is run."""
    environment = herd.environment
    monkeypatch.setattr(
        herd, "environment", lambda: {**environment(), "HERDFLOW_PIPELINES_SCHEDULER": "external"}
    )


def _fill(herd: Installation, folder: Path, readings: int = 50) -> None:
    """A farm, a cow, a sensor and readings in bronze, and nothing judged."""
    files.write_farms(folder, [("hill", "Hill", "UTC")])
    files.write_cows(folder, [("berta", "Berta #1", None)])
    files.write_sensors(folder, [("milk", "L")])
    first = files.seconds("2024-03-01T06:00:00+00:00")
    rows = [("milk", "berta", first + 600 * n, 10.0) for n in range(readings)]
    files.write_measurements(folder, rows)
    herd.run("seed", folder)
    herd.run("load")


@ON_BOTH
def test_another_scheduler_runs_task_after_task(
    herd: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _external(herd, monkeypatch)
    _fill(herd, tmp_path / "files")
    with herd.serve() as server:
        listed = server.get("/api/v1/pipelines").json()
        assert listed["scheduler"] == "external"
        time.sleep(1.5)
        assert herd.count("silver_measurements") == 0
        for pipeline in listed["pipelines"]:
            for task in pipeline["tasks"]:
                asked = _ask(server, f"once-{task['id']}", pipeline["id"], task["id"])
                assert asked.status_code == 202, asked.text
                assert asked.headers["Location"] == f"/api/v1/runs/{asked.json()['id']}"
                run = _wait_until_over(server, asked.json()["id"])
                assert (run["state"], run["attempt"], run["trigger"]) == ("succeeded", 1, "api"), run
                assert run["rows_read"] > 0 and run["rows_written"] > 0 and run["log"], run
        assert all(run["state"] == "succeeded" for run in _last_runs(server))
    assert herd.ask("report", "2024-03-01")["milk_production"][0]["cow_id"] == "berta"


@ON_BOTH
def test_the_same_key_twice_at_once_is_one_run(herd: Installation) -> None:
    with herd.serve() as server, concurrent.futures.ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: _ask(server, "the-same"), range(8)))
        assert sorted(each.status_code for each in answers) == [200] * 7 + [202]
        assert len({each.json()["id"] for each in answers}) == 1
        assert _ask(server, "the-same", "cow_data_pipeline", "cleanse_cows").status_code == 409
        assert _ask(server, "").status_code == 422
        assert _ask(server, "x", "cow_data_pipeline", "walk").status_code == 404
        assert server.get("/api/v1/runs/999999").status_code == 404


def test_a_run_of_a_killed_server_goes_on_in_the_next(
    herd: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`kill -9` leaves a running run; who has looked for 15 s goes on with it. (Other stores: the ledger's contract.)"""
    _external(herd, monkeypatch)
    _fill(herd, tmp_path / "files", readings=20)
    with herd.serve() as server:
        run = _ask(server, "killed").json()["id"]
        _wait_until_over(server, run)
        server.kill()
    # As it stands where the process dies in the middle: begun, and silent since.
    _make_it_look_killed(herd, run)
    with herd.serve() as server:
        wait_until(lambda: _run(server, run)["attempt"] == 2)
        assert _wait_until_over(server, run)["state"] == "succeeded"


def _make_it_look_killed(herd: Installation, run: str) -> None:
    import sqlite3

    with sqlite3.connect(herd.folder / "store.db") as connection:
        connection.execute(
            f"UPDATE ops_task_runs SET state = 'running', finished_at = NULL WHERE id = {int(run)}"
        )
    connection.close()
    seal(herd.folder / "store.db")


@ON_BOTH
def test_cancelling(herd: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    """A queued run ends at once; one that is over stays as it is."""
    _external(herd, monkeypatch)
    with herd.serve() as server:
        run = _ask(server, "over").json()["id"]
        assert _wait_until_over(server, run)["state"] == "succeeded"
        again = server.http.post(f"{server.backend}/api/v1/runs/{run}/cancel", timeout=30)
        assert (again.status_code, again.json()["state"]) == (200, "succeeded")
        assert server.http.post(f"{server.backend}/api/v1/runs/999999/cancel", timeout=30).status_code == 404


def test_two_servers_make_one_run_of_a_slot(herd: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = herd.environment
    slots = {f"HERDFLOW_PIPELINES_{name}_DATA": "every 6 h" for name in ("FARM", "COW", "SENSOR", "MEASUREMENT")}
    monkeypatch.setattr(herd, "environment", lambda: {**environment(), **slots})
    with herd.serve(), herd.serve() as server:
        wait_until(lambda: all(run and run["state"] == "succeeded" for run in _last_runs(server)))
        time.sleep(2)
    assert herd.query("SELECT count(*), count(DISTINCT task) FROM ops_task_runs") == [(11, 11)]


def test_a_look_in_vain_is_no_run(herd: Installation) -> None:
    with herd.serve():
        time.sleep(2.5)
    assert herd.query("SELECT count(*) FROM ops_task_runs") == [(0,)]


def test_notifications_are_shown(herd: Installation) -> None:
    with herd.serve() as server:
        body = {"pipeline": CLEANSE[0], "task": CLEANSE[1], "event": "failed", "message": "no room"}
        assert server.http.post(f"{server.backend}/api/v1/notifications", json=body, timeout=30).status_code == 201
        assert server.get("/api/v1/pipelines").json()["notifications"][0]["message"] == "no room"
        assert herd.ask("status")["notifications"][0]["event"] == "failed"
    assert "no room" in herd.run("status")


def test_the_command_line_lists_runs_and_shows_them(herd: Installation, tmp_path: Path) -> None:
    assert "never ran" in herd.run("pipeline", "list")
    _fill(herd, tmp_path / "files")
    herd.run("pipeline", "run")
    herd.run("pipeline", "run", "measurement_data_pipeline", "daily_aggregation")
    listed = herd.ask("pipeline", "list")
    assert {task["last_run"]["state"] for each in listed["pipelines"] for task in each["tasks"]} == {"succeeded"}
    assert {task["last_run"]["trigger"] for each in listed["pipelines"] for task in each["tasks"]} == {"command"}
    run = herd.ask("pipeline", "status", "2")
    assert (run["task"], run["rows_read"], run["log"]) == ("cleanse_cows", 1, [])
    assert "cleanse_cows" in herd.run("pipeline", "status")
    assert herd.attempt("pipeline", "status", "999").returncode == 3
    assert herd.attempt("pipeline", "run", "cow_data_pipeline", "daily_aggregation").returncode == 3


def test_the_manifest_follows_the_configuration(herd: Installation, tmp_path: Path) -> None:
    config, manifest = tmp_path / "herdflow.toml", tmp_path / "pipelines.json"
    config.write_text('[pipelines]\ncow_data = "every 15 min"\n')
    watching = subprocess.Popen(
        [str(executable()), "pipeline", "manifest", "--config", str(config), "--output", str(manifest), "--watch"],
        env=herd.environment(),
    )
    try:
        schedule = lambda: json.loads(manifest.read_text())["pipelines"][1]["schedule"]  # noqa: E731
        wait_until(manifest.exists)
        assert schedule() == "every 15 min"
        config.write_text('[pipelines]\ncow_data = "now and then"\n')
        time.sleep(1.5)
        assert schedule() == "every 15 min"
        config.write_text('[pipelines]\ncow_data = "daily at 04:30"\n')
        wait_until(lambda: schedule() == "daily at 04:30")
    finally:
        watching.send_signal(signal.SIGTERM)
        assert watching.wait(10) == 0
    assert json.loads(herd.run("pipeline", "manifest"))["version"] == 1


def test_a_bad_schedule_names_the_field_and_the_forms(herd: Installation) -> None:
    refused = herd.attempt("pipeline", "list", "--pipelines-cow-data", "hourly")
    assert refused.returncode == 2
    for words in ("[pipelines] cow_data", "hourly", "when new", "every 15 min", "daily at 04:30"):
        assert words in refused.stderr
