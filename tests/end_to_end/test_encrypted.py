"""TLS, passwords and certificates: who gets through, and what everybody else is told."""

from __future__ import annotations

import contextlib
import datetime as dt
import socket
import ssl
import struct
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import files
import pytest
from comparison import assert_audit_is_balanced
from engines import EMBEDDED_ENGINE, Engines, on
from installation import Installation
from program import free_port
from store import change_server
from waiting import wait_until

USAGE, UNAVAILABLE = 2, 5
DAY = dt.date(2024, 3, 1)
SECONDS = files.seconds(f"{DAY}T06:00:00+00:00")
TO_KAFKA = Engines("kafka", EMBEDDED_ENGINE, encrypted=True)
TO_DATABASES = tuple(Engines(EMBEDDED_ENGINE, part, encrypted=True) for part in ("mariadb", "mysql"))
TO_BOTH = tuple(Engines("kafka", part, encrypted=True) for part in ("mariadb", "mysql"))
# What is wrong with a certificate, as Connector/C says it: up to 3.3, and after.
WRONG = {
    "authority": ("self-signed certificate", "unable to get local issuer certificate", "Peer certificate is not trusted"),
    "name": ("Validation of SSL server certificate failed", "Hostname verification failed"),
    "dates": ("certificate has expired", "Certificate not yet valid or expired"),
}
NO_LOGIN = {"HERDFLOW_KAFKA_USER": None, "HERDFLOW_KAFKA_PASSWORD_FILE": None}


# --- The whole way -------------------------------------------------------------------------------


@on("herd", *TO_BOTH)
def test_a_reading_goes_all_the_way_over_encrypted_connections(herd: Installation) -> None:
    with herd.serve() as server:
        for route, event in (
            ("/cow", {"id": "berta", "name": "Berta #1"}),
            ("/sensor", {"id": "milk", "unit": "L"}),
            ("/measurement", {"sensor_id": "milk", "cow_id": "berta", "timestamp": SECONDS, "value": 12.5}),
        ):
            answer = server.post(route, event)
            assert answer.status_code == 200, answer.text

        def milk() -> list[float]:
            report = server.get(f"/generate-report/{DAY}").json()
            return [row["milk_produced"] for row in report.get("milk_production", [])]

        wait_until(lambda: milk() == [12.5])
    assert_audit_is_balanced(herd)


# --- Kafka ---------------------------------------------------------------------------------------


@on("herd", TO_KAFKA)
@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"])
def test_kafka_lets_in_a_user_by_every_mechanism(herd: Installation, mechanism: str) -> None:
    done = herd.attempt("topics", "list", HERDFLOW_KAFKA_SASL_MECHANISM=mechanism)
    assert (done.returncode, done.stderr) == (0, "")


@on("herd", TO_KAFKA)
@pytest.mark.parametrize("command", [("topics", "list"), ("status",), ("load",), ("seed", "herd"), ("serve",)], ids=lambda words: words[0])
def test_a_wrong_password_is_told_by_each_command(herd: Installation, tmp_path: Path, command: tuple[str, ...]) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("not this one\n")
    if command[0] == "seed":
        command = ("seed", str(files.write_cows(tmp_path / "herd", [("berta", "Berta #1", None)])))
    ports = {"HERDFLOW_PRODUCER_PORT": free_port(), "HERDFLOW_BACKEND_PORT": free_port()}
    done = herd.attempt(*command, HERDFLOW_KAFKA_PASSWORD_FILE=wrong, **ports)
    assert done.returncode == USAGE, done.stderr
    assert "check [kafka] user, password_file" in done.stderr
    assert "not this one" not in done.stderr


@on("herd", TO_KAFKA)
@pytest.mark.parametrize("wrong", ["authority", "system", "name"])
def test_a_broker_whose_certificate_proves_nothing_is_refused(herd: Installation, tmp_path: Path, wrong: str) -> None:
    settings: dict[str, object] = {
        "authority": {"HERDFLOW_KAFKA_CA_FILE": Authority.of_that_name(herd.engines, "kafka", tmp_path).file},
        "system": {"HERDFLOW_KAFKA_CA_FILE": None},
        "name": {"HERDFLOW_KAFKA_BROKERS": _otherwise(herd.environment()["HERDFLOW_KAFKA_BROKERS"])},
    }[wrong]
    done = herd.attempt("topics", "list", **settings)
    assert done.returncode == USAGE, done.stderr
    assert "certificate verify failed; with [kafka] tls" in done.stderr


@on("herd", TO_KAFKA)
@pytest.mark.parametrize("wrong", WRONG)
def test_a_broker_whose_certificate_proves_nothing_hears_nothing(herd: Installation, tmp_path: Path, wrong: str) -> None:
    with stand_in(_certificate(herd.engines, "kafka", tmp_path, wrong)) as broker:
        address = _otherwise(broker.address) if wrong == "name" else broker.address
        done = herd.attempt("topics", "list", HERDFLOW_KAFKA_BROKERS=address)
    assert done.returncode == USAGE, done.stderr
    assert "certificate verify failed; with [kafka] tls" in done.stderr
    assert broker.encrypted == b""


@on("herd", TO_KAFKA)
def test_a_broker_that_asks_for_a_certificate_takes_that_of_its_authority_alone(herd: Installation, tmp_path: Path) -> None:
    brokers = herd.engines.file("kafka", "address.mutual").read_text().strip()
    stranger = Authority.of_that_name(herd.engines, "kafka", tmp_path).sign(tmp_path)
    ours = Pair(*(herd.engines.tls("kafka") / name for name in ("client.pem", "client.key")))
    for shown, exit_code in ((ours, 0), (None, USAGE), (stranger, USAGE)):
        settings = NO_LOGIN | {"HERDFLOW_KAFKA_BROKERS": brokers}
        if shown:
            settings |= {"HERDFLOW_KAFKA_CERTIFICATE_FILE": shown.certificate, "HERDFLOW_KAFKA_KEY_FILE": shown.key}
        done = herd.attempt("topics", "list", **settings)
        assert done.returncode == exit_code, done.stderr
        assert ("certificate_file" in done.stderr) == (exit_code != 0)


@on("herd", TO_KAFKA)
def test_a_port_of_brokers_that_expects_something_else_is_said(herd: Installation) -> None:
    no_tls = {"HERDFLOW_KAFKA_TLS": None, "HERDFLOW_KAFKA_CA_FILE": None}
    to_clear = {"HERDFLOW_KAFKA_BROKERS": herd.engines.brokers()}
    choices = [NO_LOGIN | settings for settings in ({}, no_tls, to_clear)]
    with ThreadPoolExecutor(len(choices)) as pool:  # Each waits for brokers that may come.
        for done in pool.map(lambda settings: herd.attempt("topics", "list", **settings), choices):
            assert done.returncode == UNAVAILABLE, done.stderr
            assert "[kafka] tls and user" in done.stderr


# --- The database --------------------------------------------------------------------------------


@on("herd", *TO_DATABASES)
def test_a_database_whose_certificate_proves_nothing_is_refused(herd: Installation, tmp_path: Path) -> None:
    part = herd.engines.store
    authority = Authority.of_that_name(herd.engines, part, tmp_path)
    for settings, wrong in (
        ({"HERDFLOW_MYSQL_CA_FILE": authority.file}, "authority"),
        ({"HERDFLOW_MYSQL_CA_FILE": None}, "authority"),
        ({"HERDFLOW_MYSQL_HOST": "127.1"}, "name"),
    ):
        done = herd.attempt("pipeline", "run", **settings)
        assert done.returncode == USAGE, done.stderr
        assert any(words in done.stderr for words in WRONG[wrong]), done.stderr
        assert "(2026); with [mysql] tls" in done.stderr
    assert herd.attempt("pipeline", "run", HERDFLOW_MYSQL_HOST="localhost").returncode == 0


@on("herd", TO_DATABASES[0])
@pytest.mark.parametrize("wrong", WRONG)
def test_a_database_whose_certificate_proves_nothing_hears_no_password(herd: Installation, tmp_path: Path, wrong: str) -> None:
    certificate = _certificate(herd.engines, herd.engines.store, tmp_path, wrong)
    with stand_in(certificate, greeting=_greeting(speaks_tls=True)) as server:
        host = "127.1" if wrong == "name" else "127.0.0.1"
        done = herd.attempt("pipeline", "run", HERDFLOW_MYSQL_HOST=host, HERDFLOW_MYSQL_PORT=server.port)
    assert done.returncode == USAGE, done.stderr
    assert any(words in done.stderr for words in WRONG[wrong]), done.stderr
    assert server.encrypted == b""


@on("herd", TO_DATABASES[0])
def test_a_database_without_tls_hears_nothing_where_tls_is_asked_for(herd: Installation) -> None:
    """As where somebody in between takes TLS out of the server's greeting."""
    with stand_in(None, greeting=_greeting(speaks_tls=False)) as server:
        done = herd.attempt("pipeline", "run", HERDFLOW_MYSQL_PORT=server.port)
    assert done.returncode == USAGE, done.stderr
    assert "the server must speak TLS" in done.stderr
    assert server.clear == b""


@on("herd", *TO_DATABASES)
def test_a_user_who_must_show_a_certificate_gets_in_with_one_alone(herd: Installation, tmp_path: Path) -> None:
    tls = herd.engines.tls(herd.engines.store)
    (tmp_path / "password").write_text("of this test\r\n")
    (tmp_path / "key_password").write_text("of its key\n")
    user = f"{herd.prefix}c"
    as_user = {"HERDFLOW_MYSQL_USER": user, "HERDFLOW_MYSQL_PASSWORD_FILE": tmp_path / "password"}
    own = Authority.of_the_stack(herd.engines, herd.engines.store).sign(tmp_path, password="of its key")
    plain_key = {"HERDFLOW_MYSQL_CERTIFICATE_FILE": tls / "client.pem", "HERDFLOW_MYSQL_KEY_FILE": tls / "client.key"}
    locked_key = {"HERDFLOW_MYSQL_CERTIFICATE_FILE": own.certificate, "HERDFLOW_MYSQL_KEY_FILE": own.key}
    opened_key = locked_key | {"HERDFLOW_MYSQL_KEY_PASSWORD_FILE": tmp_path / "key_password"}
    change_server(
        herd.engines,
        f"CREATE USER {user} IDENTIFIED BY 'of this test' REQUIRE X509",
        f"GRANT ALL ON *.* TO {user}",
    )
    try:
        for shown, exit_code in ((plain_key, 0), (opened_key, 0), ({}, USAGE), (locked_key, USAGE)):
            done = herd.attempt("pipeline", "run", **as_user, **shown)
            assert done.returncode == exit_code, done.stderr
            assert ("certificate" in done.stderr) == (exit_code != 0)
    finally:
        change_server(herd.engines, f"DROP USER {user}")


@on("herd", *TO_DATABASES)
def test_without_tls_the_same_user_comes_in_as_ever(herd: Installation) -> None:
    """`caching_sha2_password` of MySQL has a way of its own."""
    done = herd.attempt("pipeline", "run", HERDFLOW_MYSQL_TLS="off", HERDFLOW_MYSQL_CA_FILE=None)
    assert (done.returncode, done.stderr) == (0, "")


# --- Without TLS ---------------------------------------------------------------------------------


@on("herd", Engines("kafka", "mariadb", encrypted=True))
def test_without_tls_to_another_machine_each_server_is_warned_of_once(herd: Installation) -> None:
    """0.0.0.0 is this machine, and not by its name."""
    settings = {
        **NO_LOGIN,
        "HERDFLOW_KAFKA_TLS": "off",
        "HERDFLOW_KAFKA_CA_FILE": None,
        "HERDFLOW_KAFKA_BROKERS": f"0.0.0.0:{herd.engines.brokers().partition(':')[2]}",
        "HERDFLOW_MYSQL_TLS": "off",
        "HERDFLOW_MYSQL_CA_FILE": None,
        "HERDFLOW_MYSQL_HOST": "0.0.0.0",
    }
    done = herd.attempt("load", **settings)
    assert done.returncode == 0, done.stderr
    warnings = [line for line in done.stderr.splitlines() if "without TLS" in line]
    assert len(warnings) == 2
    assert any("[kafka] tls" in line for line in warnings)
    assert any("[mysql] tls" in line for line in warnings)


# --- Certificates, and who shows them ------------------------------------------------------------


def _otherwise(address: str) -> str:
    """The same address by a name that no certificate has."""
    return address.replace("127.0.0.1", "127.1")


@dataclass(frozen=True)
class Pair:
    certificate: Path
    key: Path


@dataclass(frozen=True)
class Authority:
    file: Path
    key: Path

    @staticmethod
    def of_the_stack(engines: Engines, part: str) -> Authority:
        folder = engines.tls(part)
        return Authority(folder / "ca.pem", folder / "ca.key")

    @staticmethod
    def of_that_name(engines: Engines, part: str, folder: Path) -> Authority:
        """Another one, which calls itself the same."""
        made = Authority(folder / "ca.pem", folder / "ca.key")
        _openssl("req", "-x509", *NEW_KEY, "-noenc", "-subj", f"/CN={part} of deploy local", "-keyout", made.key, "-out", made.file)
        return made

    def sign(self, folder: Path, days: int = 1, password: str = "") -> Pair:
        made, request = Pair(folder / "signed.pem", folder / "signed.key"), folder / "request"
        extensions = folder / "extensions"
        extensions.write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        lock = ("-passout", f"pass:{password}") if password else ("-noenc",)
        _openssl("req", *NEW_KEY, *lock, "-subj", "/CN=localhost", "-keyout", made.key, "-out", request)
        _openssl(
            *("x509", "-req", "-in", request, "-days", days, "-CA", self.file, "-CAkey", self.key),
            *("-extfile", extensions, "-out", made.certificate),
        )
        return made


def _certificate(engines: Engines, part: str, folder: Path, wrong: str) -> Pair:
    """That of a server of this part, but for its authority or its dates; `name` is the address's affair."""
    if wrong == "authority":
        return Authority.of_that_name(engines, part, folder).sign(folder)
    return Authority.of_the_stack(engines, part).sign(folder, days=-1 if wrong == "dates" else 1)


NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")


def _openssl(*arguments: object) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, timeout=30)


@dataclass
class StandIn:
    """A server that says what it is told to, and keeps what it hears."""

    port: int
    clear: bytes = b""
    encrypted: bytes = b""
    closing: threading.Event = field(default_factory=threading.Event)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def serve(self, listening: socket.socket, certificate: Pair | None, greeting: bytes) -> None:
        while not self.closing.is_set():
            with contextlib.suppress(OSError):  # ssl.SSLError is one.
                self.serve_one(listening.accept()[0], certificate, greeting)

    def serve_one(self, client: socket.socket, certificate: Pair | None, greeting: bytes) -> None:
        with client:
            client.settimeout(30)
            client.sendall(greeting)
            if greeting:
                self.clear += client.recv(SSL_REQUEST)
            if certificate:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(certificate.certificate, certificate.key)
                with context.wrap_socket(client, server_side=True) as encrypted:
                    self.encrypted += encrypted.recv(4096)


@contextlib.contextmanager
def stand_in(certificate: Pair | None, greeting: bytes = b"") -> Iterator[StandIn]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = StandIn(listening.getsockname()[1])
        thread = threading.Thread(target=server.serve, args=(listening, certificate, greeting))
        thread.start()
        try:
            yield server
        finally:
            server.closing.set()
            with contextlib.suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)  # Wakes who accepts.
            thread.join()


# The header and body of the packet that asks for TLS: what follows it is TLS already.
SSL_REQUEST = 4 + 32


def _greeting(speaks_tls: bool) -> bytes:
    """The first packet of a MySQL server: Protocol::HandshakeV10."""
    client_ssl = 0x800
    capabilities = 0x81FFFFFF if speaks_tls else 0x81FFFFFF & ~client_ssl
    body = b"".join(
        (
            b"\x0a8.4.0\0",
            struct.pack("<I", 1),
            b"saltsalt\0",
            struct.pack("<H", capabilities & 0xFFFF),
            b"\x2d" + struct.pack("<H", 2),
            struct.pack("<H", capabilities >> 16),
            bytes([21]) + bytes(10),
            b"saltsaltsalt\0",
            b"caching_sha2_password\0",
        )
    )
    return struct.pack("<I", len(body))[:3] + b"\0" + body
