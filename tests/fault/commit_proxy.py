"""A TCP proxy before the database that cuts a connection exactly at a COMMIT."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter, deque
from types import TracebackType

COMMIT = b"\x03COMMIT"  # The command "query", and its text.
PASS, BEFORE, AFTER = "pass", "cut before it arrives", "cut when it has happened"
_OK = 0x00


async def read_packet(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """Header and payload of the client/server protocol: three bytes of length and a number."""
    header = await reader.readexactly(4)
    return header, await reader.readexactly(int.from_bytes(header[:3], "little"))


class CommitProxy:
    """Listens on `port`. What becomes of the next COMMITs is in `plan`; what did, in `seen`."""

    def __init__(self, host: str, port: int) -> None:
        self.plan: deque[str] = deque()
        self.seen: Counter[str] = Counter()
        self.port = 0
        self._target = host, port
        self._loop = asyncio.new_event_loop()
        self._listens = threading.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),))

    def __enter__(self) -> CommitProxy:
        self._thread.start()
        assert self._listens.wait(10)
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()

    async def _serve(self) -> None:
        self._end = asyncio.Event()
        server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._listens.set()
        await self._end.wait()
        server.close()

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
