"""Copies of a store in one SQLite file, through SQLite's own backup: right also while a server writes to it."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

_BESIDE = ("", "-wal", "-shm")


class CopyError(ValueError):
    """A copy could not be made; the message says why."""


def back_up(source: Path, target: Path) -> int:
    """Copy a store into a new file and check the copy; return its number of links. Nothing is overwritten."""
    if not source.exists():
        raise CopyError(f"{source} does not exist: there is nothing to back up")
    if target.exists():
        raise CopyError(f"{target} exists already; name a new file")
    partial = target.with_name(f"{target.name}.partial")
    try:
        with closing(_readable(source)) as here, closing(sqlite3.connect(partial)) as there:
            here.backup(there)
            there.execute("PRAGMA journal_mode = DELETE").fetchall()
        links = check_file(partial)
        partial.rename(target)
        return links
    except sqlite3.Error as error:
        raise CopyError(f"{source} could not be copied: {error}") from None
    finally:
        partial.unlink(missing_ok=True)


def restore(source: Path, target: Path) -> Path | None:
    """Replace a store by a copy; servers that run go on with it. Return where the old file went, if it was damaged.

    Into a sound file the copy is written in one transaction; a damaged one is kept beside it under another name.
    """
    check_file(source)
    aside = None
    if target.exists() and not _is_sound(target):
        stamp = time.strftime("%Y%m%d-%H%M%S")
        aside = target.with_name(f"{target.name}.damaged-{stamp}")
        for suffix in _BESIDE:
            old = Path(f"{target}{suffix}")
            if old.exists():
                old.rename(f"{aside}{suffix}")
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with closing(_readable(source)) as here, closing(sqlite3.connect(target)) as there:
            here.backup(there)
    except sqlite3.Error as error:
        raise CopyError(f"{target} could not be written: {error}") from None
    return aside


def check_file(path: Path) -> int:
    """Return how many links a sound file holds; raise `CopyError` for any other file."""
    if not path.exists():
        raise CopyError(f"{path} does not exist")
    try:
        with closing(_readable(path)) as connection:
            found = connection.execute("PRAGMA integrity_check").fetchone()[0]
            if found != "ok":
                raise CopyError(f"{path} is damaged: {found}")
            (links,) = connection.execute("SELECT count(*) FROM links WHERE deleted_at IS NULL").fetchone()
            return int(links)
    except sqlite3.Error as error:
        raise CopyError(f"{path} is not a store of links: {error}") from None


def _is_sound(path: Path) -> bool:
    try:
        check_file(path)
    except CopyError:
        return False
    return True


def _readable(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
