"""`kill -9` of any process at any instant, while messages flow."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import pytest
from conftest import MakeHerd
from feeder import Feeder
from herd import Herd, Process, finish
from stack import Stack

# So that a killed member of the group is missed soon.
QUICK_GROUP = "session.timeout.ms=3000, heartbeat.interval.ms=500"
NOT_NOW = 5  # An exit code.
VICTIMS = ("loader", "pipelines", "mariadb", "loader", "kafka", "pipelines")


class Victims:
    """Two processes of each kind that may be killed, and the servers."""

    def __init__(self, herd: Herd, chance: random.Random) -> None:
        self.herd, self.chance = herd, chance
        self.processes: dict[str, list[Process]] = {
            role: [herd.start(role), herd.start(role)] for role in ("loader", "pipelines")
        }

    def kill(self, victim: str) -> Callable[[], object]:
        """Gives what brings it back."""
        if victim not in self.processes:
            self.herd.stack.kill(victim)
            return lambda: self.herd.stack.run("up", victim)
        processes = self.processes[victim]
        process = processes.pop(self.chance.randrange(len(processes)))
        process.kill()
        return lambda: processes.append(self.herd.restart(process))


def kill_under_load(herd: Herd, feeder: Feeder, chance: random.Random, number: int, kill: Callable[[], Callable[[], object]]) -> None:
    """One kill at a random instant, while files are seeded, and then everything goes on."""
    files = herd.generate(number)
    seeding = herd.begin("seed", files)
    time.sleep(chance.uniform(0.1, 1.2))
    killed = time.monotonic()
    bring_back = kill()
    time.sleep(chance.uniform(0, 0.5))
    bring_back()
    if seeding.wait(60) == NOT_NOW:  # It met the servers while they changed their roles: the same command later goes on.
        seeding = herd.begin("seed", files)
    finish(seeding)
    herd.wait_for(feeder.next_acknowledged())
    herd.assert_audit()
    print(f"kill {number}: all went on {time.monotonic() - killed:.1f} s later")


def test_any_process_may_be_killed_at_any_instant(make_herd: MakeHerd, chance: random.Random, request: pytest.FixtureRequest) -> None:
    total = request.config.getoption("--kills")
    kills = max(total - total // 8, 1)  # The others are for one of three brokers.
    victims = [VICTIMS[i % len(VICTIMS)] for i in range(kills)]
    chance.shuffle(victims)
    herd = make_herd(KAFKA_OPTIONS=QUICK_GROUP)
    producers = [herd.start("producer"), herd.start("producer")]
    pool = Victims(herd, chance)

    with herd.feed(producers) as feeder:
        herd.wait_for(feeder.next_acknowledged())
        for number, victim in enumerate(victims):
            print(victim, end=" ")
            kill_under_load(herd, feeder, chance, number, lambda: pool.kill(victim))
        herd.assert_whole(feeder)

    assert set(feeder.statuses()) <= {200, 503, 504}, feeder.statuses()


def test_one_of_three_brokers_may_be_killed(make_herd: MakeHerd, servers: Stack, chance: random.Random, request: pytest.FixtureRequest) -> None:
    kills = max(request.config.getoption("--kills") // 8, 1)
    servers.run("up", "kafka3")
    try:
        herd = make_herd(kafka="kafka3", KAFKA_OPTIONS=QUICK_GROUP, TOPICS_REPLICATION="3")
        producers = [herd.start("producer"), herd.start("producer")]
        herd.start("loader"), herd.start("pipelines")

        def kill() -> Callable[[], object]:
            servers.kill("kafka3", chance.randint(1, 3))
            # The other two go on.
            herd.wait_for(feeder.next_acknowledged())
            return lambda: servers.run("up", "kafka3")

        with herd.feed(producers) as feeder:
            # Kafka makes its own topic of groups when it is first needed, and only while all brokers are there.
            herd.wait_for(feeder.next_acknowledged())
            for number in range(kills):
                kill_under_load(herd, feeder, chance, number, kill)
            herd.assert_whole(feeder)
    finally:
        servers.run("destroy", "--yes", "kafka3")

    assert set(feeder.statuses()) <= {200, 503, 504}, feeder.statuses()
