"""What a producer answers when Kafka is away, silent, or lacks the topic."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource
from conftest import MakeHerd
from feeder import Answer, loopback_session, post
from herd import Herd, Process
from stack import Stack, wait_until

READING = {"sensor_id": "s", "cow_id": "c", "timestamp": 1741000000, "value": 1}
LONGEST = 12  # Seconds: the time-out of a message is 10.
PROBLEM = "urn:herdflow:problem:"


def send(producer: Process, body: dict[str, object] | None = None) -> Answer:
    with loopback_session() as http:
        return post(http, producer, "/measurement", body or READING)


def assert_clear(answer: Answer, *statuses: int) -> None:
    """An answer in time, of these alone, with what belongs to it."""
    assert answer.status in statuses, answer
    assert answer.seconds < LONGEST, answer
    kind = {503: "unavailable", 504: "outcome-unknown", 413: "body-too-large"}[answer.status]
    assert answer.body["type"] == PROBLEM + kind, answer
    assert ("Retry-After" in answer.headers) == (answer.status == 503), answer


def test_while_the_broker_is_dead_it_is_a_503_or_504_in_time(make_herd: MakeHerd, servers: Stack) -> None:
    herd = make_herd()
    producers = [herd.start("producer"), herd.start("producer")]
    assert send(producers[0]).status == 200  # The other has not met the broker's topic yet.

    servers.kill("kafka")
    with ThreadPoolExecutor() as pool:
        answers = list(pool.map(send, producers * 2))
    for answer in answers:
        assert_clear(answer, 503, 504)

    servers.run("up", "kafka")
    for producer in producers:
        wait_until("it goes on", lambda producer=producer: send(producer).status == 200)
        assert producer.runs()


def test_a_silent_broker_is_a_503_or_504_in_time(make_herd: MakeHerd, servers: Stack) -> None:
    herd = make_herd()
    producer = herd.start("producer")
    assert send(producer).status == 200

    with servers.silent("kafka"):
        assert_clear(send(producer), 503, 504)

    wait_until("it goes on", lambda: send(producer).status == 200)


def limit(servers: Stack, herd: Herd, most: int) -> None:
    """The topic takes no larger messages from now on."""
    entry = ConfigEntry("max.message.bytes", str(most), incremental_operation=AlterConfigOpType.SET)
    topic = ConfigResource(ConfigResource.Type.TOPIC, f"{herd.topics}measurements", incremental_configs=[entry])
    admin = AdminClient({"bootstrap.servers": servers.read("kafka", "address")})
    admin.incremental_alter_configs([topic])[topic].result(10)


@pytest.mark.parametrize("by", ["client", "topic"])
def test_an_event_that_is_too_large_has_its_own_answer(make_herd: MakeHerd, servers: Stack, by: str) -> None:
    herd = make_herd()
    producer = herd.start("producer", **({"KAFKA_OPTIONS": "message.max.bytes=1000"} if by == "client" else {}))
    assert send(producer).status == 200
    if by == "topic":
        limit(servers, herd, 1000)

    # Not compressible, so that it is large on the wire as well.
    noise = "".join(chr(0x4E00 + i * 7919 % 20000) for i in range(2000))
    def is_refused() -> bool:
        """A topic that takes less than it did may have meant what went together with it: send again."""
        answer = send(producer, {**READING, "note": noise})
        if by == "topic" and answer.status == 200:  # The broker does not know of its limit yet.
            return False
        assert_clear(answer, 413, *([503] if by == "topic" else []))
        return answer.status == 413

    wait_until("it is refused", is_refused)
    wait_until("others are taken", lambda: send(producer).status == 200)
    assert is_refused()


def test_a_topic_that_was_deleted_has_its_own_answer(make_herd: MakeHerd) -> None:
    herd = make_herd()
    producer = herd.start("producer")
    assert send(producer).status == 200

    herd.run("topics", "delete", "measurements", "--yes")

    def is_told() -> bool:
        """While the brokers take it away, nobody knows what becomes of it: send again."""
        answer = send(producer)
        assert answer.status == 503, answer
        assert answer.seconds < LONGEST
        is_missing: bool = answer.body["type"] == f"{PROBLEM}topic-missing"
        assert is_missing != ("Retry-After" in answer.headers), answer
        return is_missing

    wait_until("the answer names what is missing, every time", lambda: all(is_told() for _ in range(3)))

    herd.run("topics", "create")
    wait_until("it goes on", lambda: send(producer).status == 200)
