#!/usr/bin/env python3
"""Print the path of a Chromium that starts, installing one when there is none. The browser tests use it.

Looked at in this order: the environment variable CLIPSCAPE_CHROMIUM, a browser on the PATH (or in /Applications),
what Playwright has downloaded before, the system's package (Debian, as root or with a `sudo` that asks nothing),
Playwright's own download. Everything but the path goes to standard error.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
APPLICATIONS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
NO_DRIVER = """
Playwright, which drives the browser in the tests, does not start. On Debian and Ubuntu it needs one more library:
  sudo apt-get install libatomic1
"""
NONE_FOUND = """
No Chromium was found, and none could be installed. The browser tests need one:
  Debian:  sudo apt-get install chromium
  macOS:   brew install --cask chromium
  any:     set CLIPSCAPE_CHROMIUM to the path of a Chromium or Chrome
"""


def say(*words: str) -> None:
    print(*words, file=sys.stderr, flush=True)


def starts(browser: str) -> bool:
    """Tell whether the browser at this path can at least say its version (a stub or a missing library cannot)."""
    try:
        answer = subprocess.run([browser, "--version"], capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        say(f"{browser} does not start: {error}")
        return False
    return answer.returncode == 0


def already_here() -> Iterator[str]:
    """Yield the browsers of this machine."""
    yield from filter(None, map(shutil.which, NAMES))
    yield from filter(os.path.exists, APPLICATIONS)
    yield from from_playwright()


def driver_starts() -> bool:
    """Tell whether Playwright's own program runs. It is a Node.js that needs libatomic, which a bare Debian lacks."""
    command = [sys.executable, "-m", "playwright", "--version"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def from_playwright() -> list[str]:
    """Return the path where Playwright keeps its Chromium, if it has been downloaded."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return [path] if os.path.exists(path) else []


def run(*command: str) -> bool:
    say("+", *command)
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=sys.stderr, check=False).returncode == 0


def administrator() -> list[str] | None:
    """Return what to put before a command to run it as root without a question, or None where that is impossible."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo and subprocess.run([sudo, "-n", "true"], capture_output=True, check=False).returncode == 0:
        return [sudo, "-n"]
    return None


def apt_install(*packages: str) -> bool:
    """Install packages of Debian or Ubuntu, if that is possible without a question."""
    root = administrator()
    if root is None or not shutil.which("apt-get"):
        return False
    apt = [*root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y"]
    return run(*apt, "update") and run(*apt, "install", "--no-install-recommends", *packages)


def install_from_debian() -> list[str]:
    """Install Debian's package. Ubuntu's package of that name only points to a snap, so it is left alone."""
    release = Path("/etc/os-release")
    if not release.exists() or "ID=debian" not in release.read_text().split("\n"):
        return []
    done = apt_install("chromium", "fonts-dejavu-core")
    return list(filter(None, [shutil.which("chromium")])) if done else []


def install_from_playwright() -> list[str]:
    """Let Playwright download its build, with the libraries it needs where that is allowed without a password."""
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    if shutil.which("apt-get") and administrator() is not None:
        command.append("--with-deps")
    return from_playwright() if run(*command) else []


def find() -> str | None:
    """Return the path of a browser that starts, or None."""
    named = os.environ.get("CLIPSCAPE_CHROMIUM")
    if named:
        return named if starts(named) else None
    installers: tuple[Callable[[], list[str]], ...] = (install_from_debian, install_from_playwright)
    return next(filter(starts, already_here()), None) or next(
        (path for install in installers for path in install() if starts(path)), None
    )


def main() -> int:
    if not driver_starts() and not (apt_install("libatomic1") and driver_starts()):
        say(NO_DRIVER)
        return 1
    browser = find()
    if browser is None:
        say(NONE_FOUND)
        return 1
    print(browser)
    return 0


if __name__ == "__main__":
    sys.exit(main())
