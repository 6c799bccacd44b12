"""100 and 1,000 readings a POST by 32 connections, each answered when all of it is durable.

herdflow on its embedded log, as producer alone and with all roles; beside it SQLite's bare commits
of the same batches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import measure
from ingest import (
    ALL_ROLES,
    PRODUCER,
    Load,
    Side,
    bare_commits,
    print_sides,
    print_wanted,
    run_in_turns,
    served,
)
from installation import Installation

CONNECTIONS = 32
WANTED = {100: 250_000, 1_000: 400_000}
WANTED_P99_MS = 50


def sides_of(load: Load, work: Path) -> tuple[Side, Side, Side]:
    readings = load.readings or 1

    def embedded(roles: Sequence[str]) -> dict[str, float]:
        herd = Installation(measure.empty_folder(work / "data"))
        return served(herd, roles, load, work / "servers.log")

    return (
        Side(f"**herdflow**, producer, {readings} a POST", lambda: embedded(PRODUCER)),
        Side(f"**herdflow**, all roles, {readings} a POST", lambda: embedded(ALL_ROLES)),
        Side(
            f"SQLite's bare commits, {readings} rows each",
            lambda: bare_commits(work, readings, load.seconds),
        ),
    )


def main() -> None:
    chosen = measure.parse_arguments(__doc__.splitlines()[0], data=False)
    work = measure.empty_folder(chosen.work / "ingest_bulk")
    measure.print_machine(work)
    load = Load("/api/v1/events/measurements", CONNECTIONS)
    if chosen.quick:
        load = load.quick()
    sides = {readings: sides_of(replace(load, readings=readings), work) for readings in WANTED}
    run_in_turns([side for each in sides.values() for side in each], chosen.runs)
    print_sides([side for each in sides.values() for side in each], load)
    for readings, rate in WANTED.items():
        print_wanted(sides[readings][0], rate, WANTED_P99_MS)


if __name__ == "__main__":
    main()
