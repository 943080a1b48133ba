"""Which matrix products are asked for, and that every process of ours asks for the same."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from clipscape.processor import VARIABLE, core_type

FLAGS = "fpu avx2 avx512f avx512dq avx512cd avx512bw avx512vl"


def cpuinfo(vendor: str = "AuthenticAMD", family: str = "26", flags: str = FLAGS) -> str:
    """Return the beginning of what Linux says about two processors."""
    one = f"vendor_id\t: {vendor}\ncpu family\t: {family}\nmodel name\t: some name\nflags\t\t: {flags}\n"
    return f"processor\t: 0\n{one}\nprocessor\t: 1\n{one}"


def test_a_zen_5_gets_the_products_made_for_its_instructions() -> None:
    assert core_type(cpuinfo(flags=f"{FLAGS} avx512_bf16")) == "Cooperlake"
    assert core_type(cpuinfo()) == "SkylakeX"


@pytest.mark.parametrize(
    "other",
    [
        cpuinfo(family="25"),
        cpuinfo(vendor="GenuineIntel"),
        cpuinfo(flags="fpu avx2"),
        cpuinfo(flags=FLAGS.replace("avx512vl", "")),
        "processor\t: 0\nBogoMIPS\t: 50.00\nFeatures\t: fp asimd\n",
        "",
    ],
    ids=["Zen 4", "Intel", "without AVX-512", "with a part of it", "ARM", "nothing said"],
)
def test_every_other_processor_is_left_to_openblas(other: str) -> None:
    assert core_type(other) is None


def chosen_by(program: str, **variables: str) -> str:
    """Return what a fresh process says that was not told anything by this one."""
    inherited = {name: value for name, value in os.environ.items() if name != VARIABLE}
    command = [sys.executable, "-c", f"import os\n{program}\nprint(os.environ.get('{VARIABLE}'))"]
    done = subprocess.run(command, env={**inherited, **variables}, capture_output=True, check=True, text=True)
    return done.stdout.strip()


def test_importing_the_package_chooses_for_the_processor_at_hand() -> None:
    known = Path("/proc/cpuinfo")
    assert chosen_by("import clipscape") == str(core_type(known.read_text()) if known.exists() else None)


def test_what_the_user_chose_stays() -> None:
    assert chosen_by("import clipscape", **{VARIABLE: "Haswell"}) == "Haswell"


def test_nothing_is_chosen_where_it_would_come_too_late() -> None:
    assert chosen_by("import numpy, clipscape") == "None"


def test_the_tests_compute_with_the_products_of_the_workers() -> None:
    """Numbers are compared bit for bit between this process and workers: here, too, numpy came after the package."""
    assert VARIABLE in os.environ or chosen_by("import clipscape") == "None"
