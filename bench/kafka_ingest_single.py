"""One reading a POST by 64 connections, each answered when Kafka has it.

herdflow: `serve --roles producer`. Beside it FastAPI and confluent-kafka (bench/programs), the same
acks and idempotence, under uvicorn with one process a core. wrk posts to both, on the same cores.
"""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import measure
import stack
from installation import loopback_session, wait_until
from program import executable, free_port
from stack import Stack

CONNECTIONS = 64
WANTED_RATE = 20_000
WANTED_P99_MS = 20
PROGRAMS = Path(__file__).parent / "programs"


@contextlib.contextmanager
def running(command: list[object], environment: dict[str, str], url: str, log: Path) -> Iterator[None]:
    """The server, once it answers anything at all; it must end well."""
    with log.open("ab") as output, loopback_session() as http:
        process = subprocess.Popen(
            list(map(str, command)), env=environment, stdout=output, stderr=output
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


def post(url: str, seconds: int) -> dict[str, float]:
    """What wrk counted."""
    command = [stack.need("wrk", "wrk"), "--threads", "1", "--connections", CONNECTIONS]
    command += ["--duration", f"{seconds}s", "--timeout", "10s"]
    command += ["--script", PROGRAMS / "post_readings.lua", url]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stderr)
    answer: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    if answer["failed"]:
        sys.exit(f"{url}: {answer}")
    return answer


def measured(servers: Stack, topic: str, url: str, seconds: int) -> dict[str, float]:
    """One run, of which every answered reading is in the topic."""
    before = servers.count(topic)
    answer = post(url, seconds)
    delivered = servers.count(topic) - before
    if delivered < answer["answered"]:
        sys.exit(f"{url}: {answer['answered']} answered, {delivered} delivered")
    return answer


def row(name: str, runs: list[dict[str, float]]) -> tuple[str, ...]:
    return (
        name,
        measure.summary((run["answered"] / run["seconds"] for run in runs), 0),
        *(measure.summary(run[key] for run in runs) for key in ("p50_ms", "p99_ms", "max_ms")),
    )


def main() -> None:
    chosen = measure.parse_arguments(__doc__.splitlines()[0])
    work = measure.empty_folder(chosen.work / "kafka_ingest_single")
    measure.print_machine(work)
    seconds = 10
    ours, theirs = [], []
    with stack.start() as servers:
        stack.print_servers(servers)
        herd = servers.herd("herd.", "unused_", work / "data")
        herd.run("topics", "create")
        ours_port, theirs_port = free_port(), free_port()
        herd_environment = {**herd.environment(), "HERDFLOW_PRODUCER_PORT": str(ours_port)}
        python_environment = {
            **os.environ,
            "BROKERS": servers.brokers,
            "TOPIC": "herd.measurements",
            "PYTHONPATH": str(PROGRAMS),
        }
        herdflow = [executable(), "serve", "--roles", "producer"]
        uvicorn = [sys.executable, "-m", "uvicorn", "fastapi_producer:app", "--no-access-log"]
        uvicorn += ["--workers", os.cpu_count(), "--port", theirs_port]
        sides = (
            (herdflow, herd_environment, ours_port, ours),
            (uvicorn, python_environment, theirs_port, theirs),
        )
        for number in range(chosen.runs):
            for command, environment, port, runs in sides:
                url = f"http://127.0.0.1:{port}/measurement/"
                with running(command, environment, url, work / "servers.log"):
                    post(url, 5)  # Warms up.
                    runs.append(measured(servers, "herd.measurements", url, seconds))
            rates = (f"{runs[-1]['answered'] / runs[-1]['seconds']:,.0f}/s" for runs in (ours, theirs))
            print(f"run {number + 1}: {' herdflow, '.join(rates)} FastAPI", file=sys.stderr)
    measure.print_table(
        ("min / median / max", "readings/s", "p50 ms", "p99 ms", "longest ms"),
        [row("**herdflow**", ours), row("**FastAPI**, confluent-kafka", theirs)],
    )
    rate = statistics.median(run["answered"] / run["seconds"] for run in ours)
    p99 = statistics.median(run["p99_ms"] for run in ours)
    print(f"\n{CONNECTIONS} connections, {seconds} s a run after 5 s to warm up; wrk beside them")
    print(f"herdflow, medians: {rate:,.0f} readings/s, p99 {p99:.1f} ms; ", end="")
    print(f"wanted: at least {WANTED_RATE:,} at no more than {WANTED_P99_MS} ms")


if __name__ == "__main__":
    main()
