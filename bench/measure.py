"""What the benches share: one process measured, the machine described, a table printed."""

from __future__ import annotations

import argparse
import contextlib
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
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
from program import REPOSITORY, executable

MEGABYTE = 1_000_000


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


def peak_mb(status: Path) -> float:
    """The peak resident memory that a file /proc/PID/status tells; 0 of a process that has ended."""
    for line in status.read_text(encoding="utf-8").splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) * 1024 / MEGABYTE
    return 0.0


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


def parse_arguments(description: str, data: bool = True) -> argparse.Namespace:
    """The options that every bench has; `data`: whether it needs the Parquet files."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--runs", type=int, default=5, help="how often (default 5)")
    if data:
        parser.add_argument(
            "--data",
            type=Path,
            default=os.environ.get("TEST_REAL_DATA"),
            help="folder of the Parquet files (default: the variable TEST_REAL_DATA)",
        )
    parser.add_argument(
        "--work",
        type=Path,
        default=REPOSITORY / "build/bench",
        help="where data folders are made (default build/bench); both sides write there",
    )
    chosen = parser.parse_args()
    if data and chosen.data is None:
        parser.error("name a folder with --data or set TEST_REAL_DATA")
    if data:
        chosen.data = chosen.data.resolve()
    return chosen


def empty_folder(folder: Path) -> Path:
    """The folder, made anew."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def need(program: str, package: str) -> str:
    """A program of the system that only a reference needs."""
    found = shutil.which(program)
    if found is None:
        sys.exit(f"there is no {program}; install it: apt-get install {package}")
    return found


def build(program: str) -> Path:
    """A C++ program of bench/programs, which nothing else builds."""
    folder = REPOSITORY / "build/release"
    command = ["cmake", "--build", str(folder), "--target", program]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return folder / program
