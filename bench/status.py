"""`herdflow status` on 11 M readings: how long it takes, and its memory.

Where there is a `status --audit`, which counts what `status` was told, that too.
"""

from __future__ import annotations

import argparse
import shutil
import statistics

from installation import Installation
from program import executable

import measure

COWS = 5_000
WANTED_SECONDS, WANTED_MB = 0.2, 60
TABLE_HEAD = ("min / median / max", "wall s", "CPU s", "peak resident MB")


def _more(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--cows", type=int, default=COWS, help=f"so many (default {COWS})")


def main() -> None:
    chosen = measure.parse_arguments(__doc__.splitlines()[0], data=False, more=_more)
    work = measure.empty_folder(chosen.work / "status")
    measure.print_machine(work)
    files = work / "files"
    data = measure.generate_tiny(files) if chosen.quick else measure.generate(files, chosen.cows)
    herd = Installation(work / "data")
    log = work / "output.log"
    measure.fill(herd.environment(), log, data)
    commands: list[tuple[str, ...]] = [("status",)]
    if "--audit" in herd.run("status", "--help"):
        commands.append(("status", "--audit"))
    costs = {
        command: [
            measure.run_measured([executable(), *command], herd.environment(), log)
            for _ in range(chosen.runs)
        ]
        for command in commands
    }
    print(f"on {measure.readings_in(data):,} readings\n")
    measure.print_table(
        TABLE_HEAD,
        [
            (
                f"`{' '.join(command)}`",
                measure.summary(cost.wall for cost in runs),
                measure.summary(cost.cpu for cost in runs),
                measure.summary((cost.resident_mb for cost in runs), 0),
            )
            for command, runs in costs.items()
        ],
    )
    wall = statistics.median(cost.wall for cost in costs[("status",)])
    peak = max(cost.resident_mb for cost in costs[("status",)])
    print(
        f"\n`status`: median {wall:.2f} s; wanted: at most {WANTED_SECONDS}; "
        f"peak {peak:.0f} MB; wanted: at most {WANTED_MB}"
    )
    shutil.rmtree(work)  # Gigabytes.


if __name__ == "__main__":
    main()
