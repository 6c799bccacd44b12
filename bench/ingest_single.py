"""One reading a POST by 64 connections, each answered when it is durable.

herdflow on its embedded log, as producer alone and with all roles; beside it the same server with a
handler that does nothing, and SQLite's bare commits of as many rows as there are connections.
herdflow on Kafka; beside it bare librdkafka with as many events in flight, and FastAPI with
confluent-kafka, the same acks and idempotence, under uvicorn with one process a core.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import measure
import stack
from ingest import (
    ALL_ROLES,
    PRODUCER,
    Load,
    Side,
    answered_by,
    as_readings,
    bare_commits,
    print_sides,
    print_wanted,
    run_in_turns,
    served,
)
from installation import Installation
from measure import PROGRAMS
from program import free_port
from stack import Stack

CONNECTIONS = 64
LOAD = Load("/measurement/", CONNECTIONS)
WANTED_OF_KAFKA = 0.5


def empty_handler(load: Load, log: Path) -> dict[str, float]:
    port = free_port()
    return answered_by([measure.build("empty_handler"), port], os.environ, port, load, log)


def fastapi(servers: Stack, load: Load, log: Path) -> dict[str, float]:
    port = free_port()
    environment = {
        **os.environ,
        "BROKERS": servers.brokers,
        "TOPIC": "herd.measurements",
        "PYTHONPATH": str(PROGRAMS),
    }
    command = [sys.executable, "-m", "uvicorn", "fastapi_producer:app", "--no-access-log"]
    command += ["--workers", os.cpu_count(), "--port", port]
    return answered_by(command, environment, port, load, log)


def bare_producer(servers: Stack, load: Load) -> dict[str, float]:
    program = measure.build("bare_producer")
    command = [program, servers.brokers, "herd.measurements", CONNECTIONS, load.seconds]
    return as_readings(command)


def main() -> None:
    chosen = measure.parse_arguments(__doc__.splitlines()[0], data=False)
    work = measure.empty_folder(chosen.work / "ingest_single")
    log = work / "servers.log"
    load = LOAD.quick() if chosen.quick else LOAD
    measure.print_machine(work)

    def embedded(roles: Sequence[str]) -> dict[str, float]:
        return served(Installation(measure.empty_folder(work / "data")), roles, load, log)

    sides = producer, everything, _, _ = (
        Side("**herdflow**, producer", lambda: embedded(PRODUCER)),
        Side("**herdflow**, all roles", lambda: embedded(ALL_ROLES)),
        Side("the server with an empty handler", lambda: empty_handler(load, log)),
        Side("SQLite's bare commits, 64 rows each", lambda: bare_commits(work, CONNECTIONS, load.seconds)),
    )
    run_in_turns(sides, chosen.runs)
    print_sides(sides, load)
    print_wanted(producer, 60_000, 5)
    print_wanted(everything, 30_000, 20)
    if chosen.quick and stack.are_left_out():
        return
    with stack.start(chosen.quick) as servers:
        print()
        stack.print_servers(servers)
        herd = servers.herd("herd.", "unused_", work / "data")
        on_kafka = ours, bare, _ = (
            Side("**herdflow** on Kafka, producer", lambda: served(herd, PRODUCER, load, log)),
            Side("bare librdkafka, 64 in flight", lambda: bare_producer(servers, load)),
            Side("FastAPI, confluent-kafka", lambda: fastapi(servers, load, log)),
        )
        run_in_turns(on_kafka, chosen.runs)
    print_sides(on_kafka, load)
    print(
        f"herdflow's share of the bare rate on Kafka, medians: {ours.rate() / bare.rate():.2f}; "
        f"wanted: at least {WANTED_OF_KAFKA}"
    )


if __name__ == "__main__":
    main()
