"""What a herd runs on: where its events are kept, and where its layers are."""

from __future__ import annotations

import itertools
import os
from dataclasses import dataclass
from pathlib import Path

import pytest

EMBEDDED_ENGINE = "sqlite"
_numbers = itertools.count()


def new_prefix() -> str:
    """Before the names of the topics and databases of one herd."""
    return f"e{os.getpid()}_{next(_numbers)}_"


@dataclass(frozen=True)
class Engines:
    """`sqlite` is embedded; others name a server of the folder TEST_STACK (deploy/local/up).

    Encrypted: by TLS, to Kafka as a user with a password (SASL/SCRAM).
    """

    log: str = EMBEDDED_ENGINE
    store: str = EMBEDDED_ENGINE
    encrypted: bool = False

    def __str__(self) -> str:
        return f"{self.log}-{self.store}{'-encrypted' if self.encrypted else ''}"

    @property
    def has_kafka(self) -> bool:
        return self.log != EMBEDDED_ENGINE

    @property
    def has_mysql(self) -> bool:
        return self.store != EMBEDDED_ENGINE

    def missing(self) -> str | None:
        """Why nothing can run on them here."""
        for part in {self.log, self.store} - {EMBEDDED_ENGINE}:
            if not os.environ.get("TEST_STACK"):
                return "TEST_STACK is not set: nothing was tried on real servers (deploy/local/up)"
            if not (_stack() / part / "address").exists():
                return f"{part} does not run in {_stack()}: deploy/local/up --folder {_stack()} {part}"
        return None

    def brokers(self) -> str:
        return _read(self.log, "address")

    def socket(self) -> str:
        return _read(self.store, "socket")

    def password(self) -> str:
        return _read(self.store, "password")

    def environment(self, prefix: str) -> dict[str, str]:
        """What tells herdflow to use them, with topics and databases of its own."""
        variables = {}
        if self.has_kafka:
            variables |= {
                "HERDFLOW_LOG_ENGINE": "kafka",
                "HERDFLOW_KAFKA_TOPIC_PREFIX": prefix,
                **(self._kafka_encrypted() if self.encrypted else {"HERDFLOW_KAFKA_BROKERS": self.brokers()}),
            }
        if self.has_mysql:
            variables |= {
                "HERDFLOW_STORE_ENGINE": "mysql",
                "HERDFLOW_MYSQL_USER": "herdflow",
                "HERDFLOW_MYSQL_PASSWORD_FILE": str(_stack() / self.store / "password"),
                "HERDFLOW_MYSQL_PREFIX": prefix,
                **(self._mysql_encrypted() if self.encrypted else {"HERDFLOW_MYSQL_SOCKET": self.socket()}),
            }
        return variables

    def file(self, part: str, name: str) -> Path:
        """What a server of `log` or `store` left in its folder."""
        return _stack() / part / name

    def tls(self, part: str) -> Path:
        """The folder of its certificates."""
        return self.file(part, "tls")

    def _kafka_encrypted(self) -> dict[str, str]:
        return {
            "HERDFLOW_KAFKA_BROKERS": _read(self.log, "address.scram"),
            "HERDFLOW_KAFKA_TLS": "on",
            "HERDFLOW_KAFKA_CA_FILE": str(self.tls(self.log) / "ca.pem"),
            "HERDFLOW_KAFKA_USER": "herdflow",
            "HERDFLOW_KAFKA_PASSWORD_FILE": str(_stack() / self.log / "password"),
        }

    def _mysql_encrypted(self) -> dict[str, str]:
        return {
            "HERDFLOW_MYSQL_PORT": _read(self.store, "address").partition(":")[2],
            "HERDFLOW_MYSQL_TLS": "on",
            "HERDFLOW_MYSQL_CA_FILE": str(self.tls(self.store) / "ca.pem"),
        }


EMBEDDED = Engines()
SERVERS = Engines("kafka", "mariadb")
# All that are to give the same as the embedded ones.
OTHER_PAIRINGS = (
    Engines("kafka", EMBEDDED_ENGINE),
    Engines(EMBEDDED_ENGINE, "mariadb"),
    SERVERS,
    Engines(EMBEDDED_ENGINE, "mysql"),
    Engines("kafka", "mysql"),
)


def on(fixture: str, *choices: Engines) -> pytest.MarkDecorator:
    """Run a test once for each choice, with the fixture made on it."""
    params = [pytest.param(each, id=str(each), marks=_marks(each)) for each in choices]
    return pytest.mark.parametrize(fixture, params, indirect=True)


def _marks(engines: Engines) -> list[pytest.MarkDecorator]:
    needed = [pytest.mark.stack] if engines != EMBEDDED else []
    return [*needed, pytest.mark.mysql] if engines.store == "mysql" else needed


def _stack() -> Path:
    return Path(os.environ["TEST_STACK"])


def _read(part: str, name: str) -> str:
    return (_stack() / part / name).read_text(encoding="utf-8").removesuffix("\n")
