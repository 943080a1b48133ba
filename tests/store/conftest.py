"""The link store over SQLite and over a real PostgreSQL server: the same tests for both."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from postgres import PostgresForTests, find_binaries

from clipscape.links.database import Database, make_backend
from clipscape.links.store import LinkStore
from running import RunningServer, experiment, running_server

__all__ = ["RunningServer", "experiment", "running_server"]
"""Passed on for the tests of other folders, which find this module under the name `conftest` once it is loaded."""

ROOMY = 10**9
KINDS = ("sqlite", "postgres")

MakeDatabase = Callable[..., Database]


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresForTests]:
    """A PostgreSQL server of our own, where its programs are installed."""
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("PostgreSQL (initdb, postgres) is neither on the PATH nor in /usr/lib/postgresql")
    with PostgresForTests(binaries) as server:
        yield server


_numbers = itertools.count()


@pytest.fixture(params=KINDS)
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/links.db"
    server = request.getfixturevalue("postgres")
    assert isinstance(server, PostgresForTests)
    return server.new_database(f"links_{next(_numbers)}")


@pytest.fixture
def open_store(address: str, tmp_path: Path) -> Iterator[Callable[..., LinkStore]]:
    """Open stores on the database, as several servers would."""
    opened: list[LinkStore] = []

    def make(max_bytes: int = ROOMY, patience: float = 5.0) -> LinkStore:
        opened.append(LinkStore(Database(make_backend(address, tmp_path, max_bytes, 0, patience))))
        return opened[-1]

    yield make
    for store in opened:
        store.database.close()


@pytest.fixture
def store(open_store: Callable[..., LinkStore]) -> LinkStore:
    """An empty store."""
    return open_store()
