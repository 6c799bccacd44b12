"""What the benches share: one process measured, the machine described, a table printed."""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import json
import os
import platform
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import duckdb
from program import REPOSITORY, executable

MEGABYTE = 1_000_000
PROGRAMS = Path(__file__).parent / "programs"
STEPS = (("seed",), ("load",), ("pipeline", "run"))
LEFT_OUT = 77  # What ctest takes for a test that was left out.
# As many readings as the three real files have; every other herd has those of one year.
REAL_COWS, LAST_DAY = 128, "2024-12-31"
FIRST_DAY, FIRST_DAY_OF_REAL = "2024-01-01", "2023-01-01"


@dataclass(frozen=True)
class Cost:
    """Wall and CPU seconds and the peak resident memory of finished work."""

    wall: float
    cpu: float
    resident_mb: float

    def then(self, other: Cost) -> Cost:
        """Both, one after the other: times add up, the larger peak is the peak of both."""
        peak = max(self.resident_mb, other.resident_mb)
        return Cost(self.wall + other.wall, self.cpu + other.cpu, peak)


class _PeakWatch:
    """Looks at a process's peak memory while it runs.

    What wait4 tells begins at the peak of the process that started it, which is this one.
    """

    def __init__(self, pid: int) -> None:
        self.megabytes = 0.0
        self._status = Path(f"/proc/{pid}/status")
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> _PeakWatch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.01):
            with contextlib.suppress(OSError):
                self.megabytes = max(self.megabytes, peak_mb(self._status))


def memory_mb(status: Path, field: str) -> float:
    """A field of a file /proc/PID/status that is in kB; 0 of a process that has ended."""
    for line in status.read_text(encoding="utf-8").splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) * 1024 / MEGABYTE
    return 0.0


def peak_mb(status: Path) -> float:
    """The peak resident memory that a file /proc/PID/status tells."""
    return memory_mb(status, "VmHWM")


def cpu_seconds(pid: int | str) -> float:
    """What a running process has used so far, in its own code and in the system's."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run_measured(command: Sequence[object], environment: Mapping[str, str], log: Path) -> Cost:
    """Run one process to its end; wait4 tells the time that it and its children took."""
    with log.open("ab") as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            list(map(str, command)),
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
        with _PeakWatch(process.pid) as peak:
            _, status, usage = os.wait4(process.pid, 0)
            wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{command[0]} ended with {process.returncode}; its output is in {log}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, peak.megabytes)


def fill(environment: Mapping[str, str], log: Path, *data: Path) -> tuple[Cost, ...]:
    """What each of STEPS takes from the files to gold; no two of the processes overlap."""
    return tuple(
        run_measured([executable(), *step, *(data if step == ("seed",) else [])], environment, log)
        for step in STEPS
    )


def megabytes_of(folder: Path, pattern: str) -> float:
    """Bytes on disk of the files that match."""
    return sum(file.stat().st_size for file in folder.glob(pattern)) / MEGABYTE


def summary(values: Iterable[float], digits: int = 2) -> str:
    """Least, middle and greatest."""
    ordered = sorted(values)
    three = (ordered[0], statistics.median(ordered), ordered[-1])
    return " / ".join(f"{value:.{digits}f}" for value in three)


def print_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Markdown, so that it can stand in the README as it is."""
    print(f"| {' | '.join(head)} |")
    print("|" + "---|" * len(head))
    for row in rows:
        print(f"| {' | '.join(row)} |")


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def fsync_milliseconds(folder: Path, times: int = 200) -> float:
    """The median time of a 4 KiB write that is synced."""
    taken = []
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        for _ in range(times):
            started = time.perf_counter()
            file.write(b"\0" * 4096)
            file.flush()
            os.fsync(file.fileno())
            taken.append((time.perf_counter() - started) * 1000)
    return statistics.median(taken)


def _version_of_herdflow() -> str:
    answer = subprocess.run([executable(), "--version"], capture_output=True, text=True)
    return answer.stdout.strip() or "without --version"


def print_machine(folder: Path) -> None:
    """Machine and versions, and how long a sync takes where the data is written."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = os.getloadavg()[0]
    print(f"machine: {_processor()}, {os.cpu_count()} cores, {memory:.0f} GiB, load {load:.1f}")
    print(f"system: {platform.platform()}")
    print(
        f"versions: {_version_of_herdflow()}; DuckDB {duckdb.__version__}; Python "
        f"{platform.python_version()} with SQLite {sqlite3.sqlite_version} (reads only)"
    )
    print(f"fsync of 4 KiB: {fsync_milliseconds(folder):.2f} ms (median of 200)\n")


def parse_arguments(
    description: str,
    data: bool = True,
    runs: int = 5,
    more: Callable[[argparse.ArgumentParser], object] | None = None,
) -> argparse.Namespace:
    """The options that every bench has; `data`: whether it needs the Parquet files; `more` adds options."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--runs", type=int, help=f"how often (default {runs}; 1 with --quick)")
    parser.add_argument(
        "--quick", action="store_true", help="only try that it still works: tiny data, no figures to keep"
    )
    if data:
        parser.add_argument(
            "--data",
            type=Path,
            default=os.environ.get("TEST_REAL_DATA"),
            help="folder of the Parquet files (default: the variable TEST_REAL_DATA)",
        )
        parser.add_argument("--cows", type=int, help="in place of the files: a synthetic herd of so many cows")
    parser.add_argument(
        "--work",
        type=Path,
        default=REPOSITORY / "build/bench",
        help="where data folders are made (default build/bench); both sides write there",
    )
    if more is not None:
        more(parser)
    chosen = parser.parse_args()
    if chosen.runs is None:
        chosen.runs = 1 if chosen.quick else runs
    if chosen.quick:
        chosen.work = chosen.work / "quick"
        print("--quick: it works, or not; the figures are of no use\n")
    if data and chosen.quick:
        chosen.data = generate_tiny(chosen.work / f"{Path(sys.argv[0]).stem}_files")
    elif data and chosen.cows is not None:
        chosen.data = generate(chosen.work / f"{Path(sys.argv[0]).stem}_files", chosen.cows)
    elif data and chosen.data is None:
        parser.error("name a folder with --data, a number of --cows, or set TEST_REAL_DATA")
    if data:
        chosen.data = chosen.data.resolve()
    return chosen


def generate(folder: Path, cows: int, first_day: str = "") -> Path:
    """The three files of a synthetic herd, the same each time: 0.56, 2 and 11 M readings of 128, 1,000, 5,000 cows."""
    first = first_day or (FIRST_DAY_OF_REAL if cows == REAL_COWS else FIRST_DAY)
    command = [executable(), "generate", "--cows", cows, "--seed", 1]
    command += ["--from", first, "--to", LAST_DAY, "--output", empty_folder(folder)]
    run_measured(command, os.environ, folder.with_name(f"{folder.name}.log"))
    return folder


def generate_tiny(folder: Path, cows: int = 4) -> Path:
    """Two months, for the quick forms."""
    return generate(folder, cows, "2024-11-01")


def readings_in(folder: Path) -> int:
    """Of the measurements' Parquet file."""
    [(rows,)] = duckdb.execute(
        "SELECT count(*) FROM read_parquet(?)", [str(folder / "measurements.parquet")]
    ).fetchall()
    return int(rows)


def wrk(script: str, url: str, connections: int, seconds: int, *arguments: object) -> dict[str, float]:
    """What wrk says of so many seconds with a script of bench/programs; no request may fail."""
    command = [need("wrk", "wrk"), "--threads", 1, "--connections", connections]
    command += ["--duration", f"{seconds}s", "--timeout", "10s", "--script", PROGRAMS / script, url, "--"]
    done = subprocess.run(
        list(map(str, [*command, *arguments])),
        env={**os.environ, "LUA_PATH": f"{PROGRAMS}/?.lua;;"},
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        sys.exit(done.stderr)
    answer: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    if answer["failed"]:
        sys.exit(f"{url}: {answer}")
    return answer


def empty_folder(folder: Path) -> Path:
    """The folder, made anew."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def leave_out(reason: str) -> NoReturn:
    """Ends a bench that cannot run here; ctest shows it as left out."""
    print(f"LEFT OUT: {reason}", file=sys.stderr)
    sys.exit(LEFT_OUT)


def need(program: str, package: str) -> str:
    """A program of the system that only a bench needs."""
    found = shutil.which(program)
    if found is None:
        leave_out(f"there is no {program}; install it: apt-get install {package}")
    return found


def build(program: str) -> Path:
    """A C++ program of bench/programs, in the build of the herdflow that is measured."""
    folder = executable().parent
    command = ["cmake", "--build", str(folder), "--target", program]
    with (folder / ".bench_build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return folder / program
