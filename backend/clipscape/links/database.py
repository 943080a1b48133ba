"""`Database`: opened when it is first used, and opened anew after trouble, so that it recovers without a restart."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, Engine, delete, insert
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from clipscape.links.faults import REOPENS, StoreError, translated
from clipscape.links.postgres_server import PostgresServer
from clipscape.links.schema import is_current, upgrade
from clipscape.links.sqlite_file import SqliteFile
from clipscape.links.table import PROBE

FILE_NAME = "links.db"
_PROBE_BYTES = 3 * 4096


class Backend(Protocol):
    """What differs between SQLite and PostgreSQL."""

    serial: bool

    def make_engine(self) -> Engine:
        """Make an engine."""

    def opened(self) -> None:
        """It has been opened."""

    def unchanged(self) -> bool:
        """Say whether the engine still leads to the database of this address."""

    def lock_schema(self, connection: Connection) -> None:
        """Be the only one that changes the tables."""

    def verify(self, connection: Connection) -> None:
        """Raise `StoreError` if it must not be written into."""

    def check_room(self, connection: Connection) -> None:
        """Raise `StoreError` if nothing more may be stored."""


def check_address(url: str) -> URL | None:
    """Read the address of a database; None stands for the default. Raises ValueError for one that cannot be used."""
    if not url:
        return None
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ValueError("is not the address of a database, such as postgresql://user:password@host/name") from None
    if parsed.drivername == "sqlite" and parsed.database:
        return parsed
    if parsed.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        return parsed.set(drivername="postgresql+psycopg")
    raise ValueError("must begin with postgresql:// or sqlite:///")


def make_backend(url: str, data_dir: Path, max_bytes: int, min_free_bytes: int, patience: float) -> Backend:
    """Return the database of an address; without one it is a file in `data_dir`."""
    parsed = check_address(url)
    if parsed is not None and parsed.drivername != "sqlite":
        return PostgresServer(parsed, max_bytes, patience)
    path = data_dir / FILE_NAME if parsed is None else Path(parsed.database or "")
    return SqliteFile(path, max_bytes, min_free_bytes, patience)


class Database:
    """Connections for reading and writing. Whatever goes wrong with the database is raised as `StoreError`."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self._engine: Engine | None = None
        self._verified = False
        self._opening = threading.Lock()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection to read from; a database that can no longer be written can often be read."""
        with self._told(), self._connection(self._open(), writes=False) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction to write in. When it has ended without an error, what was written is on the disk."""
        with self._told():
            with self._connection(self._open(), writes=True) as connection, connection.begin():
                if not self._verified:
                    self.backend.verify(connection)
                    self._verified = True
                yield connection
            if not self.backend.unchanged():
                raise StoreError("gone")

    def probe(self) -> None:
        """Write something and take it out again; raise `StoreError` if the store cannot take a link."""
        with self.writing() as connection:
            self.backend.check_room(connection)
            connection.execute(insert(PROBE).values(id=1, filler=bytes(_PROBE_BYTES)))
            connection.execute(delete(PROBE))

    def close(self) -> None:
        """Close every connection; the next use opens it again."""
        with self._opening:
            engine, self._engine, self._verified = self._engine, None, False
        if engine is not None:
            engine.pool.dispose()

    def _open(self) -> Engine:
        """Return the engine of the database as it is now, with its tables up to date."""
        if self._engine is not None and not self.backend.unchanged():
            self.close()
        with self._opening:
            if self._engine is None:
                engine = self.backend.make_engine()
                try:
                    self._upgrade(engine)
                except Exception:
                    engine.dispose()
                    raise
                self.backend.opened()
                self._engine = engine
            return self._engine

    @contextmanager
    def _connection(self, engine: Engine, *, writes: bool) -> Iterator[Connection]:
        """A connection of `engine`, really closed at the end if the database was opened anew in the meantime.

        Asked only after it went back to its pool: whoever comes back to a pool that was put aside empties it once more.
        """
        try:
            with engine.execution_options(writes=writes).connect() as connection:
                yield connection
        finally:
            if self._engine is not engine:
                engine.pool.dispose()

    def _upgrade(self, engine: Engine) -> None:
        """Take the missing steps; where there are none nothing is written, so a read-only database can be read."""
        with engine.connect() as connection:
            if is_current(connection):
                return
        with engine.execution_options(writes=True).begin() as connection:
            self.backend.lock_schema(connection)
            self.backend.verify(connection)
            upgrade(connection)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            fault = translated(error)
            if fault is None:
                raise
            if fault.kind in REOPENS:
                self.close()
            raise fault from error
