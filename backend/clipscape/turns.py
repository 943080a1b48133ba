"""`Turns`: few workers, many who wait. Clients take turns, the background comes last, and the line is bounded.

Whoever has many requests waiting delays himself, not the others: a free worker goes to the client whose turn it is, not
to the oldest request. Where the line is full, the newest request of the client with most of them has to go.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


class FullError(Exception):
    """There is no room in the line."""


@dataclass(eq=False)
class Ticket(Generic[T]):
    """One request for a worker: whose, and whether it may wait for all others."""

    client: str = ""
    background: bool = False
    streamed: bool = False
    prefers: Callable[[T], bool] = field(default=lambda _worker: False, repr=False)
    """Says which of the idle workers suits best."""


class Line(Generic[T]):
    """Those who wait, each with a future: one queue per client, and the clients take turns."""

    def __init__(self) -> None:
        self._queues: OrderedDict[str, deque[tuple[Ticket[T], asyncio.Future[T]]]] = OrderedDict()
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def join(self, ticket: Ticket[T], future: asyncio.Future[T]) -> None:
        """Stand behind the requests of the same client; a client who had none has the last turn."""
        self._queues.setdefault(ticket.client, deque()).append((ticket, future))
        self._length += 1

    def leave(self, ticket: Ticket[T]) -> None:
        """Go away without having been served."""
        queue = self._queues.get(ticket.client, deque())
        for place in queue:
            if place[0] is ticket:
                self._remove(ticket.client, place)
                return

    def next(self, may: Callable[[Ticket[T]], bool]) -> tuple[Ticket[T], asyncio.Future[T]] | None:
        """Take the first request that may be served of the client whose turn it is; his next turn is the last."""
        for client, queue in self._queues.items():
            for place in queue:
                if not place[1].done() and may(place[0]):
                    self._remove(client, place)
                    if client in self._queues:
                        self._queues.move_to_end(client)
                    return place
        return None

    def shed(self, newcomer: Ticket[T]) -> asyncio.Future[T]:
        """Take out the newest request of the client with most of them; of equals, the one who came last."""
        longest = max(self._queues, key=lambda client: (len(self._queues[client]), client == newcomer.client))
        place = self._queues[longest][-1]
        self._remove(longest, place)
        return place[1]

    def would_take(self, client: str | None) -> bool:
        """Say whether one more request of a client (None: not known) would not be the one to be taken out of here."""
        longest = max(map(len, self._queues.values()), default=0)
        return longest > len(self._queues.get(client or "", ())) + 1

    def _remove(self, client: str, place: tuple[Ticket[T], asyncio.Future[T]]) -> None:
        queue = self._queues[client]
        queue.remove(place)
        self._length -= 1
        if not queue:
            del self._queues[client]


class Turns(Generic[T]):
    """Hands out idle workers; at most `streams` of them at a time to streams, so that one is left for the others."""

    def __init__(self, places: int, streams: int) -> None:
        self._places = places
        self._free_streams = streams
        self._idle: list[T] = []
        self._line, self._background = Line[T](), Line[T]()

    @property
    def idle(self) -> int:
        """How many workers have nothing to do."""
        return len(self._idle)

    @property
    def waiting(self) -> int:
        """How many requests wait for a worker."""
        return len(self._line) + len(self._background)

    @property
    def in_line(self) -> int:
        """How many of these do not belong to the background."""
        return len(self._line)

    def would_take(self, client: str | None) -> bool:
        """Say whether a full line would take one more request of a client (None: not known)."""
        return self._line.would_take(client)

    def put(self, worker: T) -> None:
        """Add a worker that has nothing to do."""
        self._idle.append(worker)
        self._hand_out()

    async def take(self, ticket: Ticket[T]) -> T:
        """Wait for a worker; raise `FullError` where too many wait. What was taken ends with `done`, then `put`."""
        line = self._background if ticket.background else self._line
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        line.join(ticket, future)
        self._hand_out()
        while not future.done() and len(line) > self._places:
            unlucky = line.shed(ticket)
            if not unlucky.done():
                unlucky.set_exception(FullError("too many requests wait"))
        try:
            return await future
        except asyncio.CancelledError:
            line.leave(ticket)
            if future.done() and not future.cancelled() and future.exception() is None:
                self.done(ticket)
                self.put(future.result())
                self.done(ticket)
            raise

    def done(self, ticket: Ticket[T]) -> None:
        """Say that the work for a ticket has ended, whatever became of the worker."""
        if ticket.streamed:
            self._free_streams += 1
            self._hand_out()

    def _hand_out(self) -> None:
        while self._idle and (place := self._line.next(self.may) or self._background.next(self.may)):
            ticket, future = place
            if ticket.streamed:
                self._free_streams -= 1
            index = next((index for index, worker in enumerate(self._idle) if ticket.prefers(worker)), 0)
            future.set_result(self._idle.pop(index))

    def may(self, ticket: Ticket[T]) -> bool:
        """Say whether a request could have a worker if one were idle."""
        return not ticket.streamed or self._free_streams > 0
