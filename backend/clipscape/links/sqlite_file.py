"""The store in one SQLite file: write-ahead log, every commit on the disk before it is acknowledged."""

from __future__ import annotations

import os
import shutil
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL

from clipscape.links.faults import StoreError

PAGE_BYTES = 4096
MOUNTS = Path("/proc/mounts")
NETWORK_DISKS = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "9p", "ceph", "glusterfs", "fuse.sshfs"}

READERS = 4


class SqliteFile:
    """Opens one file. It is created when this process first opens it; one that vanished later is not made anew."""

    serial = True
    """One writer at a time."""

    def __init__(self, path: Path, max_bytes: int, min_free_bytes: int, patience: float) -> None:
        self.path = path
        self._max_bytes = max_bytes
        self._min_free_bytes = min_free_bytes
        self._patience = patience
        self._identity: tuple[int, int] | None = None
        self._frozen = False

    def make_engine(self) -> Engine:
        """Make an engine on the file, in a folder that is made where there never was one."""
        if self._identity is not None and not self.path.exists():
            raise StoreError("gone")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if file_system(self.path.parent) in NETWORK_DISKS:
            raise StoreError("network_disk")
        self._frozen = self._is_frozen()
        url = URL.create("sqlite", database=str(self.path.absolute()))
        if self._frozen:
            frozen = {"mode": "ro", "immutable": "1", "uri": "true"}
            url = URL.create("sqlite", database=self.path.absolute().as_uri(), query=frozen)
        engine = create_engine(
            url, pool_size=READERS + 1, max_overflow=0, pool_timeout=self._patience, hide_parameters=True
        )
        event.listen(engine, "connect", self._leave_as_it_is if self._frozen else self._prepare)
        event.listen(engine, "begin", _begin)
        return engine

    def _prepare(self, connection: sqlite3.Connection, _record: Any) -> None:
        """Every connection: transactions are begun by hand, commits reach the disk, and the file has a largest size."""
        connection.isolation_level = None
        for pragma in (
            f"busy_timeout = {int(1000 * self._patience)}",
            f"page_size = {PAGE_BYTES}",
            "journal_mode = WAL",
            "synchronous = FULL",
            "journal_size_limit = 4194304",
        ):
            connection.execute(f"PRAGMA {pragma}").fetchall()
        (page_bytes,) = connection.execute("PRAGMA page_size").fetchone()
        connection.execute(f"PRAGMA max_page_count = {max(1, self._max_bytes // page_bytes)}").fetchall()

    def _is_frozen(self) -> bool:
        """Say whether the folder cannot be written to, so that a reader cannot have a log, and none is left over."""
        log = self.path.with_name(f"{self.path.name}-wal")
        fixed = self.path.exists() and not os.access(self.path.parent, os.W_OK)
        return fixed and not (log.exists() and log.stat().st_size)

    def _leave_as_it_is(self, connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None

    def opened(self) -> None:
        """Remember which file it is."""
        self._identity = self._now()

    def unchanged(self) -> bool:
        """Say whether the file at this path is the one that was opened: it may have been replaced or deleted."""
        return self._now() == self._identity and (not self._frozen or self._is_frozen())

    def _now(self) -> tuple[int, int] | None:
        try:
            facts = os.stat(self.path)
        except OSError:
            return None
        return facts.st_dev, facts.st_ino

    def lock_schema(self, connection: Connection) -> None:
        """Nothing to do: a transaction that writes is alone."""

    def verify(self, connection: Connection) -> None:
        """Refuse to write into a damaged file."""
        if connection.exec_driver_sql("PRAGMA quick_check(1)").scalar() != "ok":
            raise StoreError("corrupt")

    def check_room(self, _connection: Connection) -> None:
        """Leave some room on the disk; the size of the file itself is bounded by SQLite (`max_page_count`)."""
        if self._min_free_bytes and shutil.disk_usage(self.path.parent).free < self._min_free_bytes:
            raise StoreError("full")


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def file_system(folder: Path, mounts: Path | None = None) -> str:
    """Return the kind of file system that a folder is on, as Linux names it; empty where that cannot be known."""
    try:
        lines = (mounts or MOUNTS).read_text().splitlines()
    except OSError:
        return ""
    here = folder.resolve()
    found = [(len(place), kind) for _, place, kind, *_ in map(str.split, lines) if here.is_relative_to(place)]
    return max(found, default=(0, ""))[1]
