"""`Gate`: who may ask for a worker at all. It counts, and decides before anything of a request has been understood.

To understand a request costs the web process about as much as it costs a worker to answer it. Where more requests come
than can be answered, the rest must cost next to nothing, or none is answered any more.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable
from contextvars import Context
from typing import Protocol

log = logging.getLogger("clipscape.access")

_REPORT_SECONDS = 1.0
_REMEMBERED = 4096
_OF_THE_SAME = 16
"""How many times as many requests may be in the door at once where most of them ask the same."""


class Line(Protocol):
    """What the gate needs to know of those who wait for a worker."""

    @property
    def idle(self) -> int:
        """How many workers have nothing to do."""

    @property
    def in_line(self) -> int:
        """How many requests wait for one, the background not counted."""

    def would_take(self, client: str | None) -> bool:
        """Say whether a full line would take one more of this client (None: not known), and let go of another's."""


class Held:
    """Refusals that are held back: who is refused at once returns at once. At most `most` of them at a time."""

    def __init__(self, seconds: float, most: int) -> None:
        self._seconds = seconds
        self._most = most
        self.count = 0

    def then(self, refuse: Callable[[], None]) -> None:
        """Call `refuse` after a moment; at once where too many are held already."""
        if self.count >= self._most:
            refuse()
            return
        self.count += 1
        delay = self._seconds * random.uniform(0.8, 1.2)
        asyncio.get_running_loop().call_later(delay, self._let_go, refuse)

    def _let_go(self, refuse: Callable[[], None]) -> None:
        self.count -= 1
        refuse()

    async def wait(self) -> None:
        """The same for a task."""
        over = asyncio.Event()
        self.then(over.set)
        await over.wait()


class Place:
    """Stands for a request in the door: let in, and not understood yet."""

    def __init__(self, gate: Gate, question: Hashable | None) -> None:
        self._gate: Gate | None = gate
        self.question = question
        self.counted: Hashable = self if question is None else question

    def understood(self, key: str) -> None:
        """Leave the door: this question has the answer `key`."""
        if self._gate is not None and self.question is not None:
            self._gate.remember(self.question, key)
        self.leave()

    def leave(self) -> None:
        """Leave the door; twice is no more than once."""
        gate, self._gate = self._gate, None
        if gate is not None:
            gate.arriving[self.counted] -= 1
            if not gate.arriving[self.counted]:
                del gate.arriving[self.counted]


class Gate:
    """Lets in as many as can be in the door and in the line together; all whose answer is known or on its way; and
    one whose client has fewer in the line than another.

    A question is the hash of the very bytes that ask it. `is_at_hand` says of the key of an answer whether it is kept
    or under way; `places` is how many may wait for a worker.
    """

    def __init__(self, line: Line, places: int, held: Held, is_at_hand: Callable[[str], bool]) -> None:
        self._line = line
        self._places = places
        self._is_at_hand = is_at_hand
        self._keys: OrderedDict[Hashable, str] = OrderedDict()
        self._unreported = 0
        self.held = held
        self.arriving: Counter[Hashable] = Counter()
        """How many are in the door, by question."""
        self.refused = 0
        """How many were refused so far."""

    def enter(self, question: Hashable | None, client: str | None) -> Place | None:
        """Let a request in and return its place; None: it must be refused."""
        if not self.admits(question, client):
            self._count_refusal()
            return None
        place = Place(self, question)
        self.arriving[place.counted] += 1
        return place

    def admits(self, question: Hashable | None, client: str | None) -> bool:
        """Decide. None: the question, or who asks, is not known."""
        room, different = self._places + self._line.idle, len(self.arriving)
        if different + self._line.in_line < room:
            return True
        if question is not None and (question in self.arriving or self.knows(question)):
            return self.arriving.total() < _OF_THE_SAME * max(1, self._places)
        return different < room and self._line.would_take(client)

    def knows(self, question: Hashable) -> bool:
        """Say whether the answer to a question is kept or under way."""
        key = self._keys.get(question)
        return key is not None and self._is_at_hand(key)

    def remember(self, question: Hashable, key: str) -> None:
        """Remember which answer a question has."""
        self._keys[question] = key
        self._keys.move_to_end(question)
        if len(self._keys) > _REMEMBERED:
            self._keys.popitem(last=False)

    def _count_refusal(self) -> None:
        """Count; one line in the log tells of all refusals of a second."""
        self.refused += 1
        self._unreported += 1
        if self._unreported == 1:
            asyncio.get_running_loop().call_later(_REPORT_SECONDS, self._report, context=Context())

    def _report(self) -> None:
        log.info("%d requests refused within %g s: the line is full", self._unreported, _REPORT_SECONDS)
        self._unreported = 0


def question_of(target: bytes, body: bytes) -> int:
    """Identify a question by its bytes: address with query, and body. A keyed hash, of 64 bits, of this process."""
    return hash((target, body))
