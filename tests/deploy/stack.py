"""A folder of real servers, driven by the commands of deploy/local as a person would."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from program import local_stack

ANSWER_SECONDS = 30


@dataclass
class Stack:
    """The servers of one folder."""

    folder: Path

    def run(self, command: str, *arguments: str) -> str:
        """What the command said; it must succeed."""
        done = local_stack(command, "--folder", self.folder, *arguments)
        assert done.returncode == 0, f"{command} {arguments}: exit status {done.returncode}\n{done.stdout}"
        return done.stdout

    def status(self) -> dict[str, dict[str, Any]]:
        """What `status --json` tells, by part."""
        return {part["part"]: part for part in json.loads(self.run("status", "--json"))}

    def read(self, part: str, name: str) -> str:
        """The one line of a file of the contract."""
        return (self.folder / part / name).read_text().removesuffix("\n")

    def processes(self) -> list[int]:
        """Every process that was started with a file of the folder."""
        mark = f"{self.folder}/".encode()
        found = []
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and int(entry.name) != os.getpid() and mark in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                pass  # it ended meanwhile
        return found


@dataclass
class Kafka:
    """A client of the brokers at an address."""

    address: str

    def create(self, topic: str, replicas: int = 1) -> None:
        """A topic with one partition."""
        admin = self._admin()  # its answers end with it
        admin.create_topics([NewTopic(topic, 1, replicas)])[topic].result(ANSWER_SECONDS)

    def send(self, topic: str, text: str) -> None:
        """One message, acknowledged by as many replicas as must have it."""
        errors: list[object] = []
        producer = Producer({"bootstrap.servers": self.address, "acks": "all", "delivery.timeout.ms": ANSWER_SECONDS * 1000})
        producer.produce(topic, text, on_delivery=lambda error, _: errors.append(error))
        producer.flush(ANSWER_SECONDS)
        assert errors == [None], f"not acknowledged: {errors}"

    def messages(self, topic: str) -> list[str]:
        """All that is in the topic's one partition."""
        consumer = Consumer({"bootstrap.servers": self.address, "group.id": "test", "enable.auto.commit": False})
        try:
            partition = TopicPartition(topic, 0, 0)
            _, end = consumer.get_watermark_offsets(partition, timeout=ANSWER_SECONDS)
            consumer.assign([partition])
            texts = []
            for message in consumer.consume(end, timeout=ANSWER_SECONDS) if end else []:
                if message.error():
                    raise KafkaException(message.error())
                texts.append(message.value().decode())
            return texts
        finally:
            consumer.close()

    def in_sync(self, topic: str) -> int:
        """How many replicas have all of the topic's one partition."""
        return len(self._admin().list_topics(topic, timeout=ANSWER_SECONDS).topics[topic].partitions[0].isrs)

    def _admin(self) -> AdminClient:
        return AdminClient({"bootstrap.servers": self.address})


@dataclass
class Database:
    """MariaDB's client program at a database of the folder."""

    stack: Stack
    part: str

    def sql(self, statement: str, by: str = "tcp") -> str:
        """The answer, as user herdflow; by TCP, or by the unix socket."""
        done = self._client("herdflow", self.stack.read(self.part, "password"), statement, by)
        assert done.returncode == 0, f"{statement}: {done.stdout}"
        return done.stdout.strip()

    def lets_in_root_without_password(self) -> bool:
        """By either way."""
        return any(self._client("root", "", "SELECT 1", by).returncode == 0 for by in ("tcp", "socket"))

    def _client(self, user: str, password: str, statement: str, by: str) -> subprocess.CompletedProcess[str]:
        host, port = self.stack.read(self.part, "address").split(":")
        way = [f"--host={host}", f"--port={port}"] if by == "tcp" else [f"--socket={self.stack.read(self.part, 'socket')}"]
        return subprocess.run(
            ["mariadb", "--no-defaults", f"--user={user}", *way, "--skip-ssl-verify-server-cert", "--batch", "--skip-column-names", "--execute", statement],
            env=os.environ | {"MYSQL_PWD": password}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, timeout=ANSWER_SECONDS, check=False,
        )  # fmt: skip
