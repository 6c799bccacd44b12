"""`serve` at rest, an hour after it took in 10 M readings: memory, CPU, and how fast it starts.

The readings are in the log before; `serve` loads them and computes what comes of them, and is then
left alone. CPU is that of the second half of the time. It is started again, on the full store, as
often as there are runs: the time from the start of the process until both ports are ready.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from installation import Installation
from program import executable, free_port
from waiting import wait_until

import measure

COWS, MINUTES = 5_000, 60
WANTED_MB, WANTED_CPU, WANTED_START_SECONDS = 60, 0.003, 0.3
START_SECONDS, STOP_SECONDS, FILL_SECONDS = 60, 60, 7_200
POLL_SECONDS = 0.001


def _are_ready(ports: Sequence[int]) -> bool:
    return all(_is_ready(port) for port in ports)


def _is_ready(port: int) -> bool:
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as client:
        try:
            client.request("GET", "/readyz")
            return client.getresponse().status == 200
        except OSError:
            return False


@contextlib.contextmanager
def started(herd: Installation, log: Path) -> Iterator[tuple[int, float]]:
    """A running `serve`, and the seconds until both of its ports were ready."""
    ports = (free_port(), free_port())
    names = ("HERDFLOW_PRODUCER_PORT", "HERDFLOW_BACKEND_PORT")
    environment = {**herd.environment(), **dict(zip(names, map(str, ports), strict=True))}
    with log.open("ab") as output:
        begun = time.perf_counter()
        process = subprocess.Popen(
            [str(executable()), "serve"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        wait_until(lambda: _are_ready(ports), START_SECONDS, "serve is ready", POLL_SECONDS)
        yield process.pid, time.perf_counter() - begun
        process.terminate()
        if process.wait(STOP_SECONDS) != 0:
            sys.exit(f"serve ended with {process.returncode}; its output is in {log}")
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def is_done(herd: Installation) -> bool:
    """Whether all that the log holds is in gold."""
    status = herd.ask("status")
    read = all(at["end_offset"] == at["next_offset"] == at["judged_offset"] for at in status["partitions"])
    return read and not status["dirty_days"] and not status["rejudge_requests"]


def rest(pid: int, seconds: float) -> tuple[float, float, float]:
    """Memory in MB at the end, its peak, and the share of a core that the second half took."""
    time.sleep(seconds / 2)
    before, since = measure.cpu_seconds(pid), time.perf_counter()
    time.sleep(seconds / 2)
    share = (measure.cpu_seconds(pid) - before) / (time.perf_counter() - since)
    status = Path(f"/proc/{pid}/status")
    return measure.memory_mb(status, "VmRSS"), measure.peak_mb(status), share


def _more(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--cows", type=int, default=COWS, help=f"so many (default {COWS})")
    parser.add_argument(
        "--minutes", type=float, default=MINUTES, help=f"how long it rests (default {MINUTES})"
    )


def main() -> None:
    chosen = measure.parse_arguments(__doc__.splitlines()[0], data=False, more=_more)
    work = measure.empty_folder(chosen.work / "idle")
    measure.print_machine(work)
    files = work / "files"
    data = measure.generate_tiny(files) if chosen.quick else measure.generate(files, chosen.cows)
    seconds = 2.0 if chosen.quick else chosen.minutes * 60
    herd = Installation(work / "data")
    log = work / "serve.log"
    measure.run_measured([executable(), "seed", data], herd.environment(), log)
    with started(herd, log) as (pid, _):
        begun = time.perf_counter()
        wait_until(lambda: is_done(herd), FILL_SECONDS, "all readings are in gold", pause=0.1 if chosen.quick else 10)
        took = time.perf_counter() - begun
        print(f"{measure.readings_in(data):,} readings were in gold after {took:.0f} s", file=sys.stderr)
        resident, peak, share = rest(pid, seconds)
    starts = []
    for _ in range(chosen.runs):
        with started(herd, log) as (_, start):
            starts.append(start)
    measure.print_table(
        ("`serve`", "measured", "wanted"),
        [
            (
                f"memory {seconds / 60:.3g} minutes after {measure.readings_in(data):,} readings",
                f"{resident:.0f} MB (peak while it took them in: {peak:.0f} MB)",
                f"at most {WANTED_MB} MB",
            ),
            (
                f"CPU in the second half of them, of {os.cpu_count()} cores",
                f"{share:.2%} of one",
                f"less than {WANTED_CPU:.1%}",
            ),
            (
                "start until both ports are ready, s (min / median / max)",
                measure.summary(starts, 3),
                f"at most {WANTED_START_SECONDS}",
            ),
        ],
    )
    shutil.rmtree(work)  # Gigabytes.


if __name__ == "__main__":
    main()
