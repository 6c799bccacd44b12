"""What Airflow does with tasks that fail, last, and are killed: on a server that takes herdflow's place."""

from __future__ import annotations

import os
import signal
import time

from airflow_server import Airflow, wait_until
from program import is_running
from test_pipelines import AGGREGATIONS, COWS, MEASUREMENTS

from conftest import Farm, StandIn


def test_a_task_that_fails_is_tried_again(farm: Farm, stand_in: StandIn) -> None:
    stand_in.plans["cleanse_cows"] = [{"state": "failed", "error": "the disk was full"}, {"lines": ["warning|now it is not"]}]
    airflow = farm.airflow
    run = airflow.start(COWS)

    assert airflow.wait_for_run(COWS, run) == "success"
    assert airflow.instances(COWS, run)["cleanse_cows"]["try_number"] == 2
    assert airflow.result(COWS, run, "cleanse_cows")["attempt"] == 2
    assert "the disk was full" in airflow.log(COWS, run, "cleanse_cows", 1)
    assert "herdflow: now it is not" in airflow.log(COWS, run, "cleanse_cows", 2)
    assert [each["event"] for each in stand_in.notifications] == ["retrying", "recovered"]


def test_a_task_that_fails_for_good_is_told_with_its_reason(farm: Farm, stand_in: StandIn) -> None:
    """A run that somebody cancels in herdflow is not tried again."""
    stand_in.plans["cleanse_measurements"] = [{"state": "cancelled"}]
    airflow = farm.airflow
    run = airflow.start(MEASUREMENTS)

    assert airflow.wait_for_run(MEASUREMENTS, run) == "failed"
    instances = airflow.instances(MEASUREMENTS, run)
    assert (instances["cleanse_measurements"]["state"], instances["cleanse_measurements"]["try_number"]) == ("failed", 1)
    assert {instances[each]["state"] for each in AGGREGATIONS} == {"upstream_failed"}
    (told,) = stand_in.notifications
    assert (told["task"], told["event"]) == ("cleanse_measurements", "failed")
    assert "was cancelled in herdflow" in told["message"]
    assert f"/dags/{MEASUREMENTS}/runs/" in told["url"]


def wait_until_it_runs(airflow: Airflow, stand_in: StandIn) -> tuple[str, str]:
    """A DAG run whose one task waits in the triggerer, and the run of the stand-in."""
    run = airflow.start(COWS)
    airflow.wait_for_state(COWS, run, "cleanse_cows", "deferred")
    asked = len(stand_in.requests)  # By the worker, which has ended.
    wait_until("the triggerer follows it", lambda: len(stand_in.requests) > asked)
    return run, next(iter(stand_in.runs))


def test_setting_a_waiting_task_to_failed_cancels_its_run(farm: Farm, stand_in: StandIn) -> None:
    stand_in.plans["cleanse_cows"] = [{"seconds": 600}]
    run, started = wait_until_it_runs(farm.airflow, stand_in)
    farm.airflow.set_state(COWS, run, "cleanse_cows", "failed")
    wait_until("the run is cancelled", lambda: stand_in.cancelled == [started], 30)


def test_clearing_a_waiting_task_cancels_its_run_and_begins_anew(farm: Farm, stand_in: StandIn) -> None:
    stand_in.plans["cleanse_cows"] = [{"seconds": 600}, {}]
    run, started = wait_until_it_runs(farm.airflow, stand_in)
    farm.airflow.clear(COWS, run, "cleanse_cows")
    assert farm.airflow.wait_for_run(COWS, run) == "success"
    assert stand_in.cancelled == [started]
    assert farm.airflow.result(COWS, run, "cleanse_cows")["attempt"] == 2


def test_a_triggerer_that_ends_cancels_nothing_and_the_next_goes_on(farm: Farm, stand_in: StandIn) -> None:
    stand_in.plans["cleanse_cows"] = [{"seconds": 30}]
    run, _ = wait_until_it_runs(farm.airflow, stand_in)
    triggerer = farm.airflow.pid("triggerer")
    os.kill(triggerer, signal.SIGTERM)
    wait_until("the triggerer has ended", lambda: not is_running(triggerer))
    assert not _grows(stand_in)
    assert stand_in.cancelled == []
    done = farm.airflow.attempt("up", "airflow")
    assert done.returncode == 0, done.stdout

    assert farm.airflow.wait_for_run(COWS, run) == "success"
    assert (stand_in.cancelled, len(stand_in.runs)) == ([], 1)


def _grows(stand_in: StandIn) -> bool:
    before = len(stand_in.requests)
    time.sleep(3)
    return len(stand_in.requests) > before


def test_a_herdflow_that_is_away_is_waited_for(farm: Farm, stand_in: StandIn) -> None:
    stand_in.close()
    run = farm.airflow.start(COWS)
    farm.airflow.wait_for_state(COWS, run, "cleanse_cows", "deferred")
    stand_in.open()
    assert farm.airflow.wait_for_run(COWS, run) == "success"
    assert farm.airflow.instances(COWS, run)["cleanse_cows"]["try_number"] == 1
