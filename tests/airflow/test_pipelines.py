"""The DAGs with a real herdflow."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

from airflow_server import Airflow, wait_until
from herd import Herd
from left_out import leave_out

from conftest import Farm

FARMS, COWS, SENSORS, MEASUREMENTS = (f"{each}_data_pipeline" for each in ("farm", "cow", "sensor", "measurement"))
# What each task that computes gold comes after.
AFTER = {
    "daily_aggregation": {"cleanse_measurements"},
    "weekly_aggregation": {"daily_aggregation"},
    "monthly_aggregation": {"daily_aggregation"},
    "yearly_aggregation": {"monthly_aggregation"},
    "cow_daily_metrics": {"cleanse_measurements"},
    "herd_daily_metrics": {"daily_aggregation", "cow_daily_metrics"},
    "cow_milk_means": {"cow_daily_metrics"},
}
AGGREGATIONS = set(AFTER)
SMALL = ("--cows", 20, "--seed", 1, "--from", "2025-01-01", "--to", "2025-02-28")


def run_all(airflow: Airflow) -> dict[str, str]:
    """Each of the DAGs once, to success; gives the run of each."""
    runs = {}
    for dag in (FARMS, COWS, SENSORS, MEASUREMENTS):
        run = runs[dag] = airflow.start(dag)
        assert airflow.wait_for_run(dag, run, 180) == "success", airflow.instances(dag, run)
    return runs


def assert_gold_is_whole(herd: Herd, airflow: Airflow, run: str) -> None:
    """Everything went its way, in its order, and a round more finds nothing."""
    results = {task: airflow.result(MEASUREMENTS, run, task) for task in ["cleanse_measurements", *AGGREGATIONS]}
    assert all(each["state"] == "succeeded" and each["trigger"] == "api" for each in results.values()), results
    assert results["cleanse_measurements"]["rows_read"] > 0
    for each, after in AFTER.items():
        assert all(results[each]["started_at"] >= results[before]["finished_at"] for before in after), results
    assert herd.report()["milk_production"]
    run = airflow.start(MEASUREMENTS)
    assert airflow.wait_for_run(MEASUREMENTS, run, 120) == "success"
    assert airflow.result(MEASUREMENTS, run, "cleanse_measurements")["rows_read"] == 0


def settings_of_servers() -> dict[str, str]:
    stack = os.environ.get("TEST_STACK", "")
    if not stack or not all((Path(stack) / part / "address").exists() for part in ("kafka", "mariadb")):
        leave_out("TEST_STACK names no folder with kafka and mariadb: no DAG was run on them")
    prefix = f"a{os.getpid()}"
    return {
        "LOG_ENGINE": "kafka",
        "KAFKA_BROKERS": (Path(stack) / "kafka/address").read_text().strip(),
        "KAFKA_TOPIC_PREFIX": f"{prefix}.",
        "STORE_ENGINE": "mysql",
        "MYSQL_SOCKET": (Path(stack) / "mariadb/socket").read_text().strip(),
        "MYSQL_USER": "herdflow",
        "MYSQL_PASSWORD_FILE": str(Path(stack) / "mariadb/password"),
        "MYSQL_PREFIX": f"{prefix}_",
    }


def test_the_dags_are_those_of_the_manifest(farm: Farm) -> None:
    airflow = farm.airflow
    assert airflow.dags() == {FARMS, COWS, SENSORS, MEASUREMENTS}
    assert airflow.import_errors() == []
    assert airflow.tasks(MEASUREMENTS) == {
        before: {each for each, after in AFTER.items() if before in after} for before in ("cleanse_measurements", *AFTER)
    }
    details = airflow.ask("GET", f"dags/{MEASUREMENTS}/details")
    assert (details["max_active_runs"], details["catchup"], details["is_paused"]) == (1, False, False)


def test_a_run_of_each_brings_a_herd_to_gold(farm: Farm) -> None:
    herd = farm.herd()
    herd.fill(herd.generate(*SMALL))
    herd.start()

    runs = run_all(farm.airflow)

    assert_gold_is_whole(herd, farm.airflow, runs[MEASUREMENTS])
    log = farm.airflow.log(MEASUREMENTS, runs[MEASUREMENTS], "cleanse_measurements")
    assert "herdflow: " in log
    result = farm.airflow.result(MEASUREMENTS, runs[MEASUREMENTS], "cleanse_measurements")
    assert herd.task_run(result["id"])["state"] == "succeeded"


def test_the_real_data_on_kafka_and_mariadb(farm: Farm, real_files: Path | None) -> None:
    herd = farm.herd(**settings_of_servers())
    herd.fill(real_files or herd.generate(*SMALL))
    herd.start()
    assert_gold_is_whole(herd, farm.airflow, run_all(farm.airflow)[MEASUREMENTS])


def test_a_killed_herdflow_goes_on_with_its_run(farm: Farm) -> None:
    herd, airflow = farm.herd(), farm.airflow
    herd.fill(herd.generate("--cows", 300, "--seed", 2, "--from", "2024-01-01", "--to", "2024-12-31"))
    for pipeline in (COWS, SENSORS):
        herd.run("pipeline", "run", pipeline)
    herd.start()
    run = airflow.start(MEASUREMENTS)
    wait_until("herdflow is at it", lambda: herd.last_run("cleanse_measurements").get("state") == "running", pause=0.02)
    herd.kill()
    herd.start()

    assert airflow.wait_for_run(MEASUREMENTS, run, 180) == "success"
    assert airflow.result(MEASUREMENTS, run, "cleanse_measurements")["attempt"] == 2
    assert airflow.instances(MEASUREMENTS, run)["cleanse_measurements"]["try_number"] == 1
    assert_gold_is_whole(herd, airflow, run)


def test_a_changed_manifest_arrives_and_a_pipeline_goes(farm: Farm) -> None:
    airflow, herd = farm.airflow, farm.herd()

    def schedule() -> Any:
        return airflow.ask("GET", f"dags/{COWS}/details")["timetable_summary"]

    herd.write_manifest(airflow.manifest, PIPELINES_COW_DATA="every 15 min")
    wait_until("the schedule is there", lambda: "15" in str(schedule()), 30)

    whole = airflow.manifest.read_text()
    document = json.loads(whole)
    document["pipelines"] = [each for each in document["pipelines"] if each["id"] != SENSORS]
    airflow.manifest.write_text(json.dumps(document))
    wait_until("the pipeline is gone", lambda: airflow.dags() == {FARMS, COWS, MEASUREMENTS}, 30)

    airflow.manifest.write_text(json.dumps({"version": 1, "scheduler": "cron"}))
    errors = wait_until("the error is there", airflow.import_errors, 30)
    assert "should be " in errors[0] or "is missing" in errors[0]
    assert str(airflow.manifest) in errors[0]

    airflow.manifest.write_text(whole)
    wait_until("all are back", lambda: len(airflow.dags()) == 4 and not airflow.import_errors(), 30)


def test_a_killed_worker_is_made_up_for(farm: Farm) -> None:
    """With the task that it watches, where the task is asked for."""
    herd = farm.herd()
    herd.fill(herd.generate(*SMALL))
    herd.start()
    assert herd.process
    herd.process.send_signal(signal.SIGSTOP)  # So the worker waits for the answer.
    run = farm.airflow.start(COWS)
    farm.airflow.wait_for_state(COWS, run, "cleanse_cows", "running")
    workers = wait_until("a worker is there", lambda: workers_of(farm.airflow))
    for pid in workers:
        os.kill(pid, signal.SIGKILL)
    herd.process.send_signal(signal.SIGCONT)

    assert farm.airflow.wait_for_run(COWS, run, 180) == "success"
    assert farm.airflow.instances(COWS, run)["cleanse_cows"]["try_number"] == 2


def workers_of(airflow: Airflow) -> list[int]:
    """Processes that do a task: they say so in their names, and stand where the scheduler does. One that is idle may hold the
    lock of the executor's queue, which nobody would get any more."""
    folder = str(airflow.folder / "airflow/process.2")
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if (
                entry.name.isdigit()
                and os.readlink(entry / "cwd") == folder
                and b"airflow worker" in (title := (entry / "cmdline").read_bytes())
                and b"<idle>" not in title
            ):
                found.append(int(entry.name))
        except OSError:
            pass  # It ended meanwhile.
    return found
