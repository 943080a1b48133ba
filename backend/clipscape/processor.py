"""The right matrix products for processors that OpenBLAS takes for older ones.

AMD's Zen 5 (family 26) is missing from the list of OpenBLAS up to 0.3.31, the one inside numpy 2.4, and gets the
products of a Haswell: two and a half times slower for matrices as small as ours (OpenBLAS, issue 6029). Later versions
choose by themselves what is chosen here.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

VARIABLE = "OPENBLAS_CORETYPE"
_FAMILY = ("AuthenticAMD", "26")
_NEEDED = frozenset({"avx512f", "avx512dq", "avx512bw", "avx512vl", "avx512cd"})
_CPUINFO = Path("/proc/cpuinfo")
_FIRST_PROCESSOR = 4096
"""Characters of the list of processors that surely hold the first one, unless it says nothing of interest."""


def core_type(cpuinfo: str) -> str | None:
    """Return the kernels to ask OpenBLAS for, or None where it finds the right ones; `cpuinfo` is that of Linux."""
    facts: dict[str, str] = {}
    for line in cpuinfo.splitlines():
        name, _colon, value = line.partition(":")
        facts.setdefault(name.strip(), value.strip())
    flags = set(facts.get("flags", "").split())
    if (facts.get("vendor_id"), facts.get("cpu family")) != _FAMILY or not flags >= _NEEDED:
        return None
    return "Cooperlake" if "avx512_bf16" in flags else "SkylakeX"


def choose_products() -> None:
    """Tell OpenBLAS through the environment, for this process and its children.

    Does nothing where the variable is set already, and where numpy has been imported before: OpenBLAS reads it once.
    """
    if VARIABLE in os.environ or "numpy" in sys.modules or not _CPUINFO.exists():
        return
    with _CPUINFO.open(encoding="utf-8", errors="replace") as lines:
        chosen = core_type(lines.read(_FIRST_PROCESSOR))
    if chosen is not None:
        os.environ[VARIABLE] = chosen
