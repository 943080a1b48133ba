"""Text compressed with brotli, an eighth smaller than with gzip: once per version, ahead of the first visitor."""

from __future__ import annotations

import asyncio
from pathlib import Path

import brotli  # type: ignore[import-untyped]

SUFFIXES = (".js", ".css", ".svg", ".html")
PACKED = {"Content-Encoding": "br", "Vary": "Accept-Encoding"}


def pack(text: bytes, quality: int = 11) -> bytes:
    """Compress text; quality 11 takes some 5 ms for 3 kB and most of a second for 100 kB, 9 a tenth of that."""
    packed: bytes = brotli.compress(text, mode=brotli.MODE_TEXT, quality=quality)
    return packed


class PackedFiles:
    """The compressed form of files, remembered until they change."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[int, bytes]] = {}

    async def get(self, file: Path, changed: int) -> bytes:
        """Return a file compressed; `changed` is its time of modification in nanoseconds."""
        known = self._known.get(file)
        if known is None or known[0] != changed:
            known = self._known[file] = (changed, await asyncio.to_thread(lambda: pack(file.read_bytes())))
        return known[1]

    async def prepare(self, directory: Path) -> None:
        """Compress every file of a folder, one after the other: all of the page takes half a second."""
        for file in sorted(directory.rglob("*")):
            if file.suffix in SUFFIXES and file.is_file():
                await self.get(file, file.stat().st_mtime_ns)
