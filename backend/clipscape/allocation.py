"""How the C library hands out memory: what one run frees should serve the next one."""

from __future__ import annotations

import ctypes
from functools import cache

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""glibc's names for them, M_TRIM_THRESHOLD and M_MMAP_THRESHOLD, in malloc.h."""

KEPT = 64 * 1024 * 1024
"""Bytes that a process keeps although nothing uses them."""

_FROM_THE_HEAP = 32 * 1024 * 1024
"""Arrays below this size come from memory that is kept; glibc allows no more."""


@cache
def keep_freed_memory() -> bool:
    """Do not return the memory of a finished run to the system at once; say whether the C library can be told so.

    A run of a hundred rows records some three megabytes. By default glibc returns them when the run is done, and the
    next run gets them back page by page, each wiped by the system: a fifth of its time. Only glibc has this habit and
    this switch (mallopt, see its man page); elsewhere nothing happens.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):
        return False
    return bool(mallopt(_TRIM_THRESHOLD, KEPT)) and bool(mallopt(_MMAP_THRESHOLD, _FROM_THE_HEAP))
