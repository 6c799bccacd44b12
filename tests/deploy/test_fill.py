"""deploy/local/fill, with a herdflow and an Airflow that say what the test wants."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from program import REPOSITORY

PIPELINES = {"farm_data_pipeline": 1, "cow_data_pipeline": 1, "sensor_data_pipeline": 1, "measurement_data_pipeline": 8}
FAILED = "the disk is full"


class Airflow(ThreadingHTTPServer):
    """Runs are over at once; those of `failing` failed."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.started: list[str] = []
        self.failing = ""
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def answer(self, method: str, path: str) -> Any:
        if path == "/auth/token":
            return {"access_token": "let me in"}
        if path.startswith("/api/v2/dags?"):
            return {"dags": [{"dag_id": each} for each in PIPELINES]}
        dag = path.split("/")[4]
        state = "failed" if dag == self.failing else "success"
        if method == "POST":
            self.started.append(dag)
            return {"dag_run_id": "manual"}
        if "/logs/1" in path:
            return {"content": [{"event": "it begins"}, {"event": "Task failed", "error_detail": [{"exc_value": FAILED}]}]}
        if path.endswith("/taskInstances"):
            return {"task_instances": [{"task_id": f"of_{dag}", "state": state, "try_number": 1}]}
        return {"state": state}


class Handler(BaseHTTPRequestHandler):
    server: Airflow

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        allowed = self.path == "/auth/token" or self.headers["Authorization"] == "Bearer let me in"
        self.send_response(200 if allowed else 401)
        self.end_headers()
        self.wfile.write(json.dumps(self.server.answer(self.command, self.path) if allowed else {}).encode())

    do_POST = do_GET

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def airflow() -> Iterator[Airflow]:
    with Airflow() as server:
        yield server
        server.shutdown()


@pytest.fixture
def folder(tmp_path: Path, airflow: Airflow) -> Path:
    """What ./run leaves there, and a herdflow that has judged nothing of its one message."""
    (tmp_path / "airflow").mkdir()
    (tmp_path / "airflow/address").write_text(f"127.0.0.1:{airflow.server_address[1]}\n")
    (tmp_path / "airflow/password").write_text("secret\n")
    pipelines = [{"id": name, "tasks": [{}] * tasks} for name, tasks in PIPELINES.items()]
    (tmp_path / "pipelines.json").write_text(json.dumps({"pipelines": pipelines}))
    (tmp_path / "herdflow").write_text(f"#!/bin/sh\ncat {tmp_path}/status.json\n")
    (tmp_path / "herdflow").chmod(0o700)
    tell(tmp_path, judged=0)
    return tmp_path


def tell(folder: Path, judged: int, conflicts: list[dict[str, str]] | None = None) -> None:
    """What `herdflow status` says from now on."""
    offsets = {"first_offset": 0, "next_offset": 1, "end_offset": 1, "bronze_rows": 1, "judged_offset": judged}
    status = {"partitions": [{"topic": "cows", **offsets}], "tables": {"gold_cows": 1}, "conflicts": conflicts or [], "rejudge_requests": 0, "dirty_days": 0}
    (folder / "status.json").write_text(json.dumps(status))


def fill(folder: Path, *seed: str, serve: int | None = None) -> subprocess.CompletedProcess[str]:
    options = ["--folder", folder, "--herdflow", folder / "herdflow", "--serve", str(serve or os.getpid())]
    return subprocess.run(
        [REPOSITORY / "deploy/local/fill", *options, "--", *seed], capture_output=True, text=True, timeout=60, check=False
    )


def test_what_is_new_is_run_in_the_order_of_the_manifest(folder: Path, airflow: Airflow) -> None:
    done = fill(folder)
    assert done.returncode == 0, done.stderr
    assert airflow.started == list(PIPELINES)
    assert "All is in gold" in done.stdout


def test_nothing_new_runs_nothing(folder: Path, airflow: Airflow) -> None:
    tell(folder, judged=1)
    done = fill(folder)
    assert done.returncode == 0, done.stderr
    assert airflow.started == []
    assert "Nothing is new" in done.stdout


def test_what_was_sent_is_noted_and_run(folder: Path, airflow: Airflow) -> None:
    tell(folder, judged=1)
    (folder / "seeding.sha256").write_text("abc file\n")
    assert fill(folder, "true").returncode == 0
    assert (folder / "seeded.sha256").read_text() == "abc file\n"
    assert airflow.started == list(PIPELINES)


def test_what_could_not_be_sent_is_not_noted(folder: Path, airflow: Airflow) -> None:
    done = fill(folder, "sh", "-c", "echo no such file; exit 2")
    assert done.returncode == 1
    assert "no such file" in done.stderr
    assert not (folder / "seeded.sha256").exists()
    assert airflow.started == []


def test_a_failed_pipeline_ends_it_with_the_reason(folder: Path, airflow: Airflow) -> None:
    airflow.failing = "sensor_data_pipeline"
    done = fill(folder)
    assert done.returncode == 1
    assert f"sensor_data_pipeline failed in Airflow, task of_sensor_data_pipeline: {FAILED}" in done.stderr
    assert airflow.started == list(PIPELINES)[:3]


def test_a_halted_partition_or_an_ended_serve_is_not_waited_for(folder: Path) -> None:
    tell(folder, judged=0, conflicts=[{"message": "cows, partition 0, is halted"}])
    assert "is halted" in fill(folder).stderr
    (folder / "status.json").unlink()
    with subprocess.Popen(["true"]) as ended:
        pass
    assert f"process {ended.pid}) ended" in fill(folder, serve=ended.pid).stderr


def test_what_is_computed_from_measurements_stands_below_them_alone() -> None:
    loader = importlib.machinery.SourceFileLoader("fill", str(REPOSITORY / "deploy/local/fill"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    sys.modules[loader.name] = module  # Its dataclasses look for it there.
    loader.exec_module(module)
    offsets = {"first_offset": 1, "end_offset": 4_001, "bronze_rows": 3_000}
    tables = {"gold_farms": 1, "gold_cows": 2, "gold_sensors": 3, "gold_cow_daily_metrics": 40, "gold_herd_days": 7, "gold_measurements_daily_aggregations": 53}
    status = {"partitions": [{"topic": "measurements", **offsets}], "tables": {**tables, "silver_measurements": 2_900, "silver_quarantine": 9}}
    assert module.Herd("herdflow", status).table() == [
        "                               farms        cows     sensors    measurements",
        "messages in the log                0           0           0           4,000",
        "rows in bronze                     0           0           0           3,000",
        "rows in silver                     -           -           -           2,900",
        "rows in gold                       1           2           3             100",
        "not accepted, with the reason: 9",
    ]
