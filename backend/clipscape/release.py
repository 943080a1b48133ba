"""`release()`: names everything that an answer depends on besides the question."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import numpy as np

from clipscape import ENGINE_VERSION, __version__

_PACKAGE = Path(__file__).parent


@cache
def release() -> str:
    """Return the engine's version and a digest of this code and its numpy: answers of one release never change.

    The digest tells apart what is installed, not only what was released, so that no cache hands out the answers of
    yesterday's working copy.
    """
    digest = hashlib.sha256(f"{__version__}\n{np.__version__}".encode())
    for file in sorted(file for suffix in ("py", "json") for file in _PACKAGE.rglob(f"*.{suffix}")):
        digest.update(f"\n{file.relative_to(_PACKAGE).as_posix()}\n".encode())
        digest.update(file.read_bytes())
    return f"{ENGINE_VERSION}-{digest.hexdigest()[:12]}"
