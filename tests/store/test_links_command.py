"""`clipscape links`: what an operator does, over SQLite and PostgreSQL, and what is said when it cannot be done."""

from __future__ import annotations

import io
import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from postgres import PostgresForTests

from clipscape.cli import main
from clipscape.links.database import FILE_NAME, Database, make_backend
from clipscape.links.ids import digest_of, id_of
from clipscape.links.store import LinkStore, RemovedLinkError
from clipscape.links.table import LINKS
from clipscape.understanding import read_scenario
from conftest import experiment

Say = Callable[..., Any]


def body(seed: int) -> bytes:
    return read_scenario({"experiment": experiment(seed=seed)}).canonical_json().encode()


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("CLIPSCAPE_"):
            monkeypatch.delenv(name)


@pytest.fixture
def say(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Say:
    """Run `clipscape links ...` on a folder or on the address of a database; return code, output and errors."""

    def run(place: object, *words: object) -> Any:
        name = "CLIPSCAPE_DATA_DIR" if isinstance(place, Path) else "CLIPSCAPE_DATABASE_URL"
        with monkeypatch.context() as patch:
            patch.setenv(name, str(place))
            code = main(["links", *map(str, words)])
        said = capsys.readouterr()
        return SimpleNamespace(code=code, out=said.out, err=said.err)

    return run


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[SimpleNamespace]:
    """A folder with a store of three links, one of them deleted; the store stays open, as a server has it."""
    folder = tmp_path / "shop"
    store = LinkStore(Database(make_backend("", folder, 10**9, 0, 5.0)))
    links = [store.put(body(seed), 1).id for seed in range(3)]
    store.delete(links[2])
    yield SimpleNamespace(folder=folder, store=store, links=links, file=folder / FILE_NAME)
    store.database.close()


def test_a_backup_comes_back_while_the_server_runs(shop: SimpleNamespace, say: Say, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    done = say(shop.folder, "backup", copy)
    assert (done.code, done.out) == (0, f"2 links are in {copy}.\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy.db", "shop"], "one file, nothing beside it"
    later = shop.store.put(body(9), 1).id
    done = say(shop.folder, "restore", copy)
    assert (done.code, done.out) == (0, f"2 links are in {shop.file}.\n")
    assert shop.store.get(shop.links[0]).body == body(0)
    assert shop.store.count() == 2
    assert shop.store.put(body(9), 1).new, f"{later} came after the backup"


def test_a_backup_never_overwrites(shop: SimpleNamespace, say: Say, tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("x")
    done = say(shop.folder, "backup", tmp_path / "precious")
    assert done.code == 2
    assert "exists already" in done.err
    assert (tmp_path / "precious").read_text() == "x"
    assert "nothing to back up" in say(tmp_path / "empty", "backup", tmp_path / "new").err


def test_a_damaged_store_is_kept_aside_and_replaced(shop: SimpleNamespace, say: Say, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    assert say(shop.folder, "backup", copy).code == 0
    shop.store.database.close()
    shop.file.write_bytes(b"garbage" * 1000)
    done = say(shop.folder, "restore", copy)
    assert done.code == 0
    (aside,) = shop.folder.glob("links.db.damaged-*")
    assert str(aside) in done.out
    assert aside.read_bytes() == b"garbage" * 1000
    assert shop.store.get(shop.links[1]).body == body(1), "the open store finds the new file"


@pytest.mark.parametrize("content", [b"", b"not a database", None])
def test_only_a_sound_backup_is_restored(
    shop: SimpleNamespace, say: Say, tmp_path: Path, content: bytes | None
) -> None:
    wrong = tmp_path / "wrong.db"
    if content is not None:
        wrong.write_bytes(content)
    done = say(shop.folder, "restore", wrong)
    assert done.code == 2
    assert "wrong.db" in done.err
    assert shop.store.count() == 2


def test_check_opens_every_link(shop: SimpleNamespace, say: Say) -> None:
    done = say(shop.folder, "check")
    assert (done.code, done.out, done.err) == (0, "2 links, 1 deleted, 0 with something wrong.\n", "")
    with shop.store.database.writing() as connection:
        content = b'{"version":1}'
        connection.execute(LINKS.update().where(LINKS.c.id == shop.links[0]).values(body=b"changed"))
        connection.execute(
            LINKS.insert().values(
                id=id_of(digest_of(content)), full_hash=digest_of(content), v=1, engine="1", body=content, size=13,
                created_at=0,
            )
        )  # fmt: skip
    done = say(shop.folder, "check")
    assert done.code == 1
    assert "3 links, 1 deleted, 2 with something wrong." in done.out
    assert f"{shop.links[0]}: its document is not the one that was stored" in done.err
    assert "does not open: experiment: is missing" in done.err


def test_delete_takes_an_id_or_a_whole_link(shop: SimpleNamespace, say: Say) -> None:
    assert say(shop.folder, "delete", f"https://host/s/{shop.links[0]}").code == 0
    with pytest.raises(RemovedLinkError):
        shop.store.get(shop.links[0])
    assert shop.store.get(shop.links[1]).body == body(1)
    again = say(shop.folder, "delete", shop.links[0])
    assert again.code == 2
    assert "was deleted before" in again.err
    assert "there is no link" in say(shop.folder, "delete", "222222222222").err


def test_an_export_and_its_import_make_the_same_store(shop: SimpleNamespace, say: Say, tmp_path: Path) -> None:
    file = tmp_path / "links.jsonl"
    assert say(shop.folder, "export", file).code == 0
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert {line["id"] for line in lines} == set(shop.links)
    assert say(shop.folder, "export", file).code == 2, "an existing file is not overwritten"
    other = tmp_path / "other"
    done = say(other, "import", file, "--dry-run")
    assert done.out == "3 links would be taken over, 0 were here, 0 not.\n"
    done = say(other, "import", file, "--verify")
    assert done.code == 0
    assert done.out == "3 links were taken over, 0 were here, 0 not.\n3 links compared byte for byte, 0 differ.\n"
    assert say(other, "import", file).out == "0 links were taken over, 3 were here, 0 not.\n"
    store = LinkStore(Database(make_backend("", other, 10**9, 0, 5.0)))
    assert store.get(shop.links[0]) == shop.store.get(shop.links[0])
    with pytest.raises(RemovedLinkError):
        store.get(shop.links[2])
    store.database.close()


def test_sqlite_moves_to_postgres_with_the_same_ids(
    shop: SimpleNamespace, say: Say, postgres: PostgresForTests, tmp_path: Path
) -> None:

    with shop.store.database.writing() as connection:
        rows = []
        for seed in range(2000, 3200):
            content = body(seed)
            digest = digest_of(content)
            facts = {"v": 1, "engine": "1", "size": len(content), "created_at": seed}
            rows.append({"id": id_of(digest), "full_hash": digest, "body": content, **facts})
        connection.execute(LINKS.insert(), rows)
    address = postgres.new_database("moved")
    total = shop.store.count() + 1
    dry = say(address, "import", shop.file, "--dry-run")
    assert dry.out == f"{total} links would be taken over, 0 were here, 0 not.\n"
    done = say(address, "import", shop.file, "--verify")
    assert done.code == 0, done.err
    assert done.out == (
        f"{total} links were taken over, 0 were here, 0 not.\n{total} links compared byte for byte, 0 differ.\n"
    )
    moved = LinkStore(Database(make_backend(address, tmp_path, 10**9, 0, 5.0)))
    assert moved.get(id_of(digest_of(body(3000)))).body == body(3000)
    assert moved.count() == total - 1
    moved.database.close()
    assert "pg_dump" in say(address, "backup", tmp_path / "x").err


def test_what_is_damaged_or_clashes_is_left_out_and_told(shop: SimpleNamespace, say: Say, tmp_path: Path) -> None:
    file = tmp_path / "links.jsonl"
    say(shop.folder, "export", file)
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    first, second = (line for line in lines if line["body"])
    first["body"] = first["body"].replace("50", "51")
    file.write_text("\n".join(json.dumps(line) for line in (first, second)))
    other = tmp_path / "other"
    store = LinkStore(Database(make_backend("", other, 10**9, 0, 5.0)))
    with store.database.writing() as connection:
        connection.execute(
            LINKS.insert().values(
                id=second["id"], full_hash=digest_of(b"else"), v=1, engine="1", body=b"else", size=4, created_at=0
            )
        )
    store.database.close()
    done = say(other, "import", file)
    assert done.code == 1
    assert "0 links were taken over, 0 were here, 2 not." in done.out
    assert f"{first['id']}: its document is not the one that was stored" in done.err
    assert f"{second['id']}: another document has this id here" in done.err


def test_what_is_no_export_is_refused(
    shop: SimpleNamespace, say: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "text").write_text("hello\n")
    assert "cannot be read" in say(shop.folder, "import", tmp_path / "text").err
    assert "does not exist" in say(shop.folder, "import", tmp_path / "none").err
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b'{"id": 1}\n')))
    assert "cannot be read" in say(shop.folder, "import", "-").err


def test_a_store_that_cannot_be_used_is_explained(say: Say, tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"garbage" * 1000)
    done = say(tmp_path, "check")
    assert done.code == 2
    assert "its file is damaged" in done.err


def test_a_backup_taken_under_writing_is_whole(shop: SimpleNamespace, say: Say, tmp_path: Path) -> None:
    import threading

    stop = threading.Event()

    def write() -> None:
        for number in range(10_000):
            if stop.is_set():
                return
            shop.store.put(body(10_000 + number), 1)

    writer = threading.Thread(target=write)
    writer.start()
    for number in range(3):
        assert say(shop.folder, "backup", tmp_path / f"{number}.db").code == 0
    stop.set()
    writer.join()
    for number in range(3):
        copied = sqlite3.connect(tmp_path / f"{number}.db")
        assert copied.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        copied.close()
