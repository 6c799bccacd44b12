"""A cow that is made through the API, while the store does not know all that the log holds."""

from __future__ import annotations

import requests
from engines import EMBEDDED, SERVERS, on
from installation import Installation, Server


def _make_cow(server: Server, name: str) -> requests.Response:
    return server.http.post(server.backend + "/cows/", json={"name": name}, timeout=30)


@on("herd", EMBEDDED, SERVERS)
def test_no_cow_gets_a_name_that_is_in_the_log_already(herd: Installation) -> None:
    with herd.serve("--roles", "producer,backend") as server:
        first = _make_cow(server, "Berta")
        assert (first.status_code, first.json()["name"]) == (200, "Berta #1"), first.text
        herd.run("load")
        assert server.post("/cow", {"id": "another", "name": "Berta #2"}).status_code == 200
        answer = _make_cow(server, "Berta")
        assert answer.status_code == 503, answer.text
        assert answer.headers["Retry-After"]
        herd.run("load")
        made = _make_cow(server, "Berta")
        assert (made.status_code, made.json()["name"]) == (200, "Berta #3"), made.text
