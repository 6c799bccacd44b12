"""Answers that many ask for: known by a tag, until something of them changes, in whichever process."""

from __future__ import annotations

import requests
from engines import EMBEDDED, SERVERS, on
from installation import Installation, Server
from waiting import wait_until


def _ask(server: Server, path: str, tag: str | None = None) -> requests.Response:
    headers = {} if tag is None else {"If-None-Match": tag}
    answer = server.http.get(server.backend + path, headers=headers, timeout=30)
    assert answer.status_code in (200, 304), answer.text
    # What changed while it was made has no tag, and is not to be kept.
    has_tag = "ETag" in answer.headers
    assert answer.headers["Cache-Control"] == ("private, no-cache" if has_tag else "no-store")
    return answer


def _tag(server: Server, path: str) -> str:
    return wait_until(lambda: _ask(server, path).headers.get("ETag"))


def _reading(at: str, value: float) -> dict[str, object]:
    return {"sensor_id": "s", "cow_id": "c", "timestamp": at, "value": value}


def _milk(server: Server, day: str) -> list[float]:
    report = server.get(f"/generate-report/{day}").json()
    return [row["milk_produced"] for row in report["milk_production"]]


@on("herd", EMBEDDED, SERVERS)
def test_a_tag_is_good_until_the_answer_changes_and_no_longer(herd: Installation) -> None:
    paths = ["/generate-report/2024-04-08", "/generate-report/2023-04-08", "/cows/c", "/api/v1/farms"]
    with herd.serve() as server:
        assert server.post("/cow", {"id": "c", "name": "Alma"}).ok
        assert server.post("/sensor", {"id": "s", "unit": "L"}).ok
        for at in ("2023-04-08T12:00:00Z", "2024-04-08T12:00:00Z"):
            assert server.post("/measurement", _reading(at, 10)).ok
        wait_until(lambda: _milk(server, "2024-04-08") == [10] and _milk(server, "2023-04-08") == [10])
        with herd.serve("--roles", "producer,backend") as other:
            tags = {path: _tag(server, path) for path in paths}
            for path, tag in tags.items():
                for process in (server, other):
                    assert _ask(process, path, tag).status_code == 304
                    assert _ask(process, path, tag).content == b""
            assert server.post("/measurement", _reading("2024-04-08T12:00:00Z", 11)).ok
            wait_until(lambda: _ask(server, paths[0], tags[paths[0]]).status_code == 200 and _milk(server, "2024-04-08") == [11])
            assert _milk(other, "2024-04-08") == [11]
            assert _ask(other, paths[0], tags[paths[0]]).status_code == 200
            assert _ask(other, paths[1], tags[paths[1]]).status_code == 304
            assert _ask(other, "/api/v1/farms", tags["/api/v1/farms"]).status_code == 304
            made = server.http.put(server.backend + "/api/v1/farms/hill", json={"name": "Hill"}, timeout=30)
            assert made.status_code == 200, made.text
            assert "hill" in _ask(other, "/api/v1/farms", tags["/api/v1/farms"]).text
            assert _ask(other, paths[1], tags[paths[1]]).status_code == 304
