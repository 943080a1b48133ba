"""`LinkStore`: put a document in, get it back by its id, for ever. Stored bytes are never rewritten."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from clipscape import ENGINE_VERSION
from clipscape.links.database import Database
from clipscape.links.faults import StoreError
from clipscape.links.ids import LONGEST, SHORTEST, digest_of, id_of
from clipscape.links.table import LINKS

_INSERT: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


class Link(NamedTuple):
    """A stored document: canonical bytes, the version of their format, when they came (seconds since 1970), and the
    version of the engine at that time."""

    id: str
    body: bytes
    version: int
    created_at: int
    engine: str


class Stored(NamedTuple):
    """Where a document is, and whether it was not there before."""

    id: str
    new: bool


class MissingLinkError(LookupError):
    """There is no link of this id."""


class RemovedLinkError(LookupError):
    """The operator has deleted this link; its id is never used for anything else."""


class LinkStore:
    """The four things that can be done with links. All of them block: call them in a thread."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def put(self, body: bytes, version: int, allow: Callable[[], None] = lambda: None) -> Stored:
        """Store the canonical bytes of a document and return once they are on the disk.

        `allow` is called before something new is stored, and may raise. Raises `RemovedLinkError` for a document that
        the operator has deleted, and `StoreError` if nothing could be stored.
        """
        digest = digest_of(body)
        with self.database.reading() as connection:
            known = _place(connection, digest)
        if known is not None:
            return Stored(known, new=False)
        allow()
        facts = {"v": version, "engine": ENGINE_VERSION, "size": len(body), "created_at": int(time.time())}
        row = {"full_hash": digest, "body": body, **facts}
        with self.database.writing() as connection:
            self.database.backend.check_room(connection)
            return _insert(connection, row)

    def get(self, link_id: str) -> Link:
        """Return a link, its bytes checked against its hash; raise `MissingLinkError` or `RemovedLinkError`."""
        with self.database.reading() as connection:
            row = connection.execute(select(LINKS).where(LINKS.c.id == link_id)).one_or_none()
            if row is None:
                raise MissingLinkError(link_id)
            if row.deleted_at is not None:
                raise RemovedLinkError(link_id)
            if digest_of(row.body) != row.full_hash:
                raise StoreError("corrupt")
            return Link(row.id, row.body, row.v, row.created_at, row.engine)

    def delete(self, link_id: str) -> None:
        """Remove the document of a link; what is left says that there was one."""
        with self.database.writing() as connection:
            row = connection.execute(select(LINKS.c.deleted_at).where(LINKS.c.id == link_id)).one_or_none()
            if row is None:
                raise MissingLinkError(link_id)
            if row.deleted_at is not None:
                raise RemovedLinkError(link_id)
            emptied = {"body": b"", "size": 0, "deleted_at": int(time.time())}
            connection.execute(update(LINKS).where(LINKS.c.id == link_id).values(emptied))

    def count(self) -> int:
        """Return how many links can be opened."""
        with self.database.reading() as connection:
            counted = select(func.count()).select_from(LINKS).where(LINKS.c.deleted_at.is_(None))
            return connection.execute(counted).scalar_one()


def _place(connection: Connection, digest: str) -> str | None:
    """Return the id under which a document is stored, or None. A clash with another document lengthens the id."""
    for length in range(SHORTEST, LONGEST + 1):
        link_id = id_of(digest, length)
        found = connection.execute(select(LINKS.c.full_hash, LINKS.c.deleted_at).where(LINKS.c.id == link_id))
        row = found.one_or_none()
        if row is None:
            return None
        if row.full_hash == digest:
            if row.deleted_at is not None:
                raise RemovedLinkError(link_id)
            return link_id
    raise StoreError("corrupt")


def _insert(connection: Connection, row: dict[str, Any]) -> Stored:
    """Insert under the shortest free id. Who else may insert the same at this moment, one of the two is the first."""
    statement = _INSERT[connection.dialect.name](LINKS).on_conflict_do_nothing(index_elements=[LINKS.c.id])
    statement = statement.returning(LINKS.c.id)
    for length in range(SHORTEST, LONGEST + 1):
        link_id = id_of(row["full_hash"], length)
        new = connection.execute(statement.values(id=link_id, **row)).first() is not None
        present = connection.execute(select(LINKS).where(LINKS.c.id == link_id)).one()
        if present.full_hash == row["full_hash"]:
            if present.deleted_at is not None:
                raise RemovedLinkError(link_id)
            if present.body != row["body"]:
                raise StoreError("corrupt")
            return Stored(link_id, new)
    raise StoreError("corrupt")
