from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import DAG, CronTriggerTimetable

from herdflow_airflow.factory import make_dags
from herdflow_airflow.manifest import ManifestError
from samples import AFTER, AGGREGATIONS, sample
from stand_in import StandIn

DAGS = Path(__file__).resolve().parents[1] / "dags"


def write(path: Path, document: Any) -> None:
    path.write_text(json.dumps(document))


def load() -> Any:
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(DAGS)


def test_airflow_finds_the_three_dags(manifest: Path, database: None) -> None:
    bag = load()

    assert bag.import_errors == {}
    assert set(bag.dags) == {"cow_data_pipeline", "sensor_data_pipeline", "measurement_data_pipeline"}
    dag = bag.dags["measurement_data_pipeline"]
    assert {each: task.upstream_task_ids for each, task in dag.task_dict.items()} == {
        "cleanse_measurements": set(),
        **{each: set(after) for each, after in AFTER.items()},
    }


def test_a_dag_is_what_the_manifest_says(manifest: Path) -> None:
    dag = make_dags()["measurement_data_pipeline"]

    assert (dag.max_active_runs, dag.catchup, dag.tags, dag.owner) == (1, False, {"herdflow", "silver"}, "herd")
    assert dag.description == "the pipeline measurement_data_pipeline"
    assert "| `daily_aggregation` | `cleanse_measurements` | does daily_aggregation |" in str(dag.doc_md)
    assert "| `herd_daily_metrics` | `daily_aggregation`, `cow_daily_metrics` | does herd_daily_metrics |" in str(dag.doc_md)
    task = dag.task_dict["daily_aggregation"]
    assert (task.retries, task.retry_delay, task.max_retry_delay) == (3, timedelta(seconds=30), timedelta(seconds=600))
    assert task.retry_exponential_backoff == 2.0
    assert task.execution_timeout == timedelta(hours=1)
    assert task.on_failure_callback


def test_schedules(manifest: Path) -> None:
    document = sample()
    document["pipelines"][0]["schedule"] = "daily at 04:30"
    document["pipelines"][1]["schedule"] = "every 15 min"
    write(manifest, document)

    dags = make_dags()

    daily = dags["cow_data_pipeline"].timetable
    assert isinstance(daily, CronTriggerTimetable)
    assert (daily.expression, str(daily.timezone)) == ("30 4 * * *", "Europe/Berlin")
    assert dags["sensor_data_pipeline"].schedule == timedelta(minutes=15)
    assert dags["measurement_data_pipeline"].schedule == timedelta(minutes=5)


def test_where_herdflow_schedules_airflow_does_not(manifest: Path) -> None:
    write(manifest, sample() | {"scheduler": "herdflow"})
    assert {dag.schedule for dag in make_dags().values()} == {None}


def test_a_manifest_that_is_missing_or_odd_is_one_import_error(
    manifest: Path, monkeypatch: pytest.MonkeyPatch, database: None
) -> None:
    write(manifest, sample() | {"time_zone": 7})
    (error,) = load().import_errors.values()
    assert f"ManifestError: {manifest}: time_zone should be a text, not 7" in error

    manifest.unlink()
    (error,) = load().import_errors.values()
    assert f"ManifestError: {manifest}: there is no such file" in error

    monkeypatch.delenv("HERDFLOW_MANIFEST")
    with pytest.raises(ManifestError, match="HERDFLOW_MANIFEST is not set"):
        make_dags()


# --- dag.test(): Airflow's own runner, without its processes ---


def states(run: Any) -> dict[str, str]:
    return {each.task_id: str(each.state) for each in run.get_task_instances()}


def make(manifest: Path, pipeline: str, **changes: Any) -> DAG:
    document = sample()
    for each in document["pipelines"]:
        for task in each["tasks"]:
            task |= changes
            task["retries"] = {"count": changes.get("tries", 1) - 1, "first_delay_seconds": 0, "longest_delay_seconds": 0}
    write(manifest, document)
    dag: DAG = load().dags[pipeline]
    return dag


def test_a_run_does_the_tasks_in_their_order(manifest: Path, herdflow: StandIn, database: None) -> None:
    run = make(manifest, "measurement_data_pipeline").test()

    assert set(states(run).values()) == {"success"}
    asked = [each["task"] for each in herdflow.runs.values()]
    assert sorted(asked) == sorted(["cleanse_measurements", *AGGREGATIONS])
    assert all(asked.index(before) < asked.index(each) for each, after in AFTER.items() for before in after)
    assert herdflow.notifications == []


def test_a_failure_is_told_with_herdflows_reason(
    manifest: Path, herdflow: StandIn, database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HERDFLOW_WEBHOOK", f"{herdflow.url}/hook")
    herdflow.plans["cleanse_measurements"] = [{"state": "failed", "error": "the disk is full"}]

    run = make(manifest, "measurement_data_pipeline").test()

    assert states(run)["cleanse_measurements"] == "failed"
    assert {states(run)[each] for each in AGGREGATIONS} == {"upstream_failed"}
    (told,) = herdflow.notifications
    assert (told["pipeline"], told["task"], told["event"]) == ("measurement_data_pipeline", "cleanse_measurements", "failed")
    assert "the disk is full (run run-1, attempt 1, failed)" in told["message"]
    assert "/dags/measurement_data_pipeline/runs/" in told["url"]
    (hooked,) = herdflow.hooked
    assert hooked["text"].startswith("herdflow: measurement_data_pipeline, cleanse_measurements failed: ")


def test_a_webhook_that_does_not_answer_changes_nothing(
    manifest: Path, herdflow: StandIn, database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HERDFLOW_WEBHOOK", "http://127.0.0.1:9/hook")
    herdflow.plans["cleanse_cows"] = [{"state": "failed"}]
    assert states(make(manifest, "cow_data_pipeline").test()) == {"cleanse_cows": "failed"}
    assert len(herdflow.notifications) == 1
