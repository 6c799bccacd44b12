from __future__ import annotations

import json
import time
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException, TaskDeferred

from herdflow_airflow.operator import EARLIEST_RETURN_SECONDS, HerdflowTaskOperator, idempotency_key
from herdflow_airflow.trigger import RunTrigger
from stand_in import StandIn

Log = list[tuple[str, str]]


def make(task: str = "cleanse_cows") -> HerdflowTaskOperator:
    return HerdflowTaskOperator(task_id=task, pipeline="cow_data_pipeline", herdflow_task=task)


def execute(operator: HerdflowTaskOperator) -> dict[str, Any]:
    context: Any = {"run_id": "scheduled__2026-01-01T00:00:00+00:00"}
    # Airflow warns where an operator is executed by anything but its task runner.
    return (
        operator.execute.__wrapped__(operator, context) if hasattr(operator.execute, "__wrapped__") else operator.execute(context)
    )


def defer(operator: HerdflowTaskOperator) -> TaskDeferred:
    with pytest.raises(TaskDeferred) as caught:
        execute(operator)
    return caught.value


def finish(operator: HerdflowTaskOperator, **event: Any) -> dict[str, Any]:
    context: Any = {}
    return operator.finish(context, event)


def test_it_starts_the_run_and_leaves_the_waiting_to_the_triggerer(herdflow: StandIn) -> None:
    herdflow.plans["cleanse_cows"] = [{"seconds": 60}]
    deferred = defer(make())
    trigger = deferred.trigger
    assert isinstance(trigger, RunTrigger)
    assert list(herdflow.keys) == ["scheduled__2026-01-01T00:00:00+00:00/cleanse_cows"]
    assert (trigger.run_id, trigger.taken_over_at, deferred.method_name) == ("run-1", None, "finish")
    assert 3590 < trigger.deadline - time.time() <= 3600

    again = defer(make()).trigger  # Another try of the same DAG run.
    assert isinstance(again, RunTrigger)
    assert again.run_id == "run-1"
    assert again.taken_over_at is not None


def test_what_is_over_in_a_moment_needs_no_triggerer(herdflow: StandIn, log: Log) -> None:
    herdflow.plans["cleanse_cows"] = [{"seconds": 0.3, "rows_read": 7, "lines": ["one", "warn|two"]}]
    result = execute(make())
    assert (result["state"], result["rows_read"]) == ("succeeded", 7)
    assert "log" not in result
    assert [line for line in log if "herdflow: run" not in line[1] and line[1].startswith("herdflow: ")] == [
        ("INFO", "herdflow: one"),
        ("WARNING", "herdflow: two"),
    ]


def test_the_triggerer_goes_on_with_the_log_and_does_not_return_at_once(herdflow: StandIn) -> None:
    herdflow.plans["cleanse_cows"] = [{"seconds": 60, "lines": ["one", "two"]}]
    trigger = defer(make()).trigger
    assert isinstance(trigger, RunTrigger)
    given = trigger.serialize()[1]
    assert given["after"] == 2
    assert given["not_before"] - time.time() > EARLIEST_RETURN_SECONDS - 1


def test_what_was_done_is_not_done_again(herdflow: StandIn) -> None:
    execute(make())
    assert execute(make())["state"] == "succeeded"
    assert herdflow.runs["run-1"]["attempt"] == 1


def test_what_failed_is_begun_again(herdflow: StandIn) -> None:
    herdflow.plans["cleanse_cows"] = [{"state": "failed"}, {"state": "failed"}, {"seconds": 60}]
    triggers = [defer(make()).trigger for _ in range(4)]
    assert [trigger.run_id for trigger in triggers if isinstance(trigger, RunTrigger)] == ["run-1"] * 4
    assert herdflow.runs["run-1"]["attempt"] == 3


def test_a_herdflow_that_is_away_is_left_to_the_triggerer(herdflow: StandIn) -> None:
    herdflow.away = True
    trigger = defer(make()).trigger
    assert isinstance(trigger, RunTrigger)
    assert trigger.run_id is None


def test_a_task_that_herdflow_does_not_know_is_not_tried_again(herdflow: StandIn) -> None:
    with pytest.raises(AirflowFailException, match="cleanse_goats: There is no task cleanse_goats"):
        execute(make("cleanse_goats"))


def test_the_password_of_the_connection_is_the_token(herdflow: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    herdflow.token = "milk"
    with pytest.raises(AirflowFailException, match="Who asks"):
        execute(make())
    monkeypatch.setenv(
        "AIRFLOW_CONN_HERDFLOW_DEFAULT",
        json.dumps({"conn_type": "http", "host": "127.0.0.1", "port": herdflow.port, "password": "milk"}),
    )
    execute(make())


def test_without_a_connection_it_says_what_to_add() -> None:
    with pytest.raises(AirflowFailException, match="There is no connection herdflow_default: add one of type http"):
        execute(make())


def test_it_ends_as_the_run_did() -> None:
    assert finish(make(), outcome="succeeded", run={"id": "r", "rows_read": 1, "rows_written": 1})["rows_read"] == 1

    with pytest.raises(AirflowException, match=r"cleanse_cows: the disk is full \(run r, attempt 2, failed\)") as failed:
        finish(make(), outcome="failed", run={"id": "r", "error": "the disk is full", "attempt": 2})
    assert not isinstance(failed.value, AirflowFailException)

    with pytest.raises(AirflowException, match="no reason was given"):
        finish(make(), outcome="interrupted", run={"id": "r", "attempt": 1})
    with pytest.raises(AirflowException, match="was not over within 1:00:00, and was cancelled"):
        finish(make(), outcome="timed out")
    with pytest.raises(AirflowFailException, match="run r was cancelled in herdflow"):
        finish(make(), outcome="cancelled", run={"id": "r"})
    with pytest.raises(AirflowFailException, match="no such thing"):
        finish(make(), outcome="refused", message="no such thing", is_final=True)


def test_a_kill_in_the_worker_cancels(herdflow: StandIn) -> None:
    herdflow.plans["cleanse_cows"] = [{"seconds": 60}]
    operator = make()
    operator.on_kill()  # Nothing was started yet.
    defer(operator)
    operator.on_kill()
    assert herdflow.cancelled == ["run-1"]


@pytest.mark.parametrize("run_id", ["manual__" + "x" * 260, "Montag früh", " x"])
def test_a_name_that_no_header_may_have_is_hashed(run_id: str) -> None:
    key = idempotency_key(run_id, "cleanse_cows")
    assert key.isascii()
    assert len(key) == 64 + len("/cleanse_cows")
    assert key == idempotency_key(run_id, "cleanse_cows") != idempotency_key(run_id + "x", "cleanse_cows")
