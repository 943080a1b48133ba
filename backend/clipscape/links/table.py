"""The one table. No address and no browser of a visitor is kept; a deleted link leaves its row, without its body."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, String, Table

METADATA = MetaData()

LINKS = Table(
    "links",
    METADATA,
    Column("id", String(54), primary_key=True),
    Column("full_hash", String(64), nullable=False),
    Column("v", Integer, nullable=False),
    Column("engine", String(20), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("size", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("deleted_at", BigInteger),
)
"""`v` is the version of the stored document, `engine` that of the numerics then, times are seconds since 1970 (UTC)."""

PROBE = Table("probe", METADATA, Column("id", Integer, primary_key=True), Column("filler", LargeBinary, nullable=False))
"""Always empty: what `Database.probe` writes into and takes out again, to see whether the store can be written."""
