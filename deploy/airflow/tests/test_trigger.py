from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from herdflow_airflow.trigger import RunTrigger
from stand_in import StandIn

Log = list[tuple[str, str]]


def make(**changes: Any) -> RunTrigger:
    given: dict[str, Any] = {
        "pipeline": "cow_data_pipeline",
        "task": "cleanse_cows",
        "key": "day-1/cleanse_cows",
        "connection": "herdflow_default",
        "deadline": time.time() + 20,
        "pause_seconds": 0.05,
    }
    return RunTrigger(**(given | changes))


async def follow(trigger: RunTrigger) -> dict[str, Any]:
    events = [event async for event in trigger.run()]
    assert len(events) == 1
    return dict(events[0].payload)


def start(herdflow: StandIn, task: str = "cleanse_cows") -> str:
    return str(
        herdflow.answer("POST", f"/api/v1/pipelines/cow_data_pipeline/tasks/{task}/runs", {}, f"day-1/{task}", None)[1]["id"]
    )


def test_it_follows_a_run_to_its_end_and_copies_the_log(herdflow: StandIn, log: Log) -> None:
    herdflow.plans["cleanse_cows"] = [{"seconds": 0.3, "rows_read": 7, "lines": ["one", "warn|two", "error|three"]}]

    event = asyncio.run(follow(make(run_id=start(herdflow))))

    assert event["outcome"] == "succeeded"
    assert (event["run"]["rows_read"], event["run"]["rows_written"]) == (7, 2)
    assert "log" not in event["run"]
    lines = [line for line in log if line[1].startswith("herdflow: ")]
    assert lines == [("INFO", "herdflow: one"), ("WARNING", "herdflow: two"), ("ERROR", "herdflow: three")]


def test_it_does_not_return_too_early(herdflow: StandIn) -> None:
    not_before = time.time() + 0.5
    assert asyncio.run(follow(make(not_before=not_before)))["outcome"] == "succeeded"
    assert time.time() >= not_before


def test_a_long_log_comes_whole(herdflow: StandIn, log: Log) -> None:
    herdflow.plans["cleanse_cows"] = [{"lines": [f"line {number}" for number in range(1700)]}]

    asyncio.run(follow(make(run_id=start(herdflow))))

    lines = [text for _, text in log if text.startswith("herdflow: line")]
    assert lines == [f"herdflow: line {number}" for number in range(1700)]


def test_it_waits_for_a_herdflow_that_is_away(herdflow: StandIn, log: Log) -> None:
    herdflow.away = True

    async def go() -> dict[str, Any]:
        following = asyncio.create_task(follow(make()))
        await asyncio.sleep(0.2)
        herdflow.close()
        await asyncio.sleep(0.3)
        herdflow.away = False
        herdflow.open()
        return await following

    event = asyncio.run(go())

    assert event["outcome"] == "succeeded"
    assert list(herdflow.keys) == ["day-1/cleanse_cows"]
    told = [text for _, text in log]
    assert sum("herdflow is away, waiting" in text for text in told) == 1
    assert "herdflow is back" in told


def test_one_that_goes_away_in_mid_run_is_waited_for(herdflow: StandIn) -> None:
    herdflow.plans["cleanse_cows"] = [{"seconds": 3}]
    run_id = start(herdflow)

    async def go() -> dict[str, Any]:
        following = asyncio.create_task(follow(make(run_id=run_id)))
        await asyncio.sleep(0.2)
        herdflow.close()
        await asyncio.sleep(0.2)
        assert not following.done()
        herdflow.open()
        return await following

    assert asyncio.run(go())["run"]["id"] == run_id


def test_a_run_that_takes_too_long_is_cancelled(herdflow: StandIn) -> None:
    herdflow.plans["cleanse_cows"] = [{"seconds": 60}]
    run_id = start(herdflow)

    assert asyncio.run(follow(make(run_id=run_id, deadline=time.time() + 0.3)))["outcome"] == "timed out"
    assert herdflow.cancelled == [run_id]


def test_nobody_waits_longer_than_the_time_out_for_one_that_stays_away(herdflow: StandIn) -> None:
    herdflow.away = True
    began = time.monotonic()
    assert asyncio.run(follow(make(deadline=time.time() + 0.5)))["outcome"] == "timed out"
    assert time.monotonic() - began < 5


def test_a_kill_cancels_and_a_shutdown_does_not(herdflow: StandIn) -> None:
    herdflow.plans["cleanse_cows"] = [{"seconds": 60}]
    run_id = start(herdflow)

    async def shut_down() -> None:
        following = asyncio.create_task(follow(make(run_id=run_id)))
        await asyncio.sleep(0.2)
        following.cancel()
        with pytest.raises(asyncio.CancelledError):
            await following

    asyncio.run(shut_down())
    assert herdflow.cancelled == []

    asyncio.run(make(run_id=run_id).on_kill())
    assert herdflow.cancelled == [run_id]
    asyncio.run(make().on_kill())  # No run yet: there is nothing to cancel.


def test_a_kill_while_herdflow_is_away_is_no_error(herdflow: StandIn, log: Log) -> None:
    run_id = start(herdflow)
    herdflow.away = True
    asyncio.run(make(run_id=run_id).on_kill())
    assert f"Run {run_id} could not be cancelled and may go on" in log[-1][1]


def test_the_cancel_of_the_try_before_does_not_end_the_one_after(herdflow: StandIn) -> None:
    """A deferred task that is cleared: the next try asks with the same key, and may be faster than the cancel."""
    herdflow.plans["cleanse_cows"] = [{"seconds": 60}, {}]
    run_id = start(herdflow)

    async def go() -> dict[str, Any]:
        following = asyncio.create_task(follow(make(run_id=run_id, taken_over_at=time.time())))
        await asyncio.sleep(0.2)
        await make(run_id=run_id).on_kill()
        return await following

    assert asyncio.run(go())["outcome"] == "succeeded"
    assert herdflow.cancelled == [run_id]


def test_a_cancel_by_another_is_told(herdflow: StandIn) -> None:
    herdflow.plans["cleanse_cows"] = [{"seconds": 60}]
    run_id = start(herdflow)
    asyncio.run(make(run_id=run_id).on_kill())
    assert asyncio.run(follow(make(run_id=run_id)))["outcome"] == "cancelled"


@pytest.mark.parametrize(
    ("changes", "message", "is_final"),
    [
        ({"task": "cleanse_goats"}, "There is no task cleanse_goats in cow_data_pipeline", True),
        ({"key": "ü" * 3}, "header.Idempotency-Key: is required", True),
        ({"run_id": "run-77"}, "There is no run run-77", False),
    ],
)
def test_a_refusal_says_why(herdflow: StandIn, changes: dict[str, Any], message: str, is_final: bool) -> None:
    event = asyncio.run(follow(make(**changes)))
    assert (event["outcome"], event["is_final"]) == ("refused", is_final)
    assert message in event["message"]


def test_it_is_made_anew_from_what_airflow_keeps(herdflow: StandIn) -> None:
    trigger = make(run_id="run-1", taken_over_at=5.0, after=7, not_before=6.0)
    path, given = trigger.serialize()
    assert path == f"{RunTrigger.__module__}.{RunTrigger.__name__}"
    assert RunTrigger(**given).serialize() == trigger.serialize()
