"""The manifest of herdflow's pipelines: read from a file, checked field by field, never from the network."""

from __future__ import annotations

import json
import re
import zoneinfo
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, TypeVar

VERSION = 1
_ID = re.compile(r"[A-Za-z0-9_.-]{1,200}")
# As herdflow's own settings say it.
_SCHEDULE = re.compile(
    r"when new|every (?P<count>[0-9]{1,9}) (?P<unit>s|min|h)|daily at (?P<hour>[01][0-9]|2[0-3]):(?P<minute>[0-5][0-9])"
)
_SCHEDULES = '"when new", "every 15 min" (s, min or h), "daily at 04:30"'
_UNITS = {"s": timedelta(seconds=1), "min": timedelta(minutes=1), "h": timedelta(hours=1)}
_Value = TypeVar("_Value")


class ManifestError(Exception):
    """The manifest cannot be used: the message names the file, the field and what is wrong with it."""


@dataclass(frozen=True)
class WhenNew:
    """As soon as there is something new."""


@dataclass(frozen=True)
class Interval:
    """Again and again after that time."""

    length: timedelta


@dataclass(frozen=True)
class Daily:
    """Once a day, at a time of the manifest's zone."""

    hour: int
    minute: int


Schedule = WhenNew | Interval | Daily


@dataclass(frozen=True)
class Retries:
    """How often a failed task is tried again, and after which waits: each is twice the one before."""

    count: int
    first_delay: timedelta
    longest_delay: timedelta


@dataclass(frozen=True)
class Task:
    """One task, after those that it names."""

    id: str
    description: str
    after: tuple[str, ...]
    retries: Retries
    time_out: timedelta


@dataclass(frozen=True)
class Pipeline:
    """Tasks with one schedule."""

    id: str
    description: str
    owner: str
    tags: tuple[str, ...]
    schedule: Schedule
    tasks: tuple[Task, ...]


@dataclass(frozen=True)
class Manifest:
    """What `herdflow pipeline manifest` wrote."""

    scheduler: Literal["herdflow", "external"]
    time_zone: str
    pipelines: tuple[Pipeline, ...]


def read_manifest(path: Path) -> Manifest:
    """The manifest in a file. Raises ManifestError."""
    try:
        document = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise ManifestError(f"{path}: there is no such file; write it by: herdflow pipeline manifest --output {path}") from None
    except OSError as error:
        raise ManifestError(f"{path}: cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise ManifestError(f"{path}: is no JSON: {error}") from None
    return _manifest(_Field(path, "", document))


@dataclass(frozen=True)
class _Field:
    """A value of the document, and where it stands."""

    file: Path
    name: str
    value: Any

    def wrong(self, what: str) -> ManifestError:
        return ManifestError(f"{self.file}: {self.name or 'the document'} {what}")

    def __getitem__(self, key: str) -> _Field:
        if not isinstance(self.value, dict):
            raise self.wrong(f"should be an object, not {_shown(self.value)}")
        field = _Field(self.file, f"{self.name}.{key}" if self.name else key, self.value.get(key))
        if key not in self.value:
            raise field.wrong("is missing")
        return field

    def each(self) -> Iterator[_Field]:
        if not isinstance(self.value, list):
            raise self.wrong(f"should be an array, not {_shown(self.value)}")
        for number, value in enumerate(self.value):
            yield _Field(self.file, f"{self.name}[{number}]", value)

    def text(self) -> str:
        if not isinstance(self.value, str):
            raise self.wrong(f"should be a text, not {_shown(self.value)}")
        return self.value

    def id(self) -> str:
        if not _ID.fullmatch(self.text()):
            raise self.wrong(f"should be of letters, digits and _ . -, not {_shown(self.value)}")
        return self.text()

    def number(self, least: int) -> int:
        if not isinstance(self.value, int) or isinstance(self.value, bool) or self.value < least:
            raise self.wrong(f"should be a whole number from {least} on, not {_shown(self.value)}")
        return self.value

    def seconds(self, least: int = 1) -> timedelta:
        try:
            return timedelta(seconds=self.number(least))
        except OverflowError:
            raise self.wrong(f"is too long: {self.value} s") from None

    def one_of(self, *values: _Value) -> _Value:
        for value in values:
            if self.value == value and type(self.value) is type(value):
                return value
        raise self.wrong(f"should be {' or '.join(_shown(value) for value in values)}, not {_shown(self.value)}")


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:60]}…"


def _manifest(field: _Field) -> Manifest:
    if isinstance(field.value, dict) and isinstance(version := field.value.get("version"), int) and version > VERSION:
        raise field["version"].wrong(f"is {version}, but this package knows {VERSION}: upgrade deploy/airflow with herdflow")
    field["version"].one_of(VERSION)
    pipelines = tuple(_pipeline(each) for each in field["pipelines"].each())
    _refuse_repeated(field["pipelines"], "id", lambda each: [each["id"].text()])
    # A run is asked for by DAG run and task, and DAG runs of one instant have one name.
    _refuse_repeated(field["pipelines"], "task id", lambda each: [task["id"].text() for task in each["tasks"].each()])
    return Manifest(field["scheduler"].one_of("herdflow", "external"), _zone(field["time_zone"]), pipelines)


def _zone(field: _Field) -> str:
    try:
        return zoneinfo.ZoneInfo(field.text()).key
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise field.wrong(f"is no time zone that this machine knows: {_shown(field.value)}") from None


def _refuse_repeated(field: _Field, what: str, names: Callable[[_Field], list[str]]) -> None:
    seen: set[str] = set()
    for each in field.each():
        for name in names(each):
            if name in seen:
                raise each.wrong(f"has the {what} {_shown(name)}, which is there already")
            seen.add(name)


def _pipeline(field: _Field) -> Pipeline:
    tasks = tuple(_task(each) for each in field["tasks"].each())
    if not tasks:
        raise field["tasks"].wrong("should have at least one task")
    _check_order(field["tasks"], tasks)
    return Pipeline(
        id=field["id"].id(),
        description=field["description"].text(),
        owner=field["owner"].text(),
        tags=tuple(each.text() for each in field["tags"].each()),
        schedule=_schedule(field["schedule"]),
        tasks=tasks,
    )


def _schedule(field: _Field) -> Schedule:
    words = _SCHEDULE.fullmatch(field.text())
    if not words:
        raise field.wrong(f"is {_shown(field.value)}; there are {_SCHEDULES}")
    if words["hour"]:
        return Daily(int(words["hour"]), int(words["minute"]))
    if not words["count"]:
        return WhenNew()
    if int(words["count"]) == 0:
        raise field.wrong("should be longer than no time at all")
    return Interval(int(words["count"]) * _UNITS[words["unit"]])


def _task(field: _Field) -> Task:
    retries = field["retries"]
    return Task(
        id=field["id"].id(),
        description=field["description"].text(),
        after=tuple(each.text() for each in field["after"].each()),
        retries=Retries(
            count=retries["count"].number(0),
            first_delay=retries["first_delay_seconds"].seconds(0),
            longest_delay=retries["longest_delay_seconds"].seconds(0),
        ),
        time_out=field["time_out_seconds"].seconds(),
    )


def _check_order(field: _Field, tasks: tuple[Task, ...]) -> None:
    """Each task comes after tasks of this pipeline, and none after itself."""
    known = {task.id for task in tasks}
    for task, place in zip(tasks, field.each(), strict=True):
        for name in task.after:
            if name not in known:
                raise place["after"].wrong(f"names {_shown(name)}, which is no task of this pipeline")
    done: set[str] = set()
    while ready := [task for task in tasks if task.id not in done and done.issuperset(task.after)]:
        done.update(task.id for task in ready)
    if waiting := [task.id for task in tasks if task.id not in done]:
        raise field.wrong(f"go round in a circle: {', '.join(waiting)}")
