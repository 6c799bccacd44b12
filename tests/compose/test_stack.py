"""The stack of deploy/compose, which tests/compose/run brought up: from files to the report, by Airflow, with token."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from airflow_server import Airflow, wait_until

COMPOSE = Path(os.environ["TEST_CLONE"]) / "deploy/compose"
PIPELINES = ["farm_data_pipeline", "cow_data_pipeline", "sensor_data_pipeline", "measurement_data_pipeline"]  # In this order.
COMMAND_SECONDS = 300


def run(*command: object) -> str:
    """A command that must succeed; its standard output."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=COMPOSE,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def inspect(service: str) -> dict[str, Any]:
    container = run("docker", "compose", "ps", "--all", "--quiet", service).strip()
    return dict(json.loads(run("docker", "inspect", container))[0])


def status() -> dict[str, Any]:
    return dict(json.loads(run("docker", "compose", "run", "--rm", "herdflow", "status", "--json")))


def secret(name: str) -> str:
    return (COMPOSE / "secrets" / name).read_text().strip()


def port(service: str) -> int:
    return int(os.environ[f"{service.upper()}_PORT"])


def session() -> requests.Session:
    """Without the machine's proxies."""
    session = requests.Session()
    session.trust_env = False
    return session


def ask(service: str, path: str, token: str | None = None) -> requests.Response:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return session().get(f"http://127.0.0.1:{port(service)}{path}", headers=headers, timeout=30)


@dataclass
class Herd:
    """Files that are in the stack's gold by now, and what the embedded engines make of them."""

    day: str
    report: Any
    status: Any


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the containers' user can read."""
    if os.environ["TEST_FILES"]:
        return Path(os.environ["TEST_FILES"])
    folder = tmp_path_factory.mktemp("herd")
    folder.chmod(0o777)
    options = ["--cows", 40, "--from", "2025-01-01", "--to", "2025-12-31", "--seed", 1, "-o", "/herd/files"]
    run("docker", "run", "--rm", "--network=none", f"--volume={folder}:/herd", "herdflow", "generate", *options)
    return folder / "files"


@pytest.fixture(scope="session")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Airflow:
    folder = tmp_path_factory.mktemp("stack")
    (folder / "airflow").mkdir()
    (folder / "airflow/address").write_text(f"127.0.0.1:{port('airflow')}")
    (folder / "airflow/password").write_text(secret("airflow_password"))
    airflow = Airflow(folder, Path(), "")
    airflow.log_in()
    return airflow


@pytest.fixture(scope="session")
def herd(files: Path, airflow: Airflow) -> Herd:
    seed = ["run", "--rm", "--volume", f"{files}:/files:ro", "herdflow", "seed", "/files"]
    run("docker", "compose", *seed)
    run("docker", "compose", "run", "--rm", "herdflow", "load")
    wait_until("Airflow has the pipelines", lambda: airflow.dags() == set(PIPELINES))
    for pipeline in PIPELINES:
        assert airflow.wait_for_run(pipeline, airflow.start(pipeline), 240) == "success"
    script = "{ herdflow seed /files && herdflow load && herdflow pipeline run; } >&2 && herdflow report --json && herdflow status --json"
    told = run(
        "docker", "run", "--rm", "--network=none", "--read-only", "--tmpfs=/data:mode=1777", "--cap-drop=ALL",
        f"--volume={files}:/files:ro", "--entrypoint=bash", "herdflow", "-c", script,
    )  # fmt: skip
    decoder = json.JSONDecoder()
    report, end = decoder.raw_decode(told)
    counts, _ = decoder.raw_decode(told[end:].lstrip())
    return Herd(report["report_date"], report, counts)


def test_every_request_but_the_health_check_needs_the_token() -> None:
    token = secret("http_token")
    for service, path in (("backend", "/api/v1/pipelines"), ("producer", "/openapi.json")):
        assert ask(service, "/healthz").status_code == 200
        assert ask(service, path).status_code == 401
        assert ask(service, path, "guessed").status_code == 401
        assert ask(service, path, token).status_code == 200


def test_the_report_is_that_of_the_embedded_engines(herd: Herd) -> None:
    answer = ask("backend", f"/generate-report/{herd.day}", secret("http_token"))
    assert answer.status_code == 200, answer.text
    assert answer.json() == herd.report
    assert len(answer.json()["milk_production"]) > 10


def test_nothing_is_lost_or_doubled(herd: Herd) -> None:
    found = status()
    for each in ("tables", "silver_by_state", "quarantine_by_code"):
        assert found[each] == herd.status[each]
    assert {each["audit_gap"] for each in found["partitions"]} == {0}
    assert found["scheduler"] == "external"


@pytest.mark.parametrize("service", ["producer", "loader", "backend", "manifest"])
def test_herdflows_containers_may_nothing(service: str) -> None:
    found = inspect(service)
    assert found["HostConfig"]["ReadonlyRootfs"]
    assert found["HostConfig"]["CapDrop"] == ["ALL"]
    assert found["HostConfig"]["Memory"] > 0
    told = run("docker", "compose", "exec", "-T", service, "cat", "/proc/1/status")
    lines = dict(line.split(":\t", 1) for line in told.splitlines() if ":\t" in line)
    assert lines["Uid"].split()[0] != "0"
    assert (lines["CapEff"], lines["NoNewPrivs"]) == ("0000000000000000", "1")


def test_ports_are_published_on_loopback_only() -> None:
    containers = run("docker", "compose", "ps", "--quiet").split()
    bindings = [
        binding["HostIp"]
        for each in json.loads(run("docker", "inspect", *containers))
        for published in each["HostConfig"]["PortBindings"].values()
        for binding in published
    ]
    assert len(bindings) == 3
    assert set(bindings) == {"127.0.0.1"}


@pytest.fixture
def killed(herd: Herd, request: pytest.FixtureRequest) -> str:
    """As the kernel would, where the memory ends."""
    service = str(request.param)
    before = inspect(service)
    os.kill(before["State"]["Pid"], signal.SIGKILL)
    wait_until(f"{service} is started again", lambda: inspect(service)["RestartCount"] > before["RestartCount"], 30)
    return service


@pytest.mark.parametrize("killed", ["backend", "loader"], indirect=True)
def test_a_killed_container_comes_back(killed: str, herd: Herd) -> None:
    wait_until(f"{killed} is well", lambda: inspect(killed)["State"]["Health"]["Status"] == "healthy", 60)
    assert ask("backend", f"/generate-report/{herd.day}", secret("http_token")).json() == herd.report


def test_a_cow_that_is_posted_after_all_that_is_loaded(herd: Herd) -> None:
    """By the loader that was killed."""
    before = loaded()
    cow = {"id": "ear-tag-42", "name": "Bella #1", "birthdate": "2019-05-21"}
    headers = {"Authorization": f"Bearer {secret('http_token')}"}
    answer = session().post(f"http://127.0.0.1:{port('producer')}/cow", json=cow, headers=headers, timeout=30)
    assert answer.status_code == 200, answer.text
    wait_until("it is loaded", lambda: loaded() == before + 1, 60)


def loaded() -> int:
    return sum(int(each["next_offset"]) for each in status()["partitions"] if each["topic"] == "cows")
