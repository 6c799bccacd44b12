"""The measurements of the Parquet file to a Kafka topic, every message acknowledged.

herdflow: `seed measurements.parquet`, a fresh process. Beside it kcat with the same messages, keys
and partitions from a text file, with the same acks, idempotence and compression. Topics are made
before, by `herdflow topics create`, one for each run.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from pathlib import Path

import measure
import stack
from stack import Measured, Stack, StackHerd

WANTED = 300_000
# As src/log_kafka sets the driver; a linger and a batch that suit a bulk of this size best.
KCAT_SETTINGS = (
    "acks=all",
    "enable.idempotence=true",
    "compression.codec=lz4",
    "partitioner=murmur2",
    "batch.size=1000000",
    "linger.ms=5",
    "queue.buffering.max.messages=1000000",
)


def new_topics(servers: Stack, prefix: str, work: Path) -> StackHerd:
    herd = servers.herd(prefix, "unused_", work / "data")
    herd.run("topics", "create")
    return herd


def check_count(servers: Stack, topic: str, wanted: int) -> None:
    found = servers.count(topic)
    if found != wanted:
        sys.exit(f"{topic} has {found} messages, and should have {wanted}")


def dump(servers: Stack, topic: str, file: Path) -> None:
    """Key, tab, value, a line each; partition after partition."""
    kcat = measure.need("kcat", "kcat")
    with file.open("wb") as out:
        subprocess.run(
            [kcat, "-C", "-q", "-e", "-b", servers.brokers, "-t", topic, "-f", r"%k\t%s\n"],
            stdout=out,
            check=True,
        )


def run_kcat(servers: Stack, topic: str, file: Path, work: Path) -> Measured:
    settings = [part for setting in KCAT_SETTINGS for part in ("-X", setting)]
    command = [measure.need("kcat", "kcat"), "-P", "-b", servers.brokers, "-t", topic, "-K", r"\t"]
    return servers.run([*command, *settings, "-l", file], os.environ, work / "kcat.log")


def main() -> None:
    chosen = measure.parse_arguments(__doc__.splitlines()[0])
    work = measure.empty_folder(chosen.work / "kafka_seed")
    measure.need("kcat", "kcat")
    measure.print_machine(work)
    ours, theirs = [], []
    with stack.start(chosen.quick) as servers:
        stack.print_servers(servers)
        # The broker warms up, and gives what kcat is to send.
        new_topics(servers, "warm.", work).measured("seed", chosen.data / "measurements.parquet")
        rows = servers.count("warm.measurements")
        dump(servers, "warm.measurements", work / "messages.tsv")
        for number in range(chosen.runs):
            herd = new_topics(servers, f"ours{number}.", work)
            ours.append(herd.measured("seed", chosen.data / "measurements.parquet"))
            check_count(servers, f"ours{number}.measurements", rows)
            new_topics(servers, f"kcat{number}.", work)
            topic = f"kcat{number}.measurements"
            theirs.append(run_kcat(servers, topic, work / "messages.tsv", work))
            check_count(servers, topic, rows)
            walls = f"herdflow {ours[-1].cost.wall:.2f} s, kcat {theirs[-1].cost.wall:.2f} s"
            print(f"run {number + 1}: {walls}", file=sys.stderr)
        sizes = [f"{servers.topic_mb(f'{side}0.measurements'):.0f}" for side in ("ours", "kcat")]
        broker_mb = servers.peak_mb("kafka")
    measure.print_table(
        (*stack.COST_HEAD, "rows/s", "topic MB"),
        [
            stack.cost_row(name, runs, rates(rows, runs), size)
            for name, runs, size in (
                ("**herdflow seed**", ours, sizes[0]),
                ("**kcat**", theirs, sizes[1]),
            )
        ],
    )
    median = rows / statistics.median(run.cost.wall for run in ours)
    print(f"\n{rows:,} rows, the start of the process included; broker's peak: {broker_mb:.0f} MB")
    print(f"herdflow, median: {median:,.0f} rows/s; wanted: at least {WANTED:,}")


def rates(rows: int, runs: list[Measured]) -> str:
    return measure.summary((rows / run.cost.wall for run in runs), 0)


if __name__ == "__main__":
    main()
