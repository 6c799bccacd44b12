"""Topics that are deleted, made anew, and get more partitions, under running loaders."""

from __future__ import annotations

from conftest import MakeHerd
from feeder import loopback_session, post
from stack import wait_until


def test_a_topic_made_anew_is_halted_until_it_is_adopted(make_herd: MakeHerd) -> None:
    herd = make_herd()
    producer = herd.start("producer")
    loader = herd.start("loader")
    herd.start("pipelines")
    with herd.feed([producer]) as before:
        herd.wait_for(before.next_acknowledged())
        before.stop()
    herd.settle()

    herd.run("topics", "delete", "measurements", "--yes")
    herd.run("topics", "create")
    wait_until("the loader halts", lambda: loader.says("this partition is halted"))
    assert loader.says("herdflow load --adopt")

    # The status says so as well, and the other topics go on.
    assert "`herdflow load --adopt`" in herd.run("status")
    conflicts = herd.status()["conflicts"]
    assert conflicts
    assert {conflict["topic"] for conflict in conflicts} == {"measurements"}
    with loopback_session() as http:
        assert post(http, producer, "/cow", {"id": "late", "name": "Late"}).status == 200
    wait_until("the cow is there", lambda: herd.query("SELECT 1 FROM gold.cows WHERE id = 'late'"))
    with herd.feed([producer], first=1_000_000) as after:
        new = after.next_acknowledged()
        assert not herd.has("bronze.measurements", new)

        assert "is adopted" in herd.run("load", "--adopt")
        herd.wait_for(new)
        herd.wait_for(after.next_acknowledged())
        after.stop()
    herd.settle()
    assert herd.status()["conflicts"] == []
    herd.assert_kept(before)
    herd.assert_kept(after)
    herd.stop()
    herd.assert_audit()
    assert len(herd.query("SELECT DISTINCT stream_id FROM bronze.measurements")) == 2


def test_partitions_that_are_added_are_loaded(make_herd: MakeHerd) -> None:
    herd = make_herd()
    producers = [herd.start("producer"), herd.start("producer")]
    herd.start("loader"), herd.start("loader"), herd.start("pipelines")
    with herd.feed(producers) as feeder:
        herd.wait_for(feeder.next_acknowledged())
        herd.run("topics", "alter", "measurements", "--partitions", 9)

        added = "SELECT 1 FROM ops.consumer_offsets WHERE part > 5 AND next_offset > 0"
        wait_until("all three are loaded", lambda: len(herd.query(added)) == 3)
        assert {partition for partition, _ in feeder.acknowledged().values()} == set(range(9))
        # A partition that is added begins above the versions of those before it, since a key may have moved; how far above
        # depends on what was loaded by then.
        herd.assert_whole(feeder, but_for=("version",))
