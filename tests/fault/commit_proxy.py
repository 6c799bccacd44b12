"""A TCP proxy before the database that cuts a connection exactly at a COMMIT."""

from __future__ import annotations

import asyncio
from collections import Counter, deque

from relay import Relay

COMMIT = b"\x03COMMIT"  # The command "query", and its text.
PASS, BEFORE, AFTER = "pass", "cut before it arrives", "cut when it has happened"
_OK = 0x00


async def read_packet(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """Header and payload of the client/server protocol: three bytes of length and a number."""
    header = await reader.readexactly(4)
    return header, await reader.readexactly(int.from_bytes(header[:3], "little"))


class CommitProxy(Relay):
    """Listens on `port`. What becomes of the next COMMITs is in `plan`; what did, in `seen`."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__()
        self.plan: deque[str] = deque()
        self.seen: Counter[str] = Counter()
        self._target = host, port

    async def _connect(self, from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_connection(*self._target)
        # At most one cut a connection: it is known when the server's answer comes.
        commits: list[str] = []
        pumps = [
            asyncio.ensure_future(self._to_server(from_client, to_server, commits)),
            asyncio.ensure_future(self._to_client(from_server, to_client, commits)),
        ]
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        for pump in pumps:
            pump.cancel()
        for writer in (to_client, to_server):
            writer.close()

    async def _to_server(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, commits: list[str]) -> None:
        try:
            while True:
                header, payload = await read_packet(reader)
                if payload == COMMIT and self.plan:
                    what = self.plan.popleft()
                    if what == BEFORE:
                        self.seen[BEFORE] += 1
                        return
                    if what == AFTER:
                        commits.append(what)
                writer.write(header + payload)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return

    async def _to_client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, commits: list[str]) -> None:
        try:
            while True:
                header, payload = await read_packet(reader)
                if commits:
                    assert payload[0] == _OK, "the server did not commit"
                    self.seen[AFTER] += 1
                    return
                writer.write(header + payload)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
