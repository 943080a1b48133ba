"""Remove from a virtual environment what a server never reads: tests, type stubs, other databases,
other formats of pictures, and all of Plotly but its JavaScript.

Only for the container image; `scripts/slim_image.py FOLDER`.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

NEVER_USED = (
    "sqlalchemy/testing",
    "sqlalchemy/dialects/mssql",
    "sqlalchemy/dialects/mysql",
    "sqlalchemy/dialects/oracle",
    "alembic/testing",
    "PIL/_avif*",
    "PIL/_webp*",
    "PIL/_imagingcms*",
    "PIL/_imagingtk*",
    "pillow.libs/libavif*",
)
"""Other databases, and picture formats other than PNG: what needs them is loaded only on request."""

KEPT_OF_PLOTLY = {"__init__.py", "package_data"}


def main(environment: str) -> None:
    (packages,) = Path(environment).glob("lib/python3*/site-packages")
    for entry in (packages / "plotly").iterdir():
        if entry.name not in KEPT_OF_PLOTLY:
            remove(entry)
    for entry in (packages / "plotly" / "package_data").iterdir():
        if entry.name != "plotly.min.js":
            remove(entry)
    for pattern in NEVER_USED:
        for path in list(packages.glob(pattern)):
            remove(path)
    for tests in list((packages / "numpy").rglob("tests")):
        remove(tests)
    for stub in packages.rglob("*.pyi"):
        stub.unlink()


def remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


if __name__ == "__main__":
    main(sys.argv[1])
