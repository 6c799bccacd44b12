"""Three Parquet files to gold, durable, beside the oracle's SQL in the same run.

herdflow: `seed`, `load` and `pipeline run` as three processes on a fresh data folder.
DuckDB: tests/oracle/oracle.py as a fresh process, 2 threads, a file database, checkpointed.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
from dataclasses import dataclass
from pathlib import Path

from installation import Installation
from oracle import SQL_FOLDER

import measure
from measure import STEPS, Cost

ORACLE = SQL_FOLDER.parent / "oracle.py"
# Printed, never asserted.
RATIO_WANTED, RESIDENT_WANTED_MB = 2.0, 500


@dataclass(frozen=True)
class HerdflowRun:
    steps: tuple[Cost, ...]
    log_mb: float
    store_mb: float

    @property
    def whole(self) -> Cost:
        total = self.steps[0]
        for step in self.steps[1:]:
            total = total.then(step)
        return total


@dataclass(frozen=True)
class DuckdbRun:
    whole: Cost
    sql_seconds: float
    file_mb: float


def run_herdflow(data: Path, work: Path) -> HerdflowRun:
    """One cold run; no two of its processes overlap."""
    folder = measure.empty_folder(work / "herdflow")
    environment = Installation(folder / "data").environment()
    steps = measure.fill(environment, folder / "output.log", data)
    sizes = (measure.megabytes_of(folder / "data", f"{name}.db*") for name in ("log", "store"))
    return HerdflowRun(steps, *sizes)


def run_duckdb(data: Path, work: Path) -> DuckdbRun:
    """The same from Python and DuckDB."""
    folder = measure.empty_folder(work / "duckdb")
    command = [sys.executable, ORACLE, data, "--threads", 2, "--database", folder / "oracle.duckdb"]
    output = folder / "output.json"
    cost = measure.run_measured(command, os.environ, output)
    sql_seconds = json.loads(output.read_text(encoding="utf-8"))["sql_seconds"]
    return DuckdbRun(cost, sql_seconds, measure.megabytes_of(folder, "oracle.duckdb*"))


def row(name: str, costs: list[Cost], disk: str) -> tuple[str, ...]:
    return (
        name,
        measure.summary(cost.wall for cost in costs),
        measure.summary(cost.cpu for cost in costs),
        measure.summary((cost.resident_mb for cost in costs), 0),
        disk,
    )


def print_results(ours: list[HerdflowRun], theirs: list[DuckdbRun]) -> None:
    """Both sides as one table, then the ratio that the order names."""
    head = ("min / median / max", "wall s", "CPU s", "peak resident MB", "disk MB")
    log, store = ours[-1].log_mb, ours[-1].store_mb
    rows = [row("**herdflow**", [run.whole for run in ours], f"log {log:.0f}, store {store:.0f}")]
    for number, step in enumerate(STEPS):
        rows.append(row(f"- {' '.join(step)}", [run.steps[number] for run in ours], ""))
    disk = f"{theirs[-1].file_mb:.0f}"
    rows.append(row("**DuckDB SQL**, whole process", [run.whole for run in theirs], disk))
    sql_only = measure.summary(run.sql_seconds for run in theirs)
    rows.append(("- SQL and checkpoint alone", sql_only, "", "", ""))
    measure.print_table(head, rows)

    median = statistics.median(run.whole.wall for run in ours)
    whole = median / statistics.median(run.whole.wall for run in theirs)
    sql = median / statistics.median(run.sql_seconds for run in theirs)
    resident = max(run.whole.resident_mb for run in ours)
    print(f"\nherdflow / DuckDB, medians: {whole:.2f} (its SQL alone: {sql:.2f}); ", end="")
    print(f"wanted: at most {RATIO_WANTED:.0f}")
    print(f"herdflow's peak: {resident:.0f} MB; wanted: at most {RESIDENT_WANTED_MB}")


def main() -> None:
    chosen = measure.parse_arguments(__doc__.splitlines()[0])
    work = measure.empty_folder(chosen.work / "pipeline_cold")
    measure.print_machine(work)
    ours, theirs = [], []
    for number in range(chosen.runs):
        ours.append(run_herdflow(chosen.data, work))
        theirs.append(run_duckdb(chosen.data, work))
        walls = f"herdflow {ours[-1].whole.wall:.2f} s, DuckDB {theirs[-1].whole.wall:.2f} s"
        print(f"run {number + 1}: {walls}", file=sys.stderr)
    print_results(ours, theirs)


if __name__ == "__main__":
    main()
