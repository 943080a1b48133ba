"""Rows of a link store on their way to another one: read in order, written as JSON lines, checked one by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, insert, select

from clipscape.complaints import ScenarioError
from clipscape.links.database import Database
from clipscape.links.ids import digest_of, id_of, is_id
from clipscape.links.table import LINKS
from clipscape.understanding import read_scenario

_BATCH = 500


class Row(NamedTuple):
    """One row of the table, as it is; `body` is empty where the link was deleted."""

    id: str
    full_hash: str
    v: int
    engine: str
    body: bytes
    size: int
    created_at: int
    deleted_at: int | None


def all_rows(database: Database) -> Iterator[Row]:
    """Yield every row in the order of the ids, a few hundred at a time."""
    last = ""
    while True:
        with database.reading() as connection:
            found = connection.execute(select(LINKS).where(LINKS.c.id > last).order_by(LINKS.c.id).limit(_BATCH)).all()
        if not found:
            return
        yield from (Row(**row._mapping) for row in found)
        last = found[-1].id


def fault_of(row: Row) -> str | None:
    """Say what is wrong with a row, or None: its id, its hash, or a document that no longer opens."""
    if not is_id(row.id) or id_of(row.full_hash, len(row.id)) != row.id:
        return "its id does not belong to its hash"
    if row.deleted_at is not None:
        return None
    if digest_of(row.body) != row.full_hash or len(row.body) != row.size:
        return "its document is not the one that was stored"
    try:
        read_scenario(orjson.loads(row.body))
    except orjson.JSONDecodeError:
        return "its document is not JSON"
    except ScenarioError as error:
        return None if error.code == "newer_version" else f"its document does not open: {error.detail}"
    return None


def as_line(row: Row) -> bytes:
    """Write a row as one line of JSON; the document is a text in it, so that its bytes stay what they are."""
    return orjson.dumps({**row._asdict(), "body": row.body.decode()}) + b"\n"


def from_line(line: bytes) -> Row:
    """Read a line of JSON; raise ValueError if it is none of ours."""
    try:
        data: dict[str, Any] = orjson.loads(line)
        return Row(**{**data, "body": data["body"].encode()})
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"not a line of an export: {error}") from None


class Transfer(NamedTuple):
    """What an import did, or would do."""

    new: int
    known: int
    clashes: list[str]


def copy_rows(rows: Iterable[Row], target: Database, *, dry_run: bool) -> Transfer:
    """Put rows into another store under the same ids, in transactions of some hundreds. Nothing there is overwritten.

    A row that is there already, with the same content, is left as it is; one with another content is a clash. A link
    that was deleted on either side stays deleted on its side.
    """
    new = known = 0
    clashes: list[str] = []
    for batch in _batches(rows):
        with target.reading() if dry_run else target.writing() as connection:
            there = _hashes(connection, [row.id for row in batch])
            missing = [row for row in batch if row.id not in there]
            clashes += [row.id for row in batch if there.get(row.id, row.full_hash) != row.full_hash]
            new += len(missing)
            known += sum(there.get(row.id) == row.full_hash for row in batch)
            if missing and not dry_run:
                connection.execute(insert(LINKS), [row._asdict() for row in missing])
    return Transfer(new, known, clashes)


def missing_rows(rows: Iterable[Row], target: Database) -> list[str]:
    """Return the ids of rows that another store does not hold byte for byte."""
    wrong = []
    for batch in _batches(rows):
        with target.reading() as connection:
            found = connection.execute(select(LINKS).where(LINKS.c.id.in_([row.id for row in batch]))).all()
        there = {row.id: Row(**row._mapping) for row in found}
        for row in batch:
            other = there.get(row.id)
            same = other is not None and other.full_hash == row.full_hash
            kept = same and (other.body == row.body or other.deleted_at is not None or row.deleted_at is not None)  # type: ignore[union-attr]
            if not kept:
                wrong.append(row.id)
    return wrong


def _hashes(connection: Connection, ids: list[str]) -> dict[str, str]:
    found = connection.execute(select(LINKS.c.id, LINKS.c.full_hash).where(LINKS.c.id.in_(ids))).all()
    return {row.id: row.full_hash for row in found}


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    batch: list[Row] = []
    for row in rows:
        batch.append(row)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
