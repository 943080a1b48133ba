"""Bring the tables of a database up to date, inside a transaction that only one process holds at a time."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from clipscape.links.faults import StoreError

_FOLDER = Path(__file__).parent / "migrations"


def is_current(connection: Connection) -> bool:
    """Say whether there is nothing to do; raise `StoreError` if a newer release made this database."""
    script = ScriptDirectory.from_config(_config())
    present = set(MigrationContext.configure(connection).get_current_heads())
    if not present <= {revision.revision for revision in script.walk_revisions()}:
        raise StoreError("newer")
    return present == set(script.get_heads())


def upgrade(connection: Connection) -> None:
    """Take every step that this database has not taken yet."""
    if not is_current(connection):
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
