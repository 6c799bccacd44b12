"""Makes the DAGs: one for each pipeline of the manifest."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from airflow.sdk import DAG, CronTriggerTimetable

from herdflow_airflow.manifest import (
    Daily,
    Interval,
    Manifest,
    ManifestError,
    Pipeline,
    Task,
    WhenNew,
    read_manifest,
)
from herdflow_airflow.notifications import tell_failure, tell_recovery, tell_retry
from herdflow_airflow.operator import HerdflowTaskOperator

VARIABLE = "HERDFLOW_MANIFEST"
# Airflow cannot know when there is something new. It looks this often; a run that finds nothing changes nothing.
LOOK_FOR_NEWS_EVERY = timedelta(minutes=5)
_BACKOFF = 2.0


def make_dags() -> dict[str, DAG]:
    """By their ids, from the file that HERDFLOW_MANIFEST names. Raises ManifestError."""
    name = os.environ.get(VARIABLE)
    if not name:
        raise ManifestError(f"{VARIABLE} is not set: it names the file that herdflow pipeline manifest --output FILE writes")
    manifest = read_manifest(Path(name))
    return {pipeline.id: _make_dag(manifest, pipeline) for pipeline in manifest.pipelines}


def _make_dag(manifest: Manifest, pipeline: Pipeline) -> DAG:
    dag = DAG(
        dag_id=pipeline.id,
        description=pipeline.description,
        doc_md=_documentation(manifest, pipeline),
        schedule=_schedule(manifest, pipeline),
        start_date=datetime(2026, 1, 1, tzinfo=UTC),
        catchup=False,
        max_active_runs=1,
        is_paused_upon_creation=False,
        tags=set(pipeline.tags),
        default_args={"owner": pipeline.owner},
    )
    operators = {task.id: _make_operator(dag, pipeline, task) for task in pipeline.tasks}
    for task in pipeline.tasks:
        operators[task.id].set_upstream([operators[name] for name in task.after])
    return dag


def _make_operator(dag: DAG, pipeline: Pipeline, task: Task) -> HerdflowTaskOperator:
    return HerdflowTaskOperator(
        dag=dag,
        task_id=task.id,
        pipeline=pipeline.id,
        herdflow_task=task.id,
        doc_md=task.description,
        owner=pipeline.owner,
        retries=task.retries.count,
        retry_delay=task.retries.first_delay,
        retry_exponential_backoff=_BACKOFF,
        max_retry_delay=task.retries.longest_delay,
        execution_timeout=task.time_out,
        on_failure_callback=tell_failure,
        on_retry_callback=tell_retry,
        on_success_callback=tell_recovery,
    )


def _schedule(manifest: Manifest, pipeline: Pipeline) -> Any:
    """None where herdflow's own scheduler is in charge: then a DAG runs only when somebody starts it."""
    if manifest.scheduler == "herdflow":
        return None
    match pipeline.schedule:
        case WhenNew():
            return LOOK_FOR_NEWS_EVERY
        case Interval(length):
            return length
        case Daily(hour, minute):
            return CronTriggerTimetable(f"{minute} {hour} * * *", timezone=ZoneInfo(manifest.time_zone).key)


def _documentation(manifest: Manifest, pipeline: Pipeline) -> str:
    rows = "\n".join(
        f"| `{task.id}` | {', '.join(f'`{name}`' for name in task.after) or '-'} | {task.description} |"
        for task in pipeline.tasks
    )
    return f"""\
{pipeline.description}

{_told(manifest, pipeline)} herdflow does the work; Airflow decides when, and shows how it went.
A task that is tried again goes on where the one before stopped, and running it twice changes nothing.

| task | after | does |
|---|---|---|
{rows}

Where a task failed, its log holds herdflow's own lines and the reason; `herdflow pipeline status` tells the same.
"""


def _told(manifest: Manifest, pipeline: Pipeline) -> str:
    if manifest.scheduler == "herdflow":
        return "herdflow's own scheduler is in charge: this DAG runs only when somebody starts it."
    match pipeline.schedule:
        case WhenNew():
            return f"Every {LOOK_FOR_NEWS_EVERY.total_seconds() / 60:g} minutes."
        case Interval(length):
            return f"Every {length}."
        case Daily(hour, minute):
            return f"Daily at {hour:02}:{minute:02} ({manifest.time_zone})."
