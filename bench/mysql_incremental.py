"""50 new and corrected readings on top of the real data in Kafka and MariaDB, until gold shows them.

As in incremental.py. Beside it the full rebuild that a system without dirty keys would have to do:
`load` and `pipeline run` of the same topics into databases that are not there yet.
"""

from __future__ import annotations

import incremental
import measure
import stack


def main() -> None:
    chosen = measure.parse_arguments(__doc__.splitlines()[0])
    work = measure.empty_folder(chosen.work / "mysql_incremental")
    measure.print_machine(work)
    rebuilds = []
    with stack.start() as servers:
        stack.print_servers(servers)
        herd = servers.herd("herd.", "herd_", work / "data")
        herd.seed_and_process(chosen.data)
        servers.settle()
        rows = incremental.run_all(herd, chosen.runs, work)
        for number in range(chosen.runs):
            anew = servers.herd("herd.", f"anew{number}_", work / "data")
            load, pipelines = anew.measured("load"), anew.measured("pipeline", "run")
            rebuilds.append(load.cost.then(pipelines.cost).wall * 1000)
            servers.drop(anew.databases)
    rows.append(("full rebuild: `load`, `pipeline run`", measure.summary(rebuilds, 0)))
    measure.print_table(incremental.TABLE_HEAD, rows)
    print(f"\nwanted: at most {incremental.WANTED_MS} ms")


if __name__ == "__main__":
    main()
