"""Take out the table of results, which was always empty: a link is a document, and its runs are computed anew."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.drop_table("results")
