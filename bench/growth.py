"""What a reading costs as the herd grows: 128, 1,000 and 5,000 cows, from files to gold.

herdflow: `seed`, `load` and `pipeline run` as three processes on a fresh data folder. Beside it the
oracle's SQL in DuckDB, as in pipeline_cold.py, which `--no-duckdb` leaves out: of 20,000 cows it
takes more memory than most machines have. The herds come in turns.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import measure
from measure import STEPS, Cost
from pipeline_cold import DuckdbRun, HerdflowRun, run_duckdb, run_herdflow

COWS = [128, 1_000, 5_000]
FLAT_WANTED, RATIO_WANTED, RESIDENT_WANTED_MB = 1.3, 2.5, 300
TABLE_HEAD = ("min / median / max", "wall s", "µs a reading", "CPU s", "peak resident MB", "disk MB")


@dataclass
class Herd:
    """The files, and what was measured of them."""

    cows: int
    files: Path
    readings: int
    ours: list[HerdflowRun] = field(default_factory=list)
    theirs: list[DuckdbRun] = field(default_factory=list)

    def microseconds(self, costs: list[Cost]) -> list[float]:
        """Wall time a reading."""
        return [cost.wall * 1e6 / self.readings for cost in costs]

    def steps(self) -> dict[str, list[Cost]]:
        return {" ".join(step): [run.steps[at] for run in self.ours] for at, step in enumerate(STEPS)}

    def rows(self) -> list[tuple[str, ...]]:
        log, store = self.ours[-1].log_mb, self.ours[-1].store_mb
        name = f"**{self.cows:,} cows**, {self.readings:,} readings"
        rows = [self._row(name, [run.whole for run in self.ours], f"log {log:.0f}, store {store:.0f}")]
        rows += [self._row(f"- {step}", costs, "") for step, costs in self.steps().items()]
        if self.theirs:
            whole = [run.whole for run in self.theirs]
            rows.append(self._row("- DuckDB SQL, whole process", whole, f"{self.theirs[-1].file_mb:.0f}"))
        return rows

    def _row(self, name: str, costs: list[Cost], disk: str) -> tuple[str, ...]:
        return (
            name,
            measure.summary(cost.wall for cost in costs),
            measure.summary(self.microseconds(costs)),
            measure.summary(cost.cpu for cost in costs),
            measure.summary((cost.resident_mb for cost in costs), 0),
            disk,
        )


def print_results(herds: list[Herd]) -> None:
    """A row a herd and step, then what the issue names: of the largest herd beside the smallest."""
    measure.print_table(TABLE_HEAD, [row for herd in herds for row in herd.rows()])
    print()
    least, most = herds[0], herds[-1]
    for step, costs in most.steps().items() if most is not least else ():
        before, after = (
            statistics.median(herd.microseconds(each))
            for herd, each in ((least, least.steps()[step]), (most, costs))
        )
        print(
            f"{step}, µs a reading of {most.cows:,} cows / of {least.cows:,}, medians: {after / before:.2f}; "
            f"wanted: at most {FLAT_WANTED}  "
        )
    for herd in herds:
        if herd.theirs:
            ours, theirs = (
                statistics.median(run.whole.wall for run in runs) for runs in (herd.ours, herd.theirs)
            )
            wanted = f"; wanted: at most {RATIO_WANTED}" if herd is most else ""
            print(f"{herd.cows:,} cows, herdflow / DuckDB, medians: {ours / theirs:.2f}{wanted}  ")
    resident = max(run.whole.resident_mb for herd in herds for run in herd.ours)
    print(f"herdflow's peak: {resident:.0f} MB; wanted: at most {RESIDENT_WANTED_MB}")


def _more(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--cows", type=int, nargs="+", default=COWS, help="herds of so many cows")
    parser.add_argument("--no-duckdb", action="store_true", help="without the reference")


def main() -> None:
    chosen = measure.parse_arguments(__doc__.splitlines()[0], data=False, runs=3, more=_more)
    work = measure.empty_folder(chosen.work / "growth")
    measure.print_machine(work)
    make: Callable[[Path, int], Path] = measure.generate
    if chosen.quick:
        make, chosen.cows = measure.generate_tiny, [3, 6]
    herds = []
    for cows in sorted(set(chosen.cows)):
        files = make(work / f"files_{cows}", cows)
        herds.append(Herd(cows, files, measure.readings_in(files)))
    for number in range(chosen.runs):
        for herd in herds:
            herd.ours.append(run_herdflow(herd.files, work))
            walls = f"herdflow {herd.ours[-1].whole.wall:.2f} s"
            if not chosen.no_duckdb:
                herd.theirs.append(run_duckdb(herd.files, work))
                walls += f", DuckDB {herd.theirs[-1].whole.wall:.2f} s"
            print(f"run {number + 1}, {herd.cows:,} cows: {walls}", file=sys.stderr)
    print_results(herds)
    shutil.rmtree(work)  # Gigabytes.


if __name__ == "__main__":
    main()
