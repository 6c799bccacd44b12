"""The tables of a store, read alike whichever engine keeps them.

A statement names the views as SQLite does (`silver_measurements`), with `?` for parameters. Days
and instants come as the texts that SQLite shows.
"""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import pymysql
from engines import Engines
from pymysql.constants import FIELD_TYPE
from pymysql.converters import conversions
from pymysql.cursors import SSCursor

Row = tuple[Any, ...]

_TABLE = re.compile(r"\b(?:(bronze|silver|gold)|ops)_(?=[a-z])")
_NO_DATABASE, _NO_TABLE = 1049, 1146


class Store(Protocol):
    """A connection for reading only."""

    def execute(self, sql: str, parameters: Sequence[object] = (), /) -> Iterable[Row]:
        """The rows, read while they are asked for. One statement at a time."""
        ...


class MysqlStore:
    """The databases with a prefix on MySQL or MariaDB."""

    def __init__(self, connection: pymysql.Connection[SSCursor], prefix: str) -> None:
        self._connection = connection
        self._prefix = prefix

    def execute(self, sql: str, parameters: Sequence[object] = (), /) -> Iterator[Row]:
        text = _TABLE.sub(self._in_database, sql).replace("%", "%%").replace("?", "%s")
        with self._connection.cursor() as cursor:
            cursor.execute(text, tuple(parameters))
            yield from cursor.fetchall_unbuffered()

    def _in_database(self, name: re.Match[str]) -> str:
        return f"{self._prefix}{name[1]}_layer." if name[1] else f"{self._prefix}ops."


def _instant(shown: str) -> str:
    day, _, time = shown.partition(" ")
    whole, _, fraction = time.partition(".")
    return f"{day}T{whole}.{fraction:0<6}Z"


def _number(shown: str) -> float:
    """Sums of integers come as decimals."""
    return float(shown) if "." in shown else int(shown)


_CONVERSIONS = conversions | {
    FIELD_TYPE.DATE: str,
    FIELD_TYPE.DATETIME: _instant,
    FIELD_TYPE.NEWDECIMAL: _number,
}


def _connect(engines: Engines) -> pymysql.Connection[SSCursor]:
    return pymysql.connect(
        unix_socket=engines.socket(),
        user="herdflow",
        password=engines.password(),
        charset="utf8mb4",
        autocommit=True,
        conv=_CONVERSIONS,
        cursorclass=SSCursor,
    )


@contextlib.contextmanager
def open_store(engines: Engines, prefix: str, folder: Path) -> Iterator[Store]:
    if engines.has_mysql:
        with _connect(engines) as connection:
            yield MysqlStore(connection, prefix)
        return
    uri = f"{(folder / 'store.db').as_uri()}?mode=ro"
    with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=30)) as connection:
        yield connection


@contextlib.contextmanager
def nothing_where_no_table_is() -> Iterator[None]:
    """Leave the block quietly where a database or a table is not made yet."""
    try:
        yield
    except pymysql.err.MySQLError as error:
        if error.args[0] not in (_NO_DATABASE, _NO_TABLE):
            raise


def change_server(engines: Engines, *statements: str) -> None:
    """As the server's administrator."""
    with _connect(engines) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def drop_databases(engines: Engines, prefix: str) -> None:
    names = ("bronze_layer", "silver_layer", "gold_layer", "ops")
    change_server(engines, *(f"DROP DATABASE IF EXISTS {prefix}{name}" for name in names))
