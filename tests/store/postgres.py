"""A PostgreSQL server for the tests, in a folder of its own, reachable through a socket in that folder only."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any

import psycopg

_DEBIAN = Path("/usr/lib/postgresql")
_ACCOUNTS = ("postgres", "nobody")


def find_binaries() -> Path | None:
    """Return the folder that holds `initdb` and `postgres`, of the newest release if there are several."""
    found = shutil.which("initdb")
    places = [Path(found).resolve().parent] if found else []
    places += sorted(_DEBIAN.glob("*/bin"), key=lambda place: -float(place.parent.name))
    return next((place for place in places if (place / "initdb").exists() and (place / "postgres").exists()), None)


def _account() -> dict[str, Any]:
    """PostgreSQL refuses to run as root: then it runs as somebody else (arguments of `subprocess`)."""
    if os.geteuid() != 0:
        return {}
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = next(known[name] for name in _ACCOUNTS if name in known)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


class PostgresForTests:
    """Started on entering, stopped on leaving; `stop` and `start` again for tests of a database that is gone."""

    def __init__(self, binaries: Path) -> None:
        self._binaries = binaries
        self._as = _account()
        self._process: subprocess.Popen[bytes] | None = None
        self.folder = Path(tempfile.mkdtemp(prefix="clip-pg-"))
        self._socket = f"{self.folder}/socket"

    def __enter__(self) -> PostgresForTests:
        if self._as:
            os.chown(self.folder, self._as["user"], self._as["group"])
        command = [self._binaries / "initdb", "-D", self.folder / "data", "-U", "clipscape", "-A", "trust"]
        options = ["-E", "UTF8", "--locale=C", "--no-sync"]
        done = subprocess.run(
            [*command, *options], cwd=self.folder, capture_output=True, text=True, check=False, **self._as
        )
        assert done.returncode == 0, done.stderr
        self.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        self.stop()
        shutil.rmtree(self.folder)

    def address(self, database: str) -> str:
        """Return the address of a database on this server."""
        return f"postgresql://clipscape@/{database}?host={self._socket}"

    def new_database(self, name: str) -> str:
        """Make an empty database; return its address."""
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.address(name)

    def start(self) -> None:
        """Start the server and wait until it answers."""
        Path(self._socket).mkdir(exist_ok=True)
        if self._as:
            os.chown(self._socket, self._as["user"], self._as["group"])
        settings = ("listen_addresses=", f"unix_socket_directories={self._socket}", "fsync=off", "shared_buffers=16MB")
        command = [self._binaries / "postgres", "-D", self.folder / "data"]
        with open(self.folder / "log", "ab") as log:
            self._process = subprocess.Popen(
                [*command, *(part for setting in settings for part in ("-c", setting))],
                cwd=self.folder,
                stdout=log,
                stderr=log,
                **self._as,
            )
        give_up = time.monotonic() + 120
        while True:
            try:
                psycopg.connect(self.address("postgres")).close()
                return
            except psycopg.OperationalError:
                assert self._process.poll() is None, (self.folder / "log").read_text()
                assert time.monotonic() < give_up, (self.folder / "log").read_text()
                time.sleep(0.05)

    def stop(self) -> None:
        """Stop the server at once, as a crash would; it recovers when it is started again."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait()
            self._process = None
