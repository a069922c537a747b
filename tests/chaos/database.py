"""The rig's PostgreSQL, read past the product: what is so is asked of the rows, not of our own counters."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.rows import dict_row


class Database:
    """One connection that is made anew when it was lost."""

    def __init__(self, *, url: str) -> None:
        self._url = url
        self._connection: psycopg.Connection[dict[str, Any]] | None = None

    def rows(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        """Raises psycopg.OperationalError while the server is away."""
        return self.execute(sql, *values).fetchall()

    def execute(self, sql: str, *values: Any) -> "psycopg.Cursor[dict[str, Any]]":
        """Raises psycopg.OperationalError while the server is away."""
        try:
            return self._connect().execute(sql.encode(), values)
        except psycopg.OperationalError:
            self.close()  # of a server that was stopped since
            return self._connect().execute(sql.encode(), values)

    def run_script(self, sql: str) -> None:
        """Several statements, without values."""
        self._connect().execute(sql.encode())

    def value(self, sql: str, *values: Any) -> Any:
        """The one value of the one row."""
        (row,) = self.rows(sql, *values)
        (value,) = row.values()
        return value

    @contextmanager
    def locking(self, sql: str, *values: Any) -> Iterator[None]:
        """What the statement locks stays locked, by a connection of its own."""
        with psycopg.connect(self._url, connect_timeout=5) as connection:
            connection.execute(sql.encode(), values)
            yield

    def _connect(self) -> "psycopg.Connection[dict[str, Any]]":
        if self._connection is None:
            self._connection = psycopg.connect(self._url, autocommit=True, connect_timeout=5, row_factory=dict_row)
        return self._connection

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
