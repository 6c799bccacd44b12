"""HAProxy before a port of herdflow, and between the two what counts herdflow's answers."""

from __future__ import annotations

import asyncio
import contextlib
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from left_out import leave_out
from program import free_port
from relay import Relay
from waiting import wait_until

# Where a request could be read in two ways, a proxy that lets it through is the danger: the second
# port passes on what the first one refuses.
_CONFIGURATION = """
global
  nbthread 1
  log stdout format raw local0
defaults
  mode http
  log global
  log-format "%ci %ST %s %ts %{{+Q}}r"
  timeout connect 5s
  timeout client 1s
  timeout server 1s
  http-reuse always
listen strict
  bind 127.0.0.1:{strict}
  server herdflow 127.0.0.1:{server} maxconn 1
listen lax
  bind 127.0.0.1:{lax}
  option accept-invalid-http-request
  server herdflow 127.0.0.1:{server} maxconn 1
"""
_LINE = re.compile(r'(\S+) (-?\d+) (\S+) (\S\S) "(.*)"')
_ANSWER_CAME = "-DL"  # Where a request ended: the log's second letter.
ANSWER = re.compile(rb"HTTP/1\.[01] ([2-5]\d\d) ")  # A final one, and its status.


class CountingRelay(Relay):
    """Passes bytes on to `port` and back, and counts the final answers that come back.

    No body of herdflow's holds what its answers begin with.
    """

    def __init__(self, port: int) -> None:
        super().__init__()
        self.answers = 0
        self._target = port

    async def _connect(self, proxy: asyncio.StreamReader, to_proxy: asyncio.StreamWriter) -> None:
        herdflow, to_herdflow = await asyncio.open_connection("127.0.0.1", self._target)
        await asyncio.gather(self._pass_on(proxy, to_herdflow), self._count(herdflow, to_proxy))

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
            writer.write_eof()

    async def _count(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        end = b""  # Of what was passed on: an answer's beginning may come in two pieces.
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                self.answers += len(ANSWER.findall(end + data))
                end = (end + data)[-len("HTTP/1.1 200") :]
                writer.write(data)
                await writer.drain()
        writer.close()


@dataclass(frozen=True)
class Seen:
    """A request as the proxy saw it."""

    client: str
    line: str
    was_passed_on: bool
    was_answered: bool
    is_answer_of_herdflow: bool  # Else the proxy's own.


@dataclass
class Proxy:
    """A running HAProxy."""

    strict: int
    lax: int
    relay: CountingRelay
    log: Path

    def seen(self) -> list[Seen]:
        """Every request whose answer is over, in the order of their ends."""
        matches = (_LINE.fullmatch(line) for line in self.log.read_text("latin-1").splitlines())
        return [
            Seen(each[1], each[5], each[3] == "herdflow", each[2] != "-1", each[3] == "herdflow" and each[4][1] in _ANSWER_CAME)
            for each in matches
            if each is not None
        ]


@contextlib.contextmanager
def haproxy_before(port: int, folder: Path) -> Iterator[Proxy]:
    """HAProxy on two free ports of loopback; one connection at a time goes on to `port`."""
    program = shutil.which("haproxy", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    if program is None:
        leave_out("haproxy is not installed: nothing was sent through a proxy")
    settings, log = folder / "haproxy.cfg", folder / "haproxy.log"
    with CountingRelay(port) as relay, log.open("wb") as output:
        proxy = Proxy(free_port(), free_port(), relay, log)
        settings.write_text(
            _CONFIGURATION.format(strict=proxy.strict, lax=proxy.lax, server=relay.port)
        )
        process = subprocess.Popen([program, "-db", "-f", str(settings)], stdout=output, stderr=output)
        try:
            wait_until(lambda: _listens(proxy.strict) and _listens(proxy.lax))
            yield proxy
        finally:
            process.kill()
            process.wait()


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
        return True
    return False
