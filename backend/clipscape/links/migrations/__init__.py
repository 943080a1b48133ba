"""How the tables of the link store came to be, one step per release that changed them (Alembic)."""
