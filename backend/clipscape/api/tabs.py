"""Who asks: a tab of the page, by its header, else an address. A newer request of a tab replaces its older ones.

A tab shows one picture of a kind at a time, so of more than a few requests of one kind only the newest are still
wanted. Addresses are never limited: all of a lecture hall may come from one.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import Depends, Header, Request

from clipscape.api.problems import ProblemError
from clipscape.stopping import Part

HEADER = "Clipscape-Tab"
_FORM = r"^[A-Za-z0-9_-]{8,64}$"


async def _checked(
    _tab: Annotated[
        str | None,
        Header(
            alias=HEADER,
            pattern=_FORM,
            description="A random name of the asking tab: of its requests of one kind a newer one replaces the older.",
        ),
    ] = None,
) -> None:
    """Refuse a header of another form."""


ASKED_BY_TAB = Depends(_checked)
"""For routes that compute: documents and checks the header."""


class SupersededError(ProblemError):
    """A newer request of the same tab has taken the place of this one."""

    def __init__(self) -> None:
        super().__init__("superseded", "The same tab has asked for something newer of the same kind.")


def tab_of(request: Request) -> str | None:
    """Return the name of the asking tab, if it tells one."""
    name = request.headers.get(HEADER)
    return name if name is not None and re.match(_FORM, name) else None


def client_of(request: Request) -> str:
    """Return the name under which a request takes its turns."""
    tab = tab_of(request)
    if tab is not None:
        return f"tab {tab}"
    return f"address {request.client.host if request.client else ''}"


class Tabs:
    """The requests under way, by tab and kind: at most `most` each."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._places: dict[tuple[str, str], deque[Part]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._places.values()))

    @contextmanager
    def place(self, request: Request, kind: str) -> Iterator[None]:
        """Hold a place while the body runs; raise `SupersededError` in it when a newer request takes the place."""
        tab = tab_of(request)
        if tab is None:
            yield
            return
        key = (tab, kind)
        places = self._places.setdefault(key, deque())
        with Part(SupersededError()) as mine:
            places.append(mine)
            if len(places) > self._most:
                places.popleft().stop()
            try:
                yield
            finally:
                if not mine.stopped:
                    places.remove(mine)
                if not places and self._places.get(key) is places:
                    del self._places[key]
