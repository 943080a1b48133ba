"""Take out the table of results, into which nothing was ever written: a link is a document, and its runs are computed."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.drop_table("results")
