"""Where the files of the page are: where the environment says, else in the package, else beside it in a clone."""

from __future__ import annotations

import os
from pathlib import Path

VARIABLE = "CLIPSCAPE_FRONTEND_DIR"
_HERE = Path(__file__).resolve().parent


def page_folder() -> Path:
    """Return the folder with `index.html`, `css` and `js`."""
    if os.environ.get(VARIABLE):
        return Path(os.environ[VARIABLE])
    installed = _HERE / "page"
    return installed if installed.is_dir() else _HERE.parents[1] / "frontend"
