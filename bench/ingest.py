"""What the benches of readings by HTTP share: servers that wrk posts to, references, their table."""

from __future__ import annotations

import contextlib
import json
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from installation import Installation, loopback_session, wait_until
from program import executable, free_port

import measure

WARM_SECONDS, SECONDS = 3, 10
SENSORS, COWS = 97, 89  # Those of programs/post_readings.lua.
PRODUCER, ALL_ROLES = ("--roles", "producer"), ()
TABLE_HEAD = ("min / median / max", "readings/s", "p50 ms", "p99 ms", "longest ms")


@dataclass(frozen=True)
class Load:
    """What wrk does: so many connections, so many readings a request; none: one object."""

    path: str
    connections: int
    readings: int | None = None
    warm_seconds: int = WARM_SECONDS
    seconds: int = SECONDS

    def warm(self, port: int) -> None:
        self._post(port, self.warm_seconds)

    def post(self, port: int) -> dict[str, float]:
        """What was answered, in readings."""
        return self._post(port, self.seconds)

    def _post(self, port: int, seconds: int) -> dict[str, float]:
        url = f"http://127.0.0.1:{port}{self.path}"
        more = [] if self.readings is None else [self.readings]
        answer = measure.wrk("post_readings.lua", url, self.connections, seconds, *more)
        answer["readings"] = answer["answered"] * (self.readings or 1)
        return answer

    def quick(self) -> Load:
        """The same, as short as wrk can."""
        return replace(self, warm_seconds=1, seconds=1)


@dataclass
class Side:
    """One side of the comparison; `run` gives what it did in the seconds of its load."""

    name: str
    run: Callable[[], Mapping[str, float]]
    runs: list[Mapping[str, float]] = field(default_factory=list)

    def rates(self) -> list[float]:
        return [run["readings"] / run["seconds"] for run in self.runs]

    def median(self, key: str) -> float:
        return statistics.median(run[key] for run in self.runs)

    def rate(self) -> float:
        return statistics.median(self.rates())

    def row(self) -> tuple[str, ...]:
        """A program that is no server has no times of single requests."""
        times = (
            measure.summary(run[key] for run in self.runs) if key in self.runs[0] else ""
            for key in ("p50_ms", "p99_ms", "max_ms")
        )
        return (self.name, measure.summary(self.rates(), 0), *times)


def run_in_turns(sides: Sequence[Side], times: int) -> None:
    """A B C A B C …"""
    for number in range(times):
        for side in sides:
            side.runs.append(side.run())
            print(f"run {number + 1}: {side.name} {side.rates()[-1]:,.0f}/s", file=sys.stderr)


@contextlib.contextmanager
def running(
    command: Sequence[object], environment: Mapping[str, str], url: str, log: Path
) -> Iterator[None]:
    """The server, once it answers anything at all; it must end well."""
    with log.open("ab") as output, loopback_session() as http:
        process = subprocess.Popen(
            list(map(str, command)), env=dict(environment), stdout=output, stderr=output
        )

        def answers() -> bool:
            if process.poll() is not None:
                sys.exit(f"{command[0]} ended with {process.returncode}; its output is in {log}")
            with contextlib.suppress(OSError):
                return http.get(url, timeout=5).status_code > 0
            return False

        try:
            wait_until(answers)
            yield
        finally:
            process.terminate()
            if process.wait(60) not in (0, -15):
                sys.exit(f"{command[0]} ended with {process.returncode}; its output is in {log}")


def answered_by(
    command: Sequence[object], environment: Mapping[str, str], port: int, load: Load, log: Path
) -> dict[str, float]:
    """A server of its own, warmed up."""
    with running(command, environment, f"http://127.0.0.1:{port}/", log):
        load.warm(port)
        return load.post(port)


def in_log(herd: Installation) -> int:
    """The measurements that the log has; nothing was deleted from it."""
    topics = herd.ask("topics", "list")
    measurements = next(each for each in topics if each["topic"] == "measurements")
    return sum(partition["end_offset"] for partition in measurements["partitions"])


def served(herd: Installation, roles: Sequence[str], load: Load, log: Path) -> dict[str, float]:
    """What herdflow answers. It is told the cows and sensors, so that it judges the readings."""
    herd.run("topics", "create")
    port = free_port()
    environment = {
        **herd.environment(),
        "HERDFLOW_PRODUCER_PORT": str(port),
        "HERDFLOW_BACKEND_PORT": str(free_port()),
    }
    command = [executable(), "serve", *roles]
    with running(command, environment, f"http://127.0.0.1:{port}/healthz", log):
        _send_herd(port)
        load.warm(port)
        before = in_log(herd)
        answer = load.post(port)
        appended = in_log(herd) - before
    if appended < answer["readings"]:
        sys.exit(f"{answer['readings']:.0f} readings were answered, {appended} are in the log")
    return answer


def _send_herd(port: int) -> None:
    cows = [
        {"id": f"cow-{number:03d}", "name": f"Cow #{number}", "birthdate": "2019-05-21"}
        for number in range(COWS)
    ]
    sensors = [{"id": f"sensor-{number:03d}", "unit": "L"} for number in range(SENSORS)]
    with loopback_session() as http:
        for topic, items in (("cows", cows), ("sensors", sensors)):
            url = f"http://127.0.0.1:{port}/api/v1/events/{topic}"
            http.post(url, json=items, timeout=30).raise_for_status()


def bare_commits(work: Path, rows: int, seconds: int) -> dict[str, float]:
    """SQLite alone: rows of a reading's bytes, so many a synced transaction."""
    folder = measure.empty_folder(work / "bare")
    command = [measure.build("group_commit"), folder / "bare.db", rows, seconds]
    return as_readings(command)


def as_readings(command: Sequence[object]) -> dict[str, float]:
    """What a program of bench/programs says of the rows that it wrote."""
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stderr)
    answer: dict[str, float] = json.loads(done.stdout)
    answer["readings"] = answer.pop("rows")
    return answer


def print_sides(sides: Sequence[Side], load: Load) -> None:
    measure.print_table(TABLE_HEAD, [side.row() for side in sides])
    print(f"\n{load.seconds} s a run after {load.warm_seconds} s to warm up; wrk beside them on the same cores\n")


def print_wanted(side: Side, rate: int, p99_ms: int) -> None:
    name = side.name.replace("*", "")
    print(
        f"{name}, medians: {side.rate():,.0f} readings/s, p99 {side.median('p99_ms'):.1f} ms; "
        f"wanted: at least {rate:,} at no more than {p99_ms} ms  "
    )
