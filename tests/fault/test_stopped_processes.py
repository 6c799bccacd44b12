"""SIGSTOP: a process stands still, others take over, and it wakes up again."""

from __future__ import annotations

import itertools
import time

from conftest import MakeHerd
from feeder import Feeder
from herd import GO_ON_SECONDS, Herd, Process
from stack import wait_until

SESSION = "session.timeout.ms=1500, heartbeat.interval.ms=300"


def start_sleeper(herd: Herd, roles: str) -> Process:
    """One whose transactions can be told from those of the others: it alone comes by TCP."""
    host, _, port = herd.server.read("mariadb", "address").partition(":")
    return herd.start(roles, MYSQL_SOCKET="", MYSQL_HOST=host, MYSQL_PORT=port)


def stuck_transactions(herd: Herd) -> set[int]:
    """Those of the sleeper that wrote something, and are silent."""
    return {
        int(row[0])
        for row in herd.server.query(
            "SELECT t.trx_id FROM information_schema.innodb_trx t JOIN information_schema.processlist p "
            "ON p.id = t.trx_mysql_thread_id WHERE t.trx_rows_modified > 0 AND p.command = 'Sleep' AND p.host LIKE '%:%'"
        )
    }


def pause_in_transaction(herd: Herd, process: Process) -> None:
    """Tries instants until it stands still in the middle of one."""
    for number in itertools.count():
        assert number < 300, f"{process.roles} was never met in a transaction"
        process.pause()
        before = stuck_transactions(herd)
        if before:
            time.sleep(0.3)
            if before & stuck_transactions(herd):
                return
        process.resume()
        time.sleep(0.011)


def test_a_loader_that_slept_past_its_session_is_fenced(make_herd: MakeHerd) -> None:
    herd = make_herd(KAFKA_OPTIONS=SESSION)
    producer = herd.start("producer")
    sleeper = start_sleeper(herd, "loader")
    herd.start("pipelines")
    with herd.feed([producer]) as feeder:
        herd.wait_for(feeder.next_acknowledged())
        other = herd.start("loader")
        # Each has half: no claim is under way, in the middle of which it would be met as well.
        wait_until("both load", lambda: herd.owners()[sleeper.owner] == herd.owners()[other.owner] > 0)
        herd.wait_for(feeder.next_acknowledged())

        pause_in_transaction(herd, sleeper)
        held = herd.owners()[sleeper.owner]
        assert held > 0
        wait_until("the other has all", lambda: herd.owners()[other.owner] == herd.owners().total(), GO_ON_SECONDS)
        herd.wait_for(feeder.next_acknowledged())
        herd.assert_audit()

        sleeper.resume()
        wait_until("the sleeper takes part again", lambda: herd.owners()[sleeper.owner], 60)
        herd.wait_for(feeder.next_acknowledged())
        # What it had begun is rolled back, and it says so.
        assert sleeper.says("; trying again") or sleeper.says("another owner has claimed"), sleeper.log.read_text()
        herd.assert_whole(feeder)


def test_a_pipelines_process_that_stands_still_in_a_transaction_holds_nobody_up(make_herd: MakeHerd) -> None:
    herd = make_herd()
    producer = herd.start("producer")
    herd.start("loader")
    sleeper = start_sleeper(herd, "pipelines")
    with herd.feed([producer]) as feeder:
        herd.wait_for(feeder.next_acknowledged(), "silver.measurements")
        herd.start("pipelines")

        pause_in_transaction(herd, sleeper)
        took = herd.wait_for(feeder.next_acknowledged(), "silver.measurements", GO_ON_SECONDS)
        gold_follows(herd, feeder)
        print(f"another went on after {took:.1f} s")
        # Where it held what nobody needs, they went on at once.
        wait_until("the server has ended its transaction", lambda: not stuck_transactions(herd), GO_ON_SECONDS)

        sleeper.resume()
        wait_until("the sleeper has noticed", lambda: sleeper.says("; trying again"), 60)
        herd.wait_for(feeder.next_acknowledged(), "silver.measurements")
        herd.assert_whole(feeder)


def gold_follows(herd: Herd, feeder: Feeder) -> None:
    """The aggregates, which may be what stood still, go on as well."""
    sensor, _, _ = feeder.next_acknowledged()
    sql = f"SELECT sum(records_count) FROM gold.measurements_daily_aggregations WHERE sensor_id = '{sensor}'"
    before = herd.query(sql)
    wait_until(f"gold of {sensor} grows", lambda: herd.query(sql) != before, GO_ON_SECONDS)
