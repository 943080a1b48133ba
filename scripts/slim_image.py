"""Remove from a virtual environment what a server never reads, and write down as bytecode what it does.

Away go tests, type stubs, other databases, formats of pictures that nothing here reads, headers, all of Plotly but its
JavaScript, and, with `strip` of binutils, the symbols of the largest modules. Bytecode is kept for the modules that a
server, its workers and its commands import: all others are compiled when somebody asks for them.

Only for the container image; `scripts/slim_image.py FOLDER`, run by the environment's own Python.
"""

from __future__ import annotations

import importlib
import pkgutil
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

NEVER_USED = (
    "narwhals",
    "_plotly_utils",
    "sqlalchemy/testing",
    "sqlalchemy/dialects/mssql",
    "sqlalchemy/dialects/mysql",
    "sqlalchemy/dialects/oracle",
    "alembic/testing",
    "numpy/distutils",
    "numpy/f2py",
    "numpy/_core/include",
    "numpy/_core/lib",
    "numpy/_core/_simd*.so",
    "numpy/random/lib",
    "PIL/_avif*",
    "PIL/_webp*",
    "PIL/_imagingcms*",
    "PIL/_imagingtk*",
    "pillow.libs/libavif*",
    "pillow.libs/liblcms2*",
)
"""Other databases, compilers, and picture formats other than PNG: what needs them is loaded only on request."""

KEPT_OF_PLOTLY = {"__init__.py", "package_data"}

STRIPPED = ("uvloop/*.so", "_brotli*.so", "sqlalchemy/*/*.so", "PIL/*.so", "tornado/*.so", "msgpack/*.so")
"""Extension modules that are published with their symbols. Libraries (`*.libs`) stay as they are: they were
rewritten to find one another, and `strip` may break that."""

ALSO_IMPORTED = (
    "uvloop",
    "uvicorn.protocols.http.h11_impl",
    "uvicorn.lifespan.on",
    "uvicorn.loops.uvloop",
    "sqlalchemy.dialects.sqlite",
    "sqlalchemy.dialects.postgresql.psycopg",
    "distributed.cli.dask_scheduler",
    "distributed.cli.dask_worker",
    "distributed.nanny",
)
"""What a server or a Dask process loads by name, where it is installed."""

NEEDS_PLOTLY = ("clipscape.library.figures", "clipscape.library.map_figure")
STARTED = ("clipscape.__main__", "clipscape.links.migrations.env")
"""Modules that do something when they are imported."""


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
    for package in ("numpy", "dask", "distributed", "tornado"):
        for name in ("tests", "test"):
            for tests in list((packages / package).rglob(name)):
                remove(tests)
    for suffix in ("*.pyi", "*.pyx", "*.pxd", "*.pyc"):
        for path in packages.rglob(suffix):
            path.unlink()
    modules = [path for pattern in STRIPPED for path in packages.glob(pattern)]
    subprocess.run(["strip", "--strip-unneeded", *modules], check=True)
    import_everything()


def import_everything() -> None:
    """Import all modules of ours and what they load by name, so that Python writes their bytecode."""
    sys.dont_write_bytecode = False
    package = importlib.import_module("clipscape")
    names = [module.name for module in pkgutil.walk_packages(package.__path__, "clipscape.")]
    for name in names:
        if name not in (*STARTED, *NEEDS_PLOTLY):
            importlib.import_module(name)
    for name in ALSO_IMPORTED:
        if has(name.partition(".")[0]):
            importlib.import_module(name)


def has(package: str) -> bool:
    """Say whether a package is installed."""
    return find_spec(package) is not None


def remove(path: Path) -> None:
    """Remove a file, or a folder with all that it holds."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


if __name__ == "__main__":
    main(sys.argv[1])
