"""The one file of Plotly that the page needs: part of the installed Python package, compressed once, ahead of time.

Brotli at its best level takes several seconds for it, so a child process does it in the background of the first start,
or `clipscape compress` while an image is built. Until then the file goes out with gzip, or as it is.
"""

from __future__ import annotations

import asyncio
import gzip
import importlib.metadata
import importlib.util
import logging
import os
import sys
import tempfile
from pathlib import Path

import brotli  # type: ignore[import-untyped]

log = logging.getLogger("clipscape.files")

SUFFIXES = (".gz", ".br")


class PlotlyFile:
    """Where the file is, under which address it is served, and where its compressed forms are kept."""

    def __init__(self, directory: Path, source: Path | None = None) -> None:
        self.source = source or _installed_file()
        self.name = f"plotly-{importlib.metadata.version('plotly')}.min.js"
        self.address = f"vendor/{self.name}"
        self._directory = directory
        self._ready: dict[str, Path] = {}

    def compressed(self, suffix: str) -> Path | None:
        """Return the compressed file, or None while there is none."""
        known = self._ready.get(suffix)
        if known is None and (file := self._directory / f"{self.name}{suffix}").is_file():
            known = self._ready[suffix] = file
        return known

    def compress(self) -> list[Path]:
        """Write the missing compressed files; each appears complete or not at all."""
        self._directory.mkdir(parents=True, exist_ok=True)
        content = self.source.read_bytes()
        codecs = {".gz": lambda: gzip.compress(content, 9, mtime=0), ".br": lambda: _brotli(content)}
        for suffix in SUFFIXES:
            if self.compressed(suffix) is None:
                _write_whole(self._directory / f"{self.name}{suffix}", codecs[suffix]())
        return [self._directory / f"{self.name}{suffix}" for suffix in SUFFIXES]

    async def keep_compressed(self) -> None:
        """Have a child process do it, then wait to be cancelled: a folder that cannot be written is replaced by a
        temporary one, and that lasts as long as this task."""
        with tempfile.TemporaryDirectory(prefix="clipscape-") as fallback:
            if not all(self.compressed(suffix) for suffix in SUFFIXES):
                self._directory = self._directory if _writable(self._directory) else Path(fallback)
                await self._run_child()
            await asyncio.Event().wait()

    async def _run_child(self) -> None:
        command = [sys.executable, "-m", "clipscape", "compress", "--into", str(self._directory)]
        child = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.DEVNULL)
        try:
            if await child.wait():
                log.warning("Plotly could not be compressed; it is sent as it is")
        except asyncio.CancelledError:
            child.kill()
            await child.wait()
            raise


def _installed_file() -> Path:
    """Find the file without importing the package, which would take a second."""
    spec = importlib.util.find_spec("plotly")
    if spec is None or spec.origin is None:
        raise RuntimeError("the package plotly is not installed")
    return Path(spec.origin).parent / "package_data" / "plotly.min.js"


def _brotli(content: bytes) -> bytes:
    packed: bytes = brotli.compress(content, quality=11)
    return packed


def _writable(directory: Path) -> bool:
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(directory, os.W_OK)


def _write_whole(file: Path, content: bytes) -> None:
    with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as partial:
        partial.write(content)
    os.chmod(partial.name, 0o644)
    os.replace(partial.name, file)
