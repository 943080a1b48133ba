"""What can be wrong with the store, in a word, and the sentence that operators and visitors read."""

from __future__ import annotations

import sqlite3
from typing import Any

from sqlalchemy.exc import DBAPIError, InterfaceError, NoSuchModuleError, OperationalError, TimeoutError

REASONS = {
    "full": "the disk or its share of it is full",
    "read_only": "it cannot be written to (read-only)",
    "locked": "another process keeps it locked",
    "corrupt": "its file is damaged",
    "gone": "its database cannot be reached",
    "newer": "a newer version of Clipscape has changed its database",
    "failing": "the disk reports errors",
    "busy": "too many links are being stored at this moment",
    "network_disk": "SQLite is not safe on a network file system; use a local disk, or PostgreSQL",
    "driver": "the driver for PostgreSQL is not installed; install clipscape[postgres]",
}

REOPENS = {"read_only", "corrupt", "gone", "failing", "newer"}
"""After these the database is opened anew before it is used again: it may be another file, or another server."""

_SQLITE = {
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_READONLY: "read_only",
    sqlite3.SQLITE_BUSY: "locked",
    sqlite3.SQLITE_LOCKED: "locked",
    sqlite3.SQLITE_CORRUPT: "corrupt",
    sqlite3.SQLITE_NOTADB: "corrupt",
    sqlite3.SQLITE_CANTOPEN: "gone",
    sqlite3.SQLITE_PERM: "read_only",
    sqlite3.SQLITE_IOERR: "failing",
}
_SQLITE_EXTENDED = {
    sqlite3.SQLITE_READONLY_DBMOVED: "gone",
    sqlite3.SQLITE_IOERR_WRITE: "full",
    sqlite3.SQLITE_IOERR_TRUNCATE: "full",
    sqlite3.SQLITE_IOERR_SHMSIZE: "full",
}
"""A write that a quota or a limit on the size of files stops is reported as an I/O error, not as a full disk."""

_POSTGRES = {"53100": "full", "25006": "read_only", "55P03": "locked", "57014": "locked", "53300": "busy"}
_POSTGRES_CLASSES = {"XX": "corrupt", "53": "busy", "58": "failing"}


class StoreError(Exception):
    """The store could not do what was asked. Nothing was acknowledged; `kind` is a key of `REASONS`."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.reason = REASONS[kind]
        super().__init__(self.reason)


def translated(error: Exception) -> StoreError | None:
    """Return what an error of the database or of the file system means, or None for a mistake of our own."""
    if isinstance(error, StoreError):
        return error
    if isinstance(error, TimeoutError):
        return StoreError("busy")
    if isinstance(error, NoSuchModuleError | ModuleNotFoundError):
        return StoreError("driver")
    if isinstance(error, OSError):
        return StoreError("gone")
    original = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(original, sqlite3.Error):
        return _of_sqlite(original)
    return (
        _of_postgres(original, isinstance(error, OperationalError | InterfaceError)) if error is not original else None
    )


def _of_sqlite(error: sqlite3.Error) -> StoreError | None:
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return None
    kind = _SQLITE_EXTENDED.get(code) or _SQLITE.get(code & 0xFF)
    if kind is None and "no such table" in str(error):
        kind = "gone"
    return StoreError(kind) if kind else None


def _of_postgres(error: Any, of_connection: bool) -> StoreError | None:
    """Without a state the connection itself failed: refused, broken off, or the server was stopped."""
    state = getattr(error, "sqlstate", None) or ""
    kind = _POSTGRES.get(state) or _POSTGRES_CLASSES.get(state[:2])
    if kind is None and (state[:2] in ("08", "57", "28", "3D") or state == "42P01" or (of_connection and not state)):
        kind = "gone"
    return StoreError(kind) if kind else None
