"""Loaders come and go, and pipelines run at once, whoever starts them."""

from __future__ import annotations

from conftest import MakeHerd
from herd import GO_ON_SECONDS, Herd, Process, finish
from stack import wait_until


def wait_for_all_by(herd: Herd, *loaders: Process) -> float:
    """Until these loaders, and no others, have all partitions, each some."""
    owners = {loader.owner for loader in loaders}
    return wait_until(f"{owners} have the partitions", lambda: set(herd.owners()) == owners, GO_ON_SECONDS)


def test_partitions_spread_over_loaders_and_move(make_herd: MakeHerd) -> None:
    herd = make_herd()
    producer = herd.start("producer")
    first = herd.start("loader")
    herd.start("pipelines")
    with herd.feed([producer]) as feeder:
        herd.wait_for(feeder.next_acknowledged())
        wait_for_all_by(herd, first)
        second = herd.start("loader")
        wait_for_all_by(herd, first, second)

        first.stop()
        herd.wait_for(feeder.next_acknowledged())
        wait_for_all_by(herd, second)

        third = herd.start("loader")
        wait_for_all_by(herd, second, third)
        second.kill()
        took = wait_for_all_by(herd, third)  # After the session's time-out of the usual settings.
        herd.wait_for(feeder.next_acknowledged())
        print(f"another went on after {took:.1f} s")
        herd.assert_whole(feeder)


def test_a_killed_loader_that_is_started_again_waits_for_no_session(make_herd: MakeHerd) -> None:
    # Nobody here would live to see the end of a killed member's session.
    herd = make_herd(KAFKA_OPTIONS="session.timeout.ms=300000")
    producer = herd.start("producer")
    loader = herd.start("loader")
    with herd.feed([producer]) as feeder:
        herd.wait_for(feeder.next_acknowledged())
        loader.kill()
        again = herd.restart(loader)
        took = herd.wait_for(feeder.next_acknowledged())
        print(f"it went on after {took:.1f} s")
        feeder.stop()
    assert set(herd.owners()) == {again.owner}
    again.kill()
    assert "bronze holds the log to its end" in herd.run("load")
    herd.assert_audit()


def test_stores_that_are_filled_from_the_same_topics_share_nothing_out(make_herd: MakeHerd) -> None:
    one = make_herd()
    other = make_herd()
    other.topics = one.topics
    producer = one.start("producer")
    loaders = [one.start("loader"), other.start("loader")]
    with one.feed([producer]) as feeder:
        for _ in range(3):
            key = feeder.next_acknowledged()
            one.wait_for(key)
            other.wait_for(key)
        feeder.stop()
    for herd, loader in zip((one, other), loaders, strict=True):
        herd.wait_until_loaded()
        assert set(herd.owners()) == {loader.owner}
        herd.assert_kept(feeder)


def test_pipelines_run_once_at_a_time_whoever_starts_them(make_herd: MakeHerd) -> None:
    herd = make_herd()
    herd.run("seed", herd.generate(1))
    herd.run("load")
    serving = [herd.start("pipelines"), herd.start("pipelines")]
    commands = [herd.begin("pipeline", "run") for _ in range(3)]
    herd.run("seed", herd.generate(2))
    herd.run("load")
    commands += [herd.begin("pipeline", "run") for _ in range(3)]
    for command in commands:
        finish(command)

    leases = herd.query("SELECT step, owner, epoch FROM ops.step_leases WHERE step NOT IN ('settings', 'claim', 'run_ledger')")
    assert len(leases) == 9
    for step, owner, epoch in leases:
        assert owner and epoch > 0, (step, owner, epoch)
    worked = {owner for _, owner, _ in leases}
    known = {process.owner for process in serving}
    assert all(owner in known or owner.rpartition(":")[2].isdigit() for owner in worked), worked
    herd.assert_whole()
