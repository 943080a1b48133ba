"""The lock files: every dependency pinned with its hashes, and no trace of where it was downloaded."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
EXTRAS = PROJECT["project"]["optional-dependencies"]
RUNTIME = PROJECT["project"]["dependencies"] + EXTRAS["postgres"] + PROJECT["dependency-groups"]["build"]
"""The image is one for all: it speaks to PostgreSQL, too."""
TEST = RUNTIME + EXTRAS["test"]
LOCKS = {
    "requirements.lock": RUNTIME,
    "requirements-scale.lock": RUNTIME + EXTRAS["dask"],
    "requirements-test.lock": TEST,
}
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
PLATFORMS = ("linux", "darwin")


def pins(lock: str) -> dict[str, tuple[Requirement, list[str]]]:
    """Return name -> (pinned requirement, hashes)."""
    joined = (ROOT / lock).read_text().replace("\\\n", " ")
    lines = [line for line in joined.split("\n") if line and not line.lstrip().startswith("#")]
    found = {}
    for line in lines:
        requirement = Requirement(line.split(" --hash")[0])
        assert requirement.name not in found, f"{requirement.name} is pinned twice"
        found[requirement.name] = (requirement, re.findall(r"--hash=sha256:([0-9a-f]{64})\b", line))
    return found


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_is_exact_and_has_hashes(lock: str) -> None:
    for requirement, hashes in pins(lock).values():
        assert re.fullmatch(r"==[\w.]+", str(requirement.specifier)), requirement
        assert requirement.url is None
        assert hashes, requirement


@pytest.mark.parametrize("lock", LOCKS)
def test_everything_that_the_project_asks_for_is_locked_on_every_platform(lock: str) -> None:
    locked = pins(lock)
    for line in LOCKS[lock]:
        wanted = Requirement(line)
        pinned, _ = locked[wanted.name]
        version = str(pinned.specifier).removeprefix("==")
        assert wanted.specifier.contains(version), f"{wanted} is locked at {version}: run make lock"
        for python in PYTHONS:
            for platform in PLATFORMS:
                environment = {"python_version": python, "python_full_version": f"{python}.0", "sys_platform": platform}
                assert pinned.marker is None or pinned.marker.evaluate(environment), f"{pinned} on {python} {platform}"


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-scale.lock"])
def test_server_and_tests_use_the_same_versions(lock: str) -> None:
    tests = pins("requirements-test.lock")
    for name, (requirement, hashes) in pins(lock).items():
        assert str(tests[name][0].specifier) == str(requirement.specifier), name
        assert tests[name][1] == hashes, name


@pytest.mark.parametrize("lock", LOCKS)
def test_no_address_is_kept(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert not re.search(r"://|^\s*--?(?!hash)[a-z]|\bfile:|@", text, flags=re.MULTILINE)
