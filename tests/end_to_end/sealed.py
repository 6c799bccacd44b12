"""herdflow's checksums, for tests that write its files past it (src/sqlite/checksum.cpp)."""

from __future__ import annotations

from pathlib import Path

_WORD = 8
_MASK = (1 << 64) - 1
_ODD = 0x9E3779B97F4A7C15
_PAGE_SIZE_AT = 16


def _mix(total: int, word: int) -> int:
    total = (total ^ (word & _MASK)) * _ODD & _MASK
    return total ^ total >> 32


def checksum(*parts: int | bytes) -> int:
    """As SQLite keeps it: signed."""
    total = 0
    for part in parts:
        if isinstance(part, int):
            total = _mix(total, part)
            continue
        total = _mix(total, len(part))
        for at in range(0, len(part) + 1, _WORD):  # The last word is what is left, often nothing.
            total = _mix(total, int.from_bytes(part[at : at + _WORD], "little"))
    total = total or 1
    return total - (1 << 64) if total >> 63 else total


def seal(file: Path) -> None:
    """After another SQLite wrote the file: as if herdflow had."""
    if file.with_name(file.name + "-wal").exists():
        return  # Somebody has it open, and will seal what was written.
    content = bytearray(file.read_bytes())
    size = int.from_bytes(content[_PAGE_SIZE_AT : _PAGE_SIZE_AT + 2], "big")
    for number, begin in enumerate(range(0, len(content), size)):
        end = begin + size - _WORD
        content[end : end + _WORD] = checksum(number, bytes(content[begin:end])).to_bytes(_WORD, "little", signed=True)
    file.write_bytes(content)
