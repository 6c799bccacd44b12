from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from herdflow_airflow.manifest import Daily, Interval, ManifestError, WhenNew, read_manifest
from samples import AFTER, sample


@pytest.fixture
def write(tmp_path: Path) -> Callable[[Any], Path]:
    def write(document: Any) -> Path:
        path = tmp_path / "pipelines.json"
        path.write_text(document if isinstance(document, str) else json.dumps(document))
        return path

    return write


def test_everything_in_it_is_read(write: Callable[[Any], Path]) -> None:
    document = sample()
    document["pipelines"][0]["schedule"] = "daily at 04:30"
    document["pipelines"][1]["schedule"] = "every 15 min"

    manifest = read_manifest(write(document))

    assert (manifest.scheduler, manifest.time_zone) == ("external", "Europe/Berlin")
    cows, sensors, measurements = manifest.pipelines
    assert cows.schedule == Daily(4, 30)
    assert sensors.schedule == Interval(timedelta(minutes=15))
    assert measurements.schedule == WhenNew()
    assert (cows.owner, cows.tags) == ("herd", ("herdflow", "silver"))
    assert {task.id: list(task.after) for task in measurements.tasks} == {"cleanse_measurements": [], **AFTER}
    assert measurements.tasks[0].retries.longest_delay == timedelta(minutes=10)
    assert measurements.tasks[0].time_out == timedelta(hours=1)


@pytest.mark.parametrize(
    ("words", "schedule"),
    [
        ("when new", WhenNew()),
        ("every 90 s", Interval(timedelta(seconds=90))),
        ("every 15 min", Interval(timedelta(minutes=15))),
        ("every 24 h", Interval(timedelta(days=1))),
        ("daily at 04:30", Daily(4, 30)),
    ],
)
def test_a_schedule_is_in_the_words_of_the_settings(write: Callable[[Any], Path], words: str, schedule: object) -> None:
    document = sample()
    document["pipelines"][0]["schedule"] = words
    assert read_manifest(write(document)).pipelines[0].schedule == schedule


def test_what_a_later_herdflow_adds_is_no_error(write: Callable[[Any], Path]) -> None:
    document = sample()
    document["pipelines"][0]["colour"] = "red"
    assert len(read_manifest(write(document)).pipelines) == 3


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (["version"], 2, "version is 2, but this package knows 1"),
        (["version"], True, "version should be 1, not true"),
        (["scheduler"], "cron", 'scheduler should be "herdflow" or "external", not "cron"'),
        (["time_zone"], "Europe/Berlim", 'time_zone is no time zone that this machine knows: "Europe/Berlim"'),
        (["time_zone"], "../etc/passwd", "time_zone is no time zone"),
        (["pipelines"], {}, "pipelines should be an array, not {}"),
        (["pipelines", 0], 7, "pipelines[0] should be an object, not 7"),
        (["pipelines", 0, "id"], "a b", "pipelines[0].id should be of letters, digits and _ . -"),
        (["pipelines", 1, "id"], "cow_data_pipeline", 'pipelines[1] has the id "cow_data_pipeline", which is there already'),
        (["pipelines", 1, "tasks", 0, "id"], "cleanse_cows", 'pipelines[1] has the task id "cleanse_cows"'),
        (["pipelines", 0, "tags"], "x", "pipelines[0].tags should be an array"),
        (["pipelines", 0, "tasks"], [], "pipelines[0].tasks should have at least one task"),
        (["pipelines", 0, "schedule"], "every moon", 'pipelines[0].schedule is "every moon"; there are "when new", "every 15 min"'),
        (["pipelines", 0, "schedule"], "daily at 24:00", 'pipelines[0].schedule is "daily at 24:00"; there are'),
        (["pipelines", 0, "schedule"], "every 0 s", "pipelines[0].schedule should be longer"),
        (["pipelines", 0, "schedule"], {"type": "daily"}, "pipelines[0].schedule should be a text"),
        (["pipelines", 0, "tasks", 0, "time_out_seconds"], "1h", "pipelines[0].tasks[0].time_out_seconds should be a whole number"),
        (["pipelines", 0, "tasks", 0, "retries", "count"], -1, "retries.count should be a whole number from 0 on, not -1"),
        (["pipelines", 2, "tasks", 1, "after"], ["nothing"], 'pipelines[2].tasks[1].after names "nothing", which is no task'),
        (
            ["pipelines", 2, "tasks", 0, "after"],
            ["daily_aggregation"],
            "pipelines[2].tasks go round in a circle: cleanse_measurements, daily_aggregation",
        ),
    ],
)  # fmt: skip
def test_an_odd_one_is_an_error_that_names_file_and_field(
    write: Callable[[Any], Path], place: list[Any], value: Any, message: str
) -> None:
    document = sample()
    at: Any = document
    for key in place[:-1]:
        at = at[key]
    at[place[-1]] = value
    path = write(document)

    with pytest.raises(ManifestError) as caught:
        read_manifest(path)

    assert str(caught.value).startswith(f"{path}: ")
    assert message in str(caught.value)


@pytest.mark.parametrize("name", ["version", "scheduler", "time_zone", "pipelines"])
def test_a_missing_field_is_named(write: Callable[[Any], Path], name: str) -> None:
    document = sample()
    del document[name]
    with pytest.raises(ManifestError, match=f"pipelines.json: {name} is missing"):
        read_manifest(write(document))


def test_no_file_no_json_and_a_folder(write: Callable[[Any], Path], tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="there is no such file; write it by: herdflow pipeline manifest --output"):
        read_manifest(tmp_path / "none.json")
    with pytest.raises(ManifestError, match="is no JSON"):
        read_manifest(write('{"version": '))
    with pytest.raises(ManifestError, match="the document should be an object, not null"):
        read_manifest(write(None))
    with pytest.raises(ManifestError, match="cannot be read"):
        read_manifest(tmp_path)
