"""Topics that somebody writes by transactions, which leave offsets behind that nobody gets to read."""

from __future__ import annotations

import json

from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from conftest import MakeHerd
from feeder import loopback_session, post
from herd import Herd
from stack import wait_until


class Writer:
    """A producer of transactions, which go to one partition of the cows."""

    def __init__(self, herd: Herd, name: str) -> None:
        self.topic = f"{herd.topics}cows"
        self.producer = Producer(
            {"bootstrap.servers": herd.stack.read("kafka", "address"), "transactional.id": f"{herd.topics}{name}"}
        )
        self.producer.init_transactions(20)

    def write(self, *cows: str) -> None:
        """In a transaction that stays open."""
        self.producer.begin_transaction()
        for cow in cows:
            self.producer.produce(self.topic, json.dumps({"id": cow, "name": cow}), key=cow, partition=0)
        self.producer.flush(10)

    def commit(self, *cows: str) -> None:
        self.write(*cows)
        self.producer.commit_transaction(20)

    def abort(self, *cows: str) -> None:
        self.write(*cows)
        self.producer.abort_transaction(20)


def test_what_ends_transactions_and_what_was_aborted_is_no_error(make_herd: MakeHerd) -> None:
    herd = make_herd()
    herd.run("topics", "create", "--partitions", 1)
    writer, other = Writer(herd, "writer"), Writer(herd, "other")

    def stand() -> tuple[int, int, int, int, int]:
        (at,) = [each for each in herd.assert_audit()["partitions"] if each["topic"] == "cows"]
        return at["end_offset"], at["next_offset"], at["judged_offset"], at["hidden"], at["bronze_rows"]

    # 0, 1, end; 3 to 6 and 7 of the aborted one; 8, end.
    writer.commit("a", "b")
    writer.abort("w", "x", "y", "z")
    writer.commit("c")
    assert "3 messages loaded" in herd.run("load")
    herd.run("pipeline", "run")
    assert stand() == (10, 10, 10, 7, 3)
    tail = json.loads(herd.run("topics", "tail", "cows", "-n", 3, "--json"))
    assert [message["offset"] for message in tail] == [0, 1, 8]

    # A cow can be made though the topic ends in what nobody reads, and in what nobody may read yet.
    herd.start("loader")
    backend = herd.start("backend")
    writer.commit("d")
    other.write("e")
    with loopback_session() as http:
        answer = post(http, backend, "/cows/", {"name": "Elsa"})
        assert answer.status in (200, 201), answer
    other.producer.abort_transaction(20)
    wait_until("everything is loaded", lambda: stand()[0] == stand()[1] == 15)
    assert stand()[3:] == (10, 5)
    herd.stop()

    # Retention may take everything, in the middle of what nobody reads too: nothing was lost by that.
    writer.abort("v")
    herd.run("load")
    records = [TopicPartition(f"{herd.topics}cows", 0, 16)]
    admin = AdminClient({"bootstrap.servers": herd.stack.read("kafka", "address")})
    for done in admin.delete_records(records).values():
        done.result(10)
    assert "Nothing was left to load" in herd.run("load")
    assert herd.status()["conflicts"] == []
    herd.assert_audit()
