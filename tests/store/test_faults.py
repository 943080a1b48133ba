"""What goes wrong with a store: it says what, goes on reading where that is possible, and recovers by itself."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from postgres import PostgresForTests

from clipscape.links import sqlite_file
from clipscape.links.database import FILE_NAME, Database, make_backend
from clipscape.links.faults import REASONS, StoreError, translated
from clipscape.links.sqlite_file import file_system
from clipscape.links.store import LinkStore, Stored


def fault(work: Callable[[], Any]) -> str:
    """Return what kind of trouble there is."""
    with pytest.raises(StoreError) as caught:
        work()
    return caught.value.kind


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / FILE_NAME


@contextmanager
def opened(folder: Path, patience: float = 5.0, min_free: int = 0) -> Iterator[LinkStore]:
    store = LinkStore(Database(make_backend("", folder, 10**9, min_free, patience)))
    yield store
    store.database.close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LinkStore]:
    with opened(tmp_path, patience=0.2) as store:
        yield store


@pytest.fixture
def kept(store: LinkStore) -> Stored:
    """A link that was stored while all was well."""
    return store.put(b"kept", 1)


def well(store: LinkStore, kept: Stored) -> None:
    """It can be written and read, and nothing was lost."""
    assert store.put(b"after", 1).new
    assert store.get(kept.id).body == b"kept"
    store.database.probe()


FILLS_UP = """
import resource, signal, sys
from pathlib import Path
from clipscape.links.database import Database, make_backend
from clipscape.links.faults import StoreError
from clipscape.links.store import LinkStore

store = LinkStore(Database(make_backend("", Path(sys.argv[1]), 10**9, 0, 1.0)))
stored = [store.put(b"first", 1)]
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, hard))
for number in range(1000):
    try:
        stored.append(store.put(b"%06d" % number * 1000, 1))
    except StoreError as error:
        kind = error.kind
        break
assert kind == "full", kind
assert len(stored) > 10
for link in stored:
    assert store.get(link.id).id == link.id
try:
    store.database.probe()
except StoreError as error:
    print("probe", error.kind)
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
store.database.probe()
assert store.put(b"after", 1).new
assert store.count() == len(stored) + 1
print("well")
"""


def test_a_full_disk(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", FILLS_UP, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["probe", "full", "well"]


def test_too_little_room_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(tmp_path, min_free=5000) as store:
        kept = store.put(b"kept", 1)
        free = 5000
        monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=free))
        assert store.put(b"at the limit", 1).new
        free = 4999
        assert fault(lambda: store.put(b"new", 1)) == "full"
        assert fault(store.database.probe) == "full"
        assert not store.put(b"kept", 1).new
        free = 5001
        well(store, kept)


READS_ONLY = """
import os, pwd, sys, tempfile
from pathlib import Path
from clipscape.links.database import Database, make_backend
from clipscape.links.faults import StoreError
from clipscape.links.store import LinkStore

with tempfile.TemporaryDirectory() as folder:
    warm = LinkStore(Database(make_backend("", Path(folder), 10**9, 0, 1.0)))
    warm.get(warm.put(b"everything is imported now", 1).id)
    warm.database.close()
if os.geteuid() == 0:
    nobody = pwd.getpwnam("nobody")
    os.setgroups([])
    os.setgid(nobody.pw_gid)
    os.setuid(nobody.pw_uid)
store = LinkStore(Database(make_backend("", Path(sys.argv[1]), 10**9, 0, 1.0)))
for line in sys.stdin:
    what = line.split()
    try:
        if what[0] == "put":
            print("new" if store.put(what[1].encode(), 1).new else "known", flush=True)
        else:
            print(store.get(what[1]).body.decode(), flush=True)
    except StoreError as error:
        print(error.kind, flush=True)
"""


class ByNobody:
    """A store used by a process that has no rights of its own on a folder."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", READS_ONLY, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, question: str) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(question + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().strip()

    def close(self) -> None:
        self._process.communicate()


@pytest.mark.parametrize("at_first", ["writable", "read-only"])
def test_a_folder_that_cannot_be_written(at_first: str) -> None:
    with tempfile.TemporaryDirectory(prefix="clip-ro-") as name:
        folder = Path(name)
        with opened(folder) as store:
            kept = store.put(b"kept", 1)

        def allow(writing: bool) -> None:
            folder.chmod(0o777 if writing else 0o555)
            for file in folder.iterdir():
                file.chmod(0o666 if writing else 0o444)

        allow(at_first == "writable")
        nobody = ByNobody(folder)
        if at_first == "writable":
            assert nobody.ask(f"get {kept.id}") == "kept"
            allow(False)
        else:
            assert nobody.ask(f"get {kept.id}") == "kept", "what cannot be written can still be read"
            assert nobody.ask("put new") == "read_only"
        assert nobody.ask("put kept") == "known"
        allow(True)
        assert nobody.ask("put after") == "new"
        assert nobody.ask(f"get {kept.id}") == "kept"
        nobody.close()
        folder.chmod(0o777)


def test_a_locked_database_is_waited_for_and_then_given_up(store: LinkStore, kept: Stored, file: Path) -> None:
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert fault(lambda: store.put(b"new", 1)) == "locked"
    assert fault(store.database.probe) == "locked"
    assert store.get(kept.id).body == b"kept", "reading goes on"
    other.execute("ROLLBACK")
    well(store, kept)
    other.close()


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"not a database at all" * 1000)
    with opened(tmp_path) as store:
        assert fault(lambda: store.put(b"new", 1)) == "corrupt"
        assert fault(lambda: store.get("222222222222")) == "corrupt"
        (tmp_path / FILE_NAME).unlink()
        assert store.put(b"new", 1).new


def damage(file: Path) -> None:
    """Overwrite a page of the largest table; the first pages, with the schema, stay."""
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    connection.close()
    with open(file, "r+b") as handle:
        handle.seek(0, os.SEEK_END)
        handle.seek(handle.tell() - 3 * 4096)
        handle.write(b"\xff" * 4096)


def test_a_damaged_file_is_not_written_to_any_more_and_a_repaired_one_is(tmp_path: Path, file: Path) -> None:
    with opened(tmp_path) as first:
        stored = [first.put(b"%06d" % number * 1000, 1) for number in range(30)]
    shutil.copy(file, tmp_path / "good.db")
    damage(file)
    with opened(tmp_path) as store:
        assert fault(lambda: store.put(b"new", 1)) == "corrupt"
        assert fault(store.database.probe) == "corrupt"
        readable, kinds = 0, set()
        for link in stored:
            try:
                readable += store.get(link.id).id == link.id
            except StoreError as error:
                kinds.add(error.kind)
        assert kinds == {"corrupt"}
        assert readable > 10, "what is not damaged can still be read"
        os.replace(tmp_path / "good.db", file)
        assert store.put(b"new", 1).new
        assert [store.get(link.id).id for link in stored] == [link.id for link in stored]


def test_a_file_that_vanishes_is_not_replaced_by_an_empty_one(store: LinkStore, kept: Stored, file: Path) -> None:
    store.database.close()
    file.rename(file.with_suffix(".away"))
    assert fault(lambda: store.put(b"new", 1)) == "gone"
    assert fault(lambda: store.get(kept.id)) == "gone"
    assert not file.exists()
    file.with_suffix(".away").rename(file)
    well(store, kept)


def test_nothing_is_acknowledged_into_a_file_that_was_deleted(store: LinkStore, kept: Stored, file: Path) -> None:
    """A process that has it open could go on writing into it, and nobody would ever find that again."""
    for path in file.parent.glob("links.db*"):
        path.unlink()
    assert fault(lambda: store.put(b"new", 1)) == "gone"
    assert fault(lambda: store.get(kept.id)) == "gone"


def test_a_file_that_is_replaced_while_it_is_written_to(store: LinkStore, kept: Stored, file: Path) -> None:
    with pytest.raises(StoreError) as caught, store.database.writing():
        file.rename(file.with_suffix(".away"))
    assert caught.value.kind == "gone"
    file.with_suffix(".away").rename(file)
    well(store, kept)


def test_a_network_disk_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(
        f"root / ext4 rw 0 0\nserver:/x {tmp_path} nfs4 rw 0 0\nother {tmp_path}/deep/local ext4 rw 0 0\n"
    )
    assert file_system(Path("/"), mounts) == "ext4"
    assert file_system(tmp_path / "deep", mounts) == "nfs4"
    assert file_system(tmp_path / "deep" / "local" / "er", mounts) == "ext4"
    assert file_system(tmp_path, tmp_path / "none") == ""
    monkeypatch.setattr(sqlite_file, "MOUNTS", mounts)
    with opened(tmp_path) as store:
        assert fault(lambda: store.put(b"new", 1)) == "network_disk"


def test_a_mistake_of_our_own_is_not_called_a_fault_of_the_store(store: LinkStore) -> None:
    with pytest.raises(Exception, match="syntax error"), store.database.reading() as connection:
        connection.exec_driver_sql("SELECT nothing FROM links")
    assert translated(ValueError("x")) is None


def test_every_fault_has_a_sentence() -> None:
    for kind, reason in REASONS.items():
        assert str(StoreError(kind)) == reason
        assert not reason.endswith(".")


@pytest.fixture
def in_postgres(postgres: PostgresForTests, tmp_path: Path) -> Iterator[tuple[LinkStore, str]]:
    name = f"faults_{os.urandom(4).hex()}"
    address = postgres.new_database(name)
    store = LinkStore(Database(make_backend(address, tmp_path, 10**9, 0, 0.5)))
    yield store, name
    store.database.close()


def test_a_postgres_that_is_gone_and_comes_back(in_postgres: tuple[LinkStore, str], postgres: PostgresForTests) -> None:
    store, _ = in_postgres
    kept = store.put(b"kept", 1)
    postgres.stop()
    assert fault(lambda: store.put(b"new", 1)) == "gone"
    assert fault(lambda: store.get(kept.id)) == "gone"
    assert fault(store.database.probe) == "gone"
    postgres.start()
    well(store, kept)


def test_a_postgres_that_may_only_be_read(in_postgres: tuple[LinkStore, str], postgres: PostgresForTests) -> None:
    store, name = in_postgres
    kept = store.put(b"kept", 1)
    with psycopg.connect(postgres.address("postgres"), autocommit=True) as admin:
        admin.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        store.database.close()
        assert fault(lambda: store.put(b"new", 1)) == "read_only"
        assert fault(store.database.probe) == "read_only"
        assert store.get(kept.id).body == b"kept"
        admin.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
    assert fault(store.database.probe) == "read_only", "a connection from before; then it is opened anew"
    well(store, kept)


def test_a_postgres_table_that_is_locked(in_postgres: tuple[LinkStore, str], postgres: PostgresForTests) -> None:
    store, name = in_postgres
    kept = store.put(b"kept", 1)
    with psycopg.connect(postgres.address(name)) as other:
        other.execute("LOCK TABLE links IN EXCLUSIVE MODE")
        assert fault(lambda: store.put(b"new", 1)) == "locked"
        assert store.get(kept.id).body == b"kept"
    well(store, kept)


def test_a_postgres_database_that_does_not_exist(postgres: PostgresForTests, tmp_path: Path) -> None:
    store = LinkStore(Database(make_backend(postgres.address("nowhere"), tmp_path, 10**9, 0, 0.5)))
    assert fault(lambda: store.put(b"new", 1)) == "gone"
    store.database.close()
