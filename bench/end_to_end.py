"""POST → visible in the report, while 5,000 readings/s come in for a minute.

One gateway posts a milk reading of one cow after the other, 10 a second, each a correction of the
last one of that cow. Half of the cows are for that, so that none comes again before her last one
was seen: else she is left out. One client asks for the day's report again and again, with the
newest ETag where the server sends one. Measured is the time from the answer to the POST until an
answer with the new sum has been read. Meanwhile the other cows' readings come into the same month,
the same day among it.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import http.client
import json
import queue
import shutil
import sys
import threading
import time
from dataclasses import dataclass, field

from installation import Installation, Server

import measure
from posting import JSON, RATE, Asker, Herd, Poster, percentile

SECONDS = 60
A_SECOND = 10
POLL_SECONDS = 0.005
GIVE_UP_SECONDS = 60
DAY = dt.date(2024, 12, 30)
FIRST_DAY, DAYS = dt.date(2024, 12, 1), 30
WANTED_P50_SECONDS, WANTED_P99_SECONDS = 0.3, 1.0
TABLE_HEAD = ("min / median / max", "p50 s", "p99 s", "longest s", "readings seen", "readings/s")
HUNDREDTH = 0.01


@dataclass
class Cow:
    """One whose milk of DAY is looked at: what the report shows of it, and what of that was posted here."""

    id: str
    shown: float
    posted: float = 0.0
    expected: float = 0.0
    answered: float = 0.0  # When, by perf_counter.


@dataclass
class Gateway:
    """Posts for cows that are free, until it is told to end; puts each into `waiting` when it was answered."""

    producer: str
    sensor: str
    instant: int
    free: queue.SimpleQueue[Cow]
    waiting: queue.SimpleQueue[Cow] = field(default_factory=queue.SimpleQueue)
    end: threading.Event = field(default_factory=threading.Event)
    failure: str = ""
    posted: int = 0

    def run(self) -> None:
        with contextlib.closing(http.client.HTTPConnection(self.producer.split("//")[1], timeout=60)) as client:
            while not self.end.wait(1 / A_SECOND):
                with contextlib.suppress(queue.Empty):
                    cow = self.free.get_nowait()
                    value = cow.posted % 20 + 1.25
                    body = {"sensor_id": self.sensor, "cow_id": cow.id, "timestamp": self.instant, "value": value}
                    client.request("POST", "/measurement/", json.dumps(body), JSON)
                    answer = client.getresponse()
                    text = answer.read()
                    cow.answered = time.perf_counter()
                    if answer.status != 200:
                        self.failure = f"POST was answered {answer.status}: {text[:400]!r}"
                        return
                    cow.expected, cow.posted = cow.shown + value - cow.posted, value
                    self.posted += 1
                    self.waiting.put(cow)


def milk_in(body: bytes) -> dict[str, float]:
    return {row["cow_id"]: row["milk_produced"] for row in json.loads(body)["milk_production"]}


def look(asker: Asker, gateway: Gateway, seconds: float) -> list[float]:
    """Seconds of each reading until it was seen; those that were posted last are waited for."""
    taken = []
    waiting: list[Cow] = []
    begun = time.monotonic()
    while not gateway.end.is_set() or waiting or not gateway.waiting.empty():
        since = time.monotonic() - begun
        if since > seconds or gateway.failure:
            gateway.end.set()
        if since > seconds + GIVE_UP_SECONDS:
            sys.exit(f"the report does not show {len(waiting)} readings: {waiting[:3]}")
        body = asker.ask()
        now = time.perf_counter()
        # Those that were answered before; what was answered meanwhile may be in it too.
        with contextlib.suppress(queue.Empty):
            while True:
                waiting.append(gateway.waiting.get_nowait())
        milk = milk_in(body) if body is not None else {}
        for cow in [each for each in waiting if abs(milk.get(each.id, -1.0) - each.expected) < HUNDREDTH / 2]:
            taken.append(max(0.0, now - cow.answered))
            waiting.remove(cow)
            cow.shown = cow.expected
            gateway.free.put(cow)
        time.sleep(POLL_SECONDS)
    return taken


def run(server: Server, herd: Herd, seconds: float, number: int) -> tuple[list[float], float]:
    """Seconds of each reading, and how many of the others' came in a second. Each run has an instant of its own."""
    instant = int(dt.datetime.combine(DAY, dt.time(12, 45), dt.UTC).timestamp()) + number
    looked_at = herd.cows[: max(1, len(herd.cows) // 2)]
    others = Herd(herd.cows[len(looked_at) :], herd.milk_sensor, herd.scale)
    path = f"/generate-report/{DAY}"
    with (
        contextlib.closing(http.client.HTTPConnection(server.backend.split("//")[1], timeout=60)) as client,
        Poster(server.producer, others, FIRST_DAY, DAYS) as poster,
    ):
        asker = Asker(client, path)
        milk = milk_in(asker.ask() or b"")
        gateway = Gateway(server.producer, herd.milk_sensor, instant, queue.SimpleQueue())
        for cow in looked_at:
            gateway.free.put(Cow(cow, milk.get(cow, 0.0)))
        thread = threading.Thread(target=gateway.run)
        thread.start()
        try:
            taken = look(asker, gateway, seconds)
        finally:
            gateway.end.set()
            thread.join()
    if gateway.failure:
        sys.exit(gateway.failure)
    return taken, poster.rate()


def _more(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--cows", type=int, default=measure.REAL_COWS, help="so many (default 128)")
    parser.add_argument("--seconds", type=float, default=SECONDS, help=f"a run (default {SECONDS})")


def main() -> None:
    chosen = measure.parse_arguments(__doc__.splitlines()[0], data=False, more=_more)
    work = measure.empty_folder(chosen.work / "end_to_end")
    measure.print_machine(work)
    files = work / "files"
    data = measure.generate_tiny(files, 8) if chosen.quick else measure.generate(files, chosen.cows)
    seconds = 2.0 if chosen.quick else chosen.seconds
    herd = Installation(work / "data")
    measure.fill(herd.environment(), work / "output.log", data)
    runs = []
    whose = Herd.of(herd)
    with herd.serve() as server:
        for number in range(chosen.runs):
            runs.append(run(server, whose, seconds, number))
            print(f"run {number + 1}: p99 {percentile(runs[-1][0], 0.99):.3f} s", file=sys.stderr)
    p50, p99 = ([percentile(taken, share) for taken, _ in runs] for share in (0.5, 0.99))
    measure.print_table(
        TABLE_HEAD,
        [
            (
                f"{len(whose.cows):,} cows, {seconds:g} s a run",
                measure.summary(p50, 3),
                measure.summary(p99, 3),
                measure.summary((max(taken) for taken, _ in runs), 3),
                measure.summary((len(taken) for taken, _ in runs), 0),
                measure.summary((rate for _, rate in runs), 0),
            )
        ],
    )
    print(f"\n{RATE:,} readings/s wanted to come in; asked again {POLL_SECONDS * 1000:g} ms after each answer")
    print(f"wanted: p50 at most {WANTED_P50_SECONDS} s, p99 at most {WANTED_P99_SECONDS:g} s")
    shutil.rmtree(work)  # Gigabytes, of a large herd.


if __name__ == "__main__":
    main()
