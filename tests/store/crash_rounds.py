"""`python crash_rounds.py FOLDER ROUNDS`: write links from many threads, kill -9, look for what was acknowledged.

Every round forks a writer out of this process, which has all modules loaded: a round takes a fraction of a second. A
writer tells every acknowledged id through a pipe before it writes the next; whatever came through the pipe must be
there after the kill, with its bytes.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from clipscape.links.database import Database, make_backend
from clipscape.links.ids import digest_of, id_of
from clipscape.links.store import LinkStore

THREADS = 20


def store_in(folder: Path) -> LinkStore:
    return LinkStore(Database(make_backend("", folder, 10**9, 0, 10.0)))


def body(round_number: int, thread: int, turn: int) -> bytes:
    return b'{"round":%d,"thread":%d,"turn":%d,"filler":"%s"}' % (round_number, thread, turn, b"x" * (turn % 700))


def write(folder: Path, round_number: int, acknowledge: Callable[[bytes], object], hasty: bool) -> None:
    """Store links until killed. A hasty writer acknowledges too early: the rounds must find that out."""
    store = store_in(folder)

    def work(thread: int) -> None:
        for turn in range(10**6):
            if hasty:
                acknowledge(b"%d %d %d\n" % (round_number, thread, turn))
            store.put(body(round_number, thread, turn), 1)
            if not hasty:
                acknowledge(b"%d %d %d\n" % (round_number, thread, turn))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def one_round(folder: Path, number: int, chance: random.Random, hasty: bool) -> list[tuple[int, ...]]:
    """Return what was acknowledged before the kill."""
    inbox, outbox = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(inbox)
        write(folder, number, lambda line: os.write(outbox, line), hasty)
        os._exit(1)
    os.close(outbox)
    wanted, heard = chance.randrange(1, 60), b""
    with os.fdopen(inbox, "rb") as pipe:
        while heard.count(b"\n") < wanted:
            heard += pipe.readline()
        os.kill(child, signal.SIGKILL)
        heard += pipe.read()
    os.waitpid(child, 0)
    return [tuple(map(int, line.split())) for line in heard.decode().splitlines()]


def main(folder: Path, rounds: int, hasty: bool = False) -> int:
    chance, acknowledged = random.Random(rounds), 0
    seen: list[tuple[int, ...]] = []
    for number in range(rounds):
        seen += (told := one_round(folder, number, chance, hasty))
        store = store_in(folder)
        with store.database.reading() as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok", number
        for which in told if number < rounds - 1 else seen:
            content = body(*which)
            assert store.get(id_of(digest_of(content))).body == content, which
        acknowledged += len(told)
        store.database.close()
    print(f"{rounds} kills, {acknowledged} links acknowledged, none lost")
    return acknowledged


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), "hasty" in sys.argv)
