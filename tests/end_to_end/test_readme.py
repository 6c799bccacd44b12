"""The commands of the README and of the API's page, typed as they stand, against the built executable."""

from __future__ import annotations

import json
import re
import subprocess

from installation import Installation, Server
from program import REPOSITORY, executable
from waiting import wait_until


def blocks(containing: str, page: str = "README.md") -> list[str]:
    """The shell blocks of the page that hold this text."""
    text = (REPOSITORY / page).read_text(encoding="utf-8")
    found = [block for block in re.findall(r"```sh\n(.*?)```", text, re.S) if containing in block]
    assert found, f"no shell block of {page} holds {containing!r}"
    return found


def lines_of(block: str, server: Server) -> list[str]:
    """Its commands, with the ports of the server of the test."""
    block = block.replace("http://127.0.0.1:5000", server.backend)
    block = block.replace("http://127.0.0.1:5001", server.producer)
    return [line for line in block.splitlines() if line.strip()]


def type_command(line: str, herd: Installation) -> str:
    line = line.replace("build/release/herdflow", str(executable()))
    run = subprocess.run(
        ["bash", "-c", line],
        env=herd.environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, f"{line}\n{run.stderr}"
    return run.stdout


def test_a_farm_is_made_and_has_a_cow(herd: Installation) -> None:
    with herd.serve() as server:
        made, sent, shown, status = lines_of(blocks("farm create")[0], server)
        assert "Europe/Berlin" in type_command(made, herd)
        assert json.loads(type_command(sent, herd))["status"] == "success"
        assert json.loads(type_command(shown, herd))["name"] == "Hill Farm"
        assert "hill-farm" in type_command(status, herd)


def test_sending_a_reading_and_looking_at_it(herd: Installation) -> None:
    with herd.serve() as server:
        for line in lines_of(blocks("/measurement -d")[0], server):
            assert json.loads(type_command(line, herd))["status"] == "success", line

        questions = lines_of(blocks("/generate-report/")[0], server)

        def cow_has_her_reading() -> bool:
            cow = server.get("/cows/ear-tag-42")
            return cow.status_code == 200 and cow.json()["latest_sensor_data"] is not None

        wait_until(cow_has_her_reading)
        cow, report = (json.loads(type_command(line, herd)) for line in questions)
        assert cow["name"] == "Bella #1"
        assert cow["latest_sensor_data"]["average_value"] == 12.4
        assert report["so_far"] is True
        assert [row["milk_produced"] for row in report["milk_production"]] == [12.4]


def test_asking_for_a_schema(herd: Installation) -> None:
    with herd.serve() as server:
        for line in lines_of(blocks("/schemas/", "docs/api.md")[0], server):
            assert json.loads(type_command(line, herd))["$id"] in line


def test_looking_from_the_command_line(herd: Installation) -> None:
    with herd.serve() as server:
        reading = {"sensor_id": "s", "cow_id": "c", "timestamp": 1712484000, "value": 1}
        assert server.post("/measurement", reading).status_code == 200
        for line in lines_of(blocks("herdflow status")[0], server):
            if not line.endswith("report"):  # It wants a complete day.
                assert type_command(line, herd)
