"""What the figures were taken on: they mean little without it."""

from __future__ import annotations

import ctypes
import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np


def has_avx512() -> bool:
    """Tell whether numpy uses AVX-512 here: without it its exp and tanh are about five times slower."""
    simd = np.show_config(mode="dicts").get("SIMD Extensions", {})
    enabled = {*simd.get("baseline", ()), *simd.get("found", ())}
    return any("512" in name or name == "X86_V4" for name in enabled)


def describe() -> dict[str, str | int | bool]:
    """Return processor, instruction set and versions."""
    facts: dict[str, str | int | bool] = {
        "processor": processor(),
        "cores": os.cpu_count() or 0,
        "avx512": has_avx512(),
        "system": platform.system(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "matrix products": products(),
    }
    try:
        facts["torch"] = version("torch")
    except PackageNotFoundError:
        facts["torch"] = "not installed"
    return facts


def products() -> str:
    """Return which of its kernels OpenBLAS took: those for AVX-512 multiply our small matrices 2.5 times as fast."""
    for path in sorted(Path(np.__file__).parent.with_name("numpy.libs").glob("*openblas*")):
        name = getattr(ctypes.CDLL(str(path)), "scipy_openblas_get_corename64_", None)
        if name is not None:
            name.restype = ctypes.c_char_p
            told = " (told by OPENBLAS_CORETYPE)" if "OPENBLAS_CORETYPE" in os.environ else ""
            return f"{name().decode()}{told}"
    return "not known"


def processor() -> str:
    """Return the name of the processor, as far as the system tells it."""
    if sys.platform == "linux":
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
        return names[0] if names else platform.machine()
    return platform.processor() or platform.machine()


def pin_to_one_cpu() -> None:
    """Keep the process on one processor, where the system can do that."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
