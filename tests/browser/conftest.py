"""A real server and a real Chromium. A page that says anything on its console, or breaks its policy, fails its test."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from acting import STILL, Visit, has_picture, settled
from own_server import OwnServer, kept_port
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from running import RunningServer, experiment, running_server

__all__ = ["RunningServer", "experiment", "running_server"]
"""Passed on for the tests of other folders, which find this module under the name `conftest` once it is loaded."""

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--disable-background-networking", "--disable-component-update", "--no-first-run"]
WITHOUT_GPU = ["--disable-gpu"]
"""How most machines that run tests, and many laptops, draw. A file of tests may name another way: `GRAPHICS`."""


READABLE = """window.readable = canvas => {
  const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true });
  copy.drawImage(canvas, 0, 0);
  return copy;
};"""
"""For tests that look at pixels: reading the page's own canvases again and again would make the browser complain."""


NO_LIBRARY = """for (const [kind, name] of [[HTMLScriptElement, 'src'], [HTMLLinkElement, 'href']]) {
  const { get, set, ...rest } = Object.getOwnPropertyDescriptor(kind.prototype, name);
  const fetched = function (address) {
    if (String(address).includes('/vendor/')) Object.defineProperty(this, name, { value: address });
    else set.call(this, address);
  };
  Object.defineProperty(kind.prototype, name, { ...rest, get, set: fetched });
}"""
"""Scripts and links to the figure library know their address and never fetch it: nothing arrives, and nothing fails."""


class Tabs:
    """Pages of one browser, cheaply: a context keeps what its pages fetched and compiled as long as a page is open."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._contexts: dict[str, BrowserContext] = {}

    def open(self, options: dict[str, Any], cold: bool = False) -> Page:
        """Open an empty page for a kind of device; `cold`: in a context of its own, which has fetched nothing yet."""
        if cold:
            return self._browser.new_context(**options).new_page()
        changeable = ("viewport", "reduced_motion", "color_scheme")
        device = json.dumps({name: value for name, value in options.items() if name not in changeable}, sort_keys=True)
        if device not in self._contexts:
            self._contexts[device] = self._browser.new_context(**options)
            self._contexts[device].new_page()
        page = self._contexts[device].new_page()
        page.set_viewport_size(options["viewport"])
        page.emulate_media(reduced_motion=options["reduced_motion"], color_scheme=options.get("color_scheme"))
        return page

    def close(self) -> None:
        for context in self._contexts.values():
            context.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything in this folder."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


def chromium_path() -> str | None:
    """Return the browser to drive: the one asked for, else one of this machine, else Playwright's own (None)."""
    return os.environ.get("CLIPSCAPE_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A server for all tests of this folder."""
    with running_server(tmp_path_factory.mktemp("site")) as server:
        yield server


@pytest.fixture(scope="module")
def chromium(request: pytest.FixtureRequest) -> Iterator[Browser]:
    """One browser per file: while Playwright is open, no other test can have an event loop of its own."""
    graphics = getattr(request.module, "GRAPHICS", WITHOUT_GPU)
    flags = [*FLAGS, *graphics, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=flags)
        yield browser
        browser.close()


@pytest.fixture
def complaints() -> list[str]:
    """What pages said that they should not have; a test that provokes a message takes it out again."""
    return []


@pytest.fixture(scope="module")
def tabs(chromium: Browser) -> Iterator[Tabs]:
    """Where the pages of a file are opened."""
    tabs = Tabs(chromium)
    yield tabs
    tabs.close()


@contextmanager
def visits(tabs: Tabs, site: Any, complaints: list[str], cold: bool = False) -> Iterator[Visit]:
    """Open pages, and close them at the end."""
    pages: list[Page] = []

    def open_page(
        path: str = "/", options: dict[str, Any] = STILL, *, wait: bool = True, library: bool = False
    ) -> Page:
        page = tabs.open(options, cold)
        pages.append(page)
        listen(page, complaints)
        if not library:
            page.add_init_script(NO_LIBRARY)
        page.goto(path if path.startswith(("http", "about:", "file:")) else site.url + path)
        if wait:
            has_picture(page)
        return page

    yield open_page
    for page in pages:
        page.context.close() if cold else page.close()
    assert complaints == []


@pytest.fixture
def visit(request: pytest.FixtureRequest, tabs: Tabs, site: Any, complaints: list[str]) -> Iterator[Visit]:
    """Open a page: `visit("/?preset=...", PHONE)`. Waits for the picture unless told otherwise.

    The figure library, two seconds of work for nothing in most tests, never arrives unless `library` asks for it.
    A file that says `COLD = True` has nothing in the browser's cache at any visit.
    """
    with visits(tabs, site, complaints, getattr(request.module, "COLD", False)) as open_page:
        yield open_page


@pytest.fixture(scope="module")
def shared(tabs: Tabs, site: Any) -> Iterator[Visit]:
    """The same for a page that the tests of a file share: a second of work that is done once."""
    with visits(tabs, site, []) as open_page:
        yield open_page


@pytest.fixture(scope="module")
def standing(shared: Visit) -> Page:
    """The default comparison, standing still, for all tests of a file."""
    page = shared()
    settled(page)
    return page


def listen(page: Page, complaints: list[str]) -> None:
    """Write down every message, error and violation of the content security policy."""

    def on_console(message: ConsoleMessage) -> None:
        complaints.append(f"{message.type}: {message.text}")

    page.on("console", on_console)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.add_init_script(
        "addEventListener('securitypolicyviolation', e => console.error('policy', e.violatedDirective, e.blockedURI))"
    )
    page.add_init_script(READABLE)


@pytest.fixture
def page(visit: Visit) -> Page:
    """The default comparison, standing still."""
    return visit()


@pytest.fixture
def own(tmp_path: Path) -> Iterator[OwnServer]:
    server = OwnServer(tmp_path, kept_port())
    server.start()
    yield server
    server.stop()
