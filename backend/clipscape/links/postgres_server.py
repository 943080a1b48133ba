"""The store in PostgreSQL (psycopg 3), for several servers that share their links."""

from __future__ import annotations

from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.engine import URL

from clipscape.links.faults import StoreError

_SCHEMA_LOCK = 0x636C6970
"""Any number that all Clipscapes share: who changes the tables holds it."""


class PostgresServer:
    """Opens one database. Commits are synchronous whatever the server's own default is."""

    serial = False

    def __init__(self, url: URL, max_bytes: int, patience: float) -> None:
        self._url = url
        self._max_bytes = max_bytes
        self._patience = patience

    def make_engine(self) -> Engine:
        """Make an engine; nothing is connected yet."""
        milliseconds = int(1000 * self._patience)
        settings = f"-c synchronous_commit=on -c statement_timeout={milliseconds} -c lock_timeout={milliseconds}"
        return create_engine(
            self._url,
            pool_size=5,
            max_overflow=0,
            pool_timeout=self._patience,
            pool_pre_ping=True,
            hide_parameters=True,
            connect_args={"connect_timeout": max(2, round(self._patience)), "options": settings},
        )

    def opened(self) -> None:
        """Nothing to remember."""

    def unchanged(self) -> bool:
        """Say that it is the same database: it has a name, and its connections notice when it goes."""
        return True

    def lock_schema(self, connection: Connection) -> None:
        """Let one server at a time change the tables; the lock ends with the transaction."""
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _SCHEMA_LOCK})

    def verify(self, connection: Connection) -> None:
        """Nothing to do: PostgreSQL looks after its own files."""

    def check_room(self, connection: Connection) -> None:
        """Bound the size of the table with its index."""
        size = connection.execute(text("SELECT pg_total_relation_size('links')")).scalar_one()
        if size >= self._max_bytes:
            raise StoreError("full")
