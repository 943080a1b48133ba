"""Memory that one run frees serves the next one."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

from clipscape import allocation

COUNT = """
import resource
import numpy as np
from clipscape.allocation import keep_freed_memory

if {kept}:
    assert keep_freed_memory()

def run():
    records = [np.zeros(75_000) for _ in range(6)]
    return sum(float(record[-1]) for record in records)

for _ in range(3):
    run()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    run()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(kept: bool) -> int:
    """Pages that 20 runs had to be given anew, in a process of its own."""
    command = [sys.executable, "-c", COUNT.format(kept=kept)]
    return int(subprocess.run(command, capture_output=True, check=True, text=True).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has this switch")
def test_a_second_run_gets_the_memory_of_the_first() -> None:
    assert faults(kept=True) < faults(kept=False) / 10


def test_a_c_library_without_the_switch_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allocation.ctypes, "CDLL", lambda _name: object())
    assert not allocation.keep_freed_memory.__wrapped__()
