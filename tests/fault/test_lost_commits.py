"""The connection to the database is lost exactly at a COMMIT."""

from __future__ import annotations

import random

from commit_proxy import AFTER, BEFORE, PASS, CommitProxy
from conftest import MakeHerd
from stack import Stack, wait_until

CUTS = 8  # Of each kind.


def test_whether_a_lost_commit_happened_or_not_nothing_is_doubled(make_herd: MakeHerd, servers: Stack, chance: random.Random) -> None:
    host, port = servers.read("mariadb", "address").split(":")
    cuts = [AFTER, BEFORE] * CUTS
    chance.shuffle(cuts)
    # Both what is loaded and the new claim after a cut are met; many in a row would only be waited out.
    plan = [step for cut in cuts for step in (cut, *[PASS] * chance.randint(1, 3))]
    with CommitProxy(host, int(port)) as proxy:
        herd = make_herd()
        by_proxy = {"MYSQL_SOCKET": "", "MYSQL_HOST": "127.0.0.1", "MYSQL_PORT": str(proxy.port)}
        producer = herd.start("producer")
        loader = herd.start("loader", **by_proxy)
        herd.start("pipelines")
        with herd.feed([producer]) as feeder:
            herd.wait_for(feeder.next_acknowledged())
            proxy.plan.extend(plan)

            wait_until("all cuts have struck", lambda: not proxy.plan, 60)
            assert proxy.seen == {AFTER: CUTS, BEFORE: CUTS}
            # What the loader's side knows of either is the same, and it says so now and then only.
            assert 0 < loader.says("the commit may have happened") <= 2 * CUTS
            assert loader.runs()
            herd.wait_for(feeder.next_acknowledged())
            herd.assert_audit()
            herd.assert_whole(feeder)
