"""deploy/local: up, status, down and destroy, with the real servers."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
from pathlib import Path

import pytest
import requests
from left_out import leave_out
from program import local_stack
from stack import Database, Kafka, Stack
from waiting import wait_until

# --- Kafka and MariaDB -----------------------------------------------------------------------------------------


def test_kafka_and_mariadb_keep_their_data_and_ports_until_they_are_destroyed(stack: Stack) -> None:
    stack.run("up")

    before = stack.status()
    assert {part: entry["state"] for part, entry in before.items()} == {"kafka": "running", "mariadb": "running"}
    for part, entry in before.items():
        assert entry["folder"] == str(stack.folder / part)
        assert entry["address"] == stack.read(part, "address")
        assert entry["version"] == stack.read(part, "version")
        assert entry["pids"] == [int(stack.read(part, "pid"))]
        assert re.fullmatch(r"127\.0\.0\.1:\d+", entry["address"])
    assert re.match(r"4\.\d+\.\d+$", before["kafka"]["version"])
    assert "MariaDB" in before["mariadb"]["version"]
    for secret in ("mariadb/password", "mariadb/tls/server.key", "kafka/password", "kafka/users", "kafka/config", "kafka/tls/ca.key"):
        assert (stack.folder / secret).stat().st_mode & 0o777 == 0o600, secret
    table = stack.run("status")
    assert re.search(rf"^mariadb +running +{before['mariadb']['pids'][0]} ", table, re.MULTILINE), table

    database = Database(stack, "mariadb")
    database.sql("CREATE DATABASE bronze_layer; CREATE TABLE bronze_layer.t (x INT); INSERT INTO bronze_layer.t VALUES (7)")
    assert not database.lets_in_root_without_password()
    kafka = Kafka(before["kafka"]["address"])
    kafka.create("readings")
    kafka.send("readings", "one")

    assert stack.run("up").count("runs already") == 2
    assert stack.status() == before

    stack.run("down")
    assert stack.processes() == []
    assert not list(stack.folder.glob("kafka/address*"))
    assert not (stack.folder / "mariadb/address").exists()
    assert {(entry["state"], entry["address"]) for entry in stack.status().values()} == {("stopped", None)}

    stack.run("up")
    assert {part: entry["address"] for part, entry in stack.status().items()} == {part: entry["address"] for part, entry in before.items()}
    assert database.sql("SELECT x FROM bronze_layer.t", by="socket") == "7"
    kafka.send("readings", "two")
    assert kafka.messages("readings") == ["one", "two"]

    stack.run("down", "mariadb")
    assert {part: entry["state"] for part, entry in stack.status().items()} == {"kafka": "running", "mariadb": "stopped"}
    stack.run("destroy", "--yes", "mariadb")
    assert {part: entry["state"] for part, entry in stack.status().items()} == {"kafka": "running"}
    assert stack.processes() == stack.status()["kafka"]["pids"]

    stack.run("destroy", "--yes")
    assert stack.processes() == []
    assert not stack.folder.exists()


def test_a_killed_server_is_told_as_dead_and_comes_back_even_if_its_port_was_taken(stack: Stack) -> None:
    stack.run("up", "mariadb")
    database = Database(stack, "mariadb")
    database.sql("CREATE DATABASE kept")
    port = int(stack.read("mariadb", "address").split(":")[1])

    kill(stack, "mariadb", "pid")
    assert stack.status()["mariadb"]["state"] == "dead"
    with socket.create_server(("127.0.0.1", port)):
        assert f"its port {port} is in use" in stack.run("up", "mariadb")
        assert stack.read("mariadb", "address") != f"127.0.0.1:{port}"
        assert database.sql("SHOW DATABASES LIKE 'kept'") == "kept"


def test_a_server_of_an_interrupted_up_does_not_get_a_second_beside_it(stack: Stack) -> None:
    stack.run("up", "mariadb")
    (stack.folder / "mariadb/address").unlink()

    assert "half started" in stack.run("up", "mariadb")
    assert len(stack.processes()) == 1
    assert Database(stack, "mariadb").sql("SELECT 1") == "1"


def test_a_socket_of_a_long_folder_is_put_elsewhere(packages: None, tmp_path: Path) -> None:
    stack = Stack(tmp_path / ("long" * 30))
    try:
        stack.run("up", "mariadb")
        path = Path(stack.read("mariadb", "socket"))
        assert len(str(path)) < 107
        assert Database(stack, "mariadb").sql("SELECT 1", by="socket") == "1"
    finally:
        stack.run("destroy", "--yes")
    assert not path.parent.exists()


# --- Three brokers ---------------------------------------------------------------------------------------------


def test_three_brokers_acknowledge_without_one_of_them_and_take_it_back(stack: Stack) -> None:
    stack.run("up", "kafka3")
    before = stack.status()["kafka3"]
    assert before["state"] == "running"
    assert len(before["address"].split(",")) == len(before["pids"]) == 3
    kafka = Kafka(before["address"])
    kafka.create("readings", replicas=3)
    kafka.send("readings", "by three")

    kill(stack, "kafka3", "pid.2")
    assert stack.status()["kafka3"]["state"] == "degraded"
    kafka.send("readings", "by two")

    stack.run("up", "kafka3")
    after = stack.status()["kafka3"]
    assert (after["state"], after["address"]) == ("running", before["address"])
    assert [a == b for a, b in zip(after["pids"], before["pids"], strict=True)] == [True, False, True]
    wait_until(lambda: kafka.in_sync("readings") == 3)
    assert kafka.messages("readings") == ["by three", "by two"]

    stack.run("down", "kafka3")
    assert stack.processes() == []


# --- Adminer ---------------------------------------------------------------------------------------------------


def test_adminer_lets_in_who_has_the_databases_password(stack: Stack) -> None:
    stack.run("up", "mariadb", "--adminer")
    Database(stack, "mariadb").sql("CREATE DATABASE gold_layer")
    entry = stack.status()["adminer"]
    assert (entry["state"], entry["version"]) == ("running", stack.read("adminer", "version"))
    assert listening_addresses(int(entry["address"].removeprefix("127.0.0.1:"))) == {"0100007F"}  # loopback

    def shown(password: str) -> str:
        with requests.Session() as http:
            http.trust_env = False
            login = {"auth[driver]": "server", "auth[server]": stack.read("mariadb", "address"), "auth[username]": "herdflow"}
            return http.post(f"http://{entry['address']}/", {**login, "auth[password]": password}, timeout=30).text

    assert "gold_layer" in shown(stack.read("mariadb", "password"))
    assert "gold_layer" not in shown("another")

    stack.run("down", "adminer")
    assert {part: entry["state"] for part, entry in stack.status().items()} == {"mariadb": "running", "adminer": "stopped"}


# --- MySQL -----------------------------------------------------------------------------------------------------


def test_mysql_keeps_its_data_when_stopped_and_when_killed(stack: Stack) -> None:
    if os.environ.get("CI") != "true" and os.environ.get("WITH_MYSQL") != "1":
        leave_out("MySQL was not tried (it fetches 60 MB): set WITH_MYSQL=1")
    stack.run("up", "mysql")
    database = Database(stack, "mysql")
    assert re.match(r"(8\.[4-9]|9)\.", stack.status()["mysql"]["version"])
    assert not database.lets_in_root_without_password()
    database.sql("CREATE DATABASE kept")

    stack.run("down")
    assert stack.processes() == []
    stack.run("up", "mysql")
    assert database.sql("SHOW DATABASES LIKE 'kept'", by="socket") == "kept"

    kill(stack, "mysql", "pid")
    stack.run("up", "mysql")
    assert database.sql("SHOW DATABASES LIKE 'kept'") == "kept"


# --- What is not ours, and nonsense ----------------------------------------------------------------------------


def test_a_process_that_has_the_number_of_a_stopped_server_is_left_alone(tmp_path: Path) -> None:
    stack = Stack(tmp_path)
    (tmp_path / "mariadb").mkdir()
    (tmp_path / "mariadb/.stack").touch()
    with subprocess.Popen(["sleep", "100"]) as other:
        (tmp_path / "mariadb/pid").write_text(f"{other.pid}\n")
        assert stack.status()["mariadb"]["state"] == "stopped"
        stack.run("destroy", "--yes")
        assert other.poll() is None
        other.kill()


def test_a_folder_that_up_did_not_make_is_left_alone(packages: None, tmp_path: Path) -> None:
    stack = Stack(tmp_path)
    (tmp_path / "mariadb").mkdir()
    (tmp_path / "mariadb/file").touch()

    done = local_stack("up", "--folder", tmp_path, "mariadb")
    assert done.returncode == 1
    assert "was not made by deploy/local/up" in done.stdout
    stack.run("destroy", "--yes")
    assert (tmp_path / "mariadb/file").exists()


@pytest.mark.parametrize("command", ["up", "down", "status", "destroy"])
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["postgres"], "unknown part: 'postgres'"),
        ([""], "unknown part: ''"),
        (["--nonsense"], "unknown option: --nonsense"),
        (["--folder"], "--folder needs a value"),
        (["--folder="], "--folder needs a value"),
        (["--folder", "/etc/passwd"], "is not a folder"),
        (["--folder", "a b"], "in the name of a folder"),
    ],
)
def test_nonsense_is_refused(command: str, arguments: list[str], says: str) -> None:
    done = local_stack(command, *arguments)
    assert done.returncode == 2
    assert says in done.stdout
    assert f"deploy/local/{command} --help" in done.stdout


def test_destroy_without_a_terminal_needs_yes(tmp_path: Path) -> None:
    done = local_stack("destroy", "--folder", tmp_path)
    assert done.returncode == 2
    assert "add --yes" in done.stdout


@pytest.mark.parametrize("command", ["up", "down", "status", "destroy"])
def test_help_has_examples(command: str) -> None:
    done = local_stack(command, "--help")
    assert done.returncode == 0
    assert "Examples:" in done.stdout


@pytest.mark.parametrize("command", ["down", "status", "destroy"])
def test_a_folder_with_nothing_in_it_is_no_failure(command: str, tmp_path: Path) -> None:
    done = local_stack(command, "--folder", tmp_path / "none", *(["--yes"] if command == "destroy" else []))
    assert done.returncode == 0
    assert "nothing" in done.stdout


def kill(stack: Stack, part: str, file: str) -> None:
    """Kill -9 by the pid file, and wait until the process is gone."""
    pid = int(stack.read(part, file))
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: pid not in stack.processes())


def listening_addresses(port: int) -> set[str]:
    """As the kernel writes them, of IPv4."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {address for row in rows for address, at in [row[1].split(":")] if row[3] == "0A" and int(at, 16) == port}
