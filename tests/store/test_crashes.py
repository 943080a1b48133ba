"""`kill -9` under writers: no acknowledged link is lost. `CRASH_ROUNDS=200` for more than the twenty of every run."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest
from postgres import PostgresForTests

from clipscape.links.database import Database, make_backend
from clipscape.links.faults import StoreError
from clipscape.links.ids import digest_of, id_of
from clipscape.links.store import LinkStore
from conftest import experiment, running_server

ROUNDS = int(os.environ.get("CRASH_ROUNDS", "20"))
SCRIPT = Path(__file__).parent / "crash_rounds.py"


def rounds(folder: Path, count: int, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the rounds in a process that nothing else has threads or connections in."""
    command = [sys.executable, str(SCRIPT), str(folder), str(count), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.timeout(60 + 5 * ROUNDS)
def test_no_acknowledged_link_is_lost_when_the_writer_is_killed(tmp_path: Path) -> None:
    done = rounds(tmp_path, ROUNDS)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{ROUNDS} kills, "), done.stdout


def test_the_rounds_would_notice_a_link_that_is_acknowledged_too_early(tmp_path: Path) -> None:
    done = rounds(tmp_path, 5, "hasty")
    assert done.returncode != 0
    assert "MissingLinkError" in done.stderr


def test_every_commit_is_on_the_disk_before_it_is_acknowledged(tmp_path: Path) -> None:
    store = LinkStore(Database(make_backend("", tmp_path, 10**9, 0, 5.0)))
    with store.database.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2, "FULL"
    store.database.close()


def test_links_of_a_real_server_that_was_killed_open_on_the_next_one(tmp_path: Path) -> None:
    acknowledged: list[Any] = []
    with running_server(tmp_path, NEW_LINKS_PER_TAB="10000", NEW_LINKS="10000") as server:

        def work(thread: int) -> None:
            with httpx.Client(base_url=server.url) as client:
                for turn in range(10_000):
                    document = {"experiment": experiment(seed=1000 * thread + turn)}
                    try:
                        answer = client.post("/api/v1/links", json=document)
                    except httpx.TransportError:
                        return
                    acknowledged.append((answer.json()["id"], 1000 * thread + turn))

        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        while len(acknowledged) < 40:
            threads[0].join(0.01)
        server.process.kill()
        for thread in threads:
            thread.join()
    with running_server(tmp_path) as server, httpx.Client(base_url=server.url) as client:
        for link_id, seed in acknowledged:
            assert client.get(f"/api/v1/links/{link_id}").json()["document"]["experiment"]["seed"] == seed
        assert client.get("/readyz").status_code == 200


def test_links_in_postgres_survive_a_crash_of_its_server(postgres: PostgresForTests, tmp_path: Path) -> None:
    store = LinkStore(Database(make_backend(postgres.new_database("crashes"), tmp_path, 10**9, 0, 5.0)))
    kinds: set[str] = set()
    for number in range(3):
        acknowledged: list[bytes] = []

        def work(thread: int, number: int = number, told: list[bytes] = acknowledged) -> None:
            for turn in range(10_000):
                body = b"%d %d %d" % (number, thread, turn)
                try:
                    store.put(body, 1)
                except StoreError as error:
                    kinds.add(error.kind)
                    return
                told.append(body)

        threads = [threading.Thread(target=work, args=(thread,)) for thread in range(4)]
        for thread in threads:
            thread.start()
        while len(acknowledged) < 20:
            threads[0].join(0.01)
        postgres.stop()
        for thread in threads:
            thread.join()
        postgres.start()
        for body in acknowledged:
            assert store.get(id_of(digest_of(body))).body == body
    assert kinds == {"gone"}
    store.database.close()
