"""Requests that hide another one in what may be their body: it is found only where two were sent.

Straight to herdflow, and through a proxy that may have understood something else.
"""

from __future__ import annotations

import contextlib
import socket
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import pytest
from behind_proxy import ANSWER, Proxy, Seen, haproxy_before
from installation import Installation
from program import REPOSITORY
from waiting import wait_until

CORPUS = REPOSITORY / "tests/smuggling"
REFUSED = {400, 413, 501}
CLOSE = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def requests_of(folder: str) -> list[Path]:
    files = sorted((CORPUS / folder).glob("*.http"))
    assert files, f"no requests in {CORPUS / folder}"
    return files


def port_of(address: str) -> int:
    return int(address.rpartition(":")[2])


def send(port: int, request: bytes, *, is_all: bool, source: str = "127.0.0.1") -> bytes:
    """What comes back until the other side closes. `is_all`: it is told that nothing more is sent."""
    with socket.create_connection(
        ("127.0.0.1", port), timeout=30, source_address=(source, 0)
    ) as connection:
        connection.sendall(request)
        if is_all:
            connection.shutdown(socket.SHUT_WR)
        got = b""
        with contextlib.suppress(ConnectionResetError):  # Closed with bytes of ours unread.
            while data := connection.recv(65536):
                got += data
        return got


def statuses(answers: bytes) -> list[int]:
    """Of the final answers, one after the other."""
    return [int(status) for status in ANSWER.findall(answers)]


def stored(herd: Installation) -> set[str]:
    """The sensors in the log: each hidden request tells of one that has its file's name."""
    return {each["key"] for each in herd.ask("topics", "tail", "sensors", "-n", "1000")}


def hidden(files: list[Path]) -> set[str]:
    return {file.stem for file in files}


def is_refused(answers: bytes) -> bool:
    """Once, and nothing more is read."""
    return (
        len(statuses(answers)) == 1
        and statuses(answers)[0] in REFUSED
        and b"\r\nConnection: close\r\n" in answers
    )


def test_what_is_in_doubt_is_refused_and_closes_the_connection(herd: Installation) -> None:
    with herd.serve() as server:
        answers = {
            file.name: send(port_of(server.producer), file.read_bytes(), is_all=True)
            for file in requests_of("refused")
        }
        assert [name for name, answer in answers.items() if not is_refused(answer)] == []
        assert stored(herd) == set()


def test_what_is_unusual_and_in_no_doubt_is_one_request_or_two(herd: Installation) -> None:
    ones, twos = requests_of("one"), requests_of("two")
    with herd.serve() as server:
        answers = {
            file.name: len(
                statuses(send(port_of(server.producer), file.read_bytes(), is_all=True))
            )
            for file in (*ones, *twos)
        }
        assert answers == {file.name: 1 for file in ones} | {file.name: 2 for file in twos}
        assert stored(herd) - {"first"} == hidden(twos)


@dataclass(frozen=True)
class Sent:
    """A file of the corpus that went through the proxy, and a request that closes the connection."""

    file: Path
    source: str  # The address that it came from, by which the proxy's log knows it.
    answers: int  # That came back.
    of_herdflow: int  # Answers that herdflow gave meanwhile.


def send_all(proxy: Proxy, port: int) -> list[Sent]:
    """The corpus, one after the other. All that the proxy saw of it is in its log then."""
    sent = []
    files = [*requests_of("refused"), *requests_of("one"), *requests_of("two")]
    for number, file in enumerate(files):
        source, before = f"127.0.{1 + number // 250}.{1 + number % 250}", proxy.relay.answers
        answers = statuses(send(port, file.read_bytes() + CLOSE, is_all=False, source=source))
        sent.append(Sent(file, source, len(answers), proxy.relay.answers - before))
    last = "127.0.0.2"
    send(port, CLOSE, is_all=False, source=last)
    wait_until(lambda: any(each.client == last for each in proxy.seen()))
    return sent


def saw_the_hidden_one(requests: list[Seen]) -> bool:
    return any(each.was_passed_on and "?hidden" in each.line for each in requests)


@pytest.mark.parametrize("way", ["strict", "lax"])
def test_behind_a_proxy_each_request_is_answered_once(
    herd: Installation, tmp_path: Path, way: str
) -> None:
    with herd.serve() as server, haproxy_before(port_of(server.producer), tmp_path) as proxy:
        sent = send_all(proxy, proxy.strict if way == "strict" else proxy.lax)
        seen: defaultdict[str, list[Seen]] = defaultdict(list)
        for each in proxy.seen():
            seen[each.client].append(each)
        differ = {}
        for each in sent:
            requests = seen[each.source]
            expected = (
                sum(one.was_answered for one in requests),
                sum(one.is_answer_of_herdflow for one in requests),
            )
            if (each.answers, each.of_herdflow) != expected:
                differ[each.file.name] = (each, requests)
        assert differ == {}
        saw_two = {each.file.stem for each in sent if saw_the_hidden_one(seen[each.source])}
        assert stored(herd) - {"first"} == saw_two
        assert saw_two >= hidden(requests_of("two"))
