"""Who gets the next free worker. The workers here are plain numbers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from clipscape.turns import FullError, Ticket, Turns


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(test(), 10))


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


class Office:
    """One line with some workers; `served` lists the names of the requests in the order in which they got one."""

    def __init__(self, workers: int = 1, places: int = 100, streams: int = 1) -> None:
        self.turns: Turns[int] = Turns(places, streams)
        self.served: list[str] = []
        self.refused: list[str] = []
        self.tickets: dict[str, Ticket[int]] = {}
        self.held: dict[str, int] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}
        for worker in range(workers):
            self.turns.put(worker)

    async def ask(self, name: str, client: str = "", **how: Any) -> None:
        """Ask for a worker."""
        self.tasks[name] = asyncio.create_task(self._take(name, Ticket(client, **how)))
        await settle()

    async def _take(self, name: str, ticket: Ticket[int]) -> None:
        self.tickets[name] = ticket
        try:
            self.held[name] = await self.turns.take(ticket)
            self.served.append(name)
        except FullError:
            self.refused.append(name)

    async def finish(self, name: str) -> None:
        """Give the worker back."""
        self.turns.done(self.tickets[name])
        self.turns.put(self.held.pop(name))
        await settle()

    async def finish_all(self) -> list[str]:
        """Work through the line; return in which order it was served."""
        while self.held:
            await self.finish(next(iter(self.held)))
        return self.served


def test_clients_take_turns_however_much_each_has_asked_for() -> None:
    async def test() -> None:
        office = Office()
        for number in range(5):
            await office.ask(f"script {number}", "script")
        await office.ask("anna 0", "anna")
        await office.ask("anna 1", "anna")
        await office.ask("bert 0", "bert")
        order = await office.finish_all()
        assert order == ["script 0", "script 1", "anna 0", "bert 0", "script 2", "anna 1", "script 3", "script 4"]
        assert office.turns.waiting == 0

    run(test)


def test_a_client_is_served_in_the_order_of_asking() -> None:
    async def test() -> None:
        office = Office(workers=2)
        for number in range(6):
            await office.ask(str(number))
        assert await office.finish_all() == list("012345")
        assert office.turns.idle == 2

    run(test)


def test_the_background_is_served_when_nobody_else_waits() -> None:
    async def test() -> None:
        office = Office()
        await office.ask("first")
        await office.ask("tile a", "a", background=True)
        await office.ask("tile b", "b", background=True)
        await office.ask("tile a2", "a", background=True)
        await office.ask("second", "z")
        assert await office.finish_all() == ["first", "second", "tile a", "tile b", "tile a2"]

    run(test)


def test_a_full_line_would_take_one_more_of_whoever_has_less_in_it_than_another() -> None:
    async def test() -> None:
        office = Office()
        assert not office.turns.would_take("anna")
        for number in range(4):
            await office.ask(f"script {number}", "script")
        await office.ask("anna 0", "anna")
        await office.ask("tile", "script", background=True)
        assert (office.turns.in_line, office.turns.waiting) == (4, 5)
        takes = {client: office.turns.would_take(client) for client in ("script", "anna", "bert", None)}
        assert takes == {"script": False, "anna": True, "bert": True, None: True}
        await office.ask("anna 1", "anna")
        assert not office.turns.would_take("anna")

    run(test)


def test_the_background_does_not_wait_for_an_idle_worker() -> None:
    async def test() -> None:
        office = Office(workers=2)
        await office.ask("tile", background=True)
        await office.ask("other tile", background=True)
        assert office.served == ["tile", "other tile"]

    run(test)


def test_streams_leave_a_worker_to_the_others_even_if_it_stays_idle() -> None:
    async def test() -> None:
        office = Office(workers=2, streams=1)
        await office.ask("stream", "a", streamed=True)
        await office.ask("stream 2", "b", streamed=True)
        assert office.turns.idle == 1
        await office.ask("run", "c")
        await office.finish("run")
        assert (office.served, office.turns.idle) == (["stream", "run"], 1)
        await office.finish("stream")
        assert office.served == ["stream", "run", "stream 2"]

    run(test)


def test_a_full_line_sends_away_the_newest_of_the_client_with_most() -> None:
    async def test() -> None:
        office = Office(places=3)
        await office.ask("working")
        for number in range(3):
            await office.ask(f"script {number}", "script")
        await office.ask("anna", "anna")
        assert office.refused == ["script 2"]
        await office.ask("script 3", "script")
        assert office.refused == ["script 2", "script 3"]
        await office.ask("bert", "bert")
        assert office.refused == ["script 2", "script 3", "script 1"]
        await office.ask("carl", "carl")
        assert office.refused[-1] == "carl"
        assert await office.finish_all() == ["working", "script 0", "anna", "bert"]

    run(test)


def test_the_background_has_its_own_places() -> None:
    async def test() -> None:
        office = Office(places=1)
        await office.ask("working")
        await office.ask("tile", background=True)
        await office.ask("run")
        assert (office.refused, office.turns.waiting) == ([], 2)
        await office.ask("other tile", background=True)
        assert office.refused == ["other tile"]

    run(test)


def test_without_places_an_idle_worker_is_still_handed_out() -> None:
    async def test() -> None:
        office = Office(places=0)
        await office.ask("run")
        await office.ask("too late")
        assert (office.served, office.refused) == (["run"], ["too late"])

    run(test)


def test_who_leaves_the_line_is_not_served_and_takes_no_worker_along() -> None:
    async def test() -> None:
        office = Office()
        await office.ask("working")
        await office.ask("leaving")
        await office.ask("staying")
        office.tasks["leaving"].cancel()
        await office.finish("working")
        assert office.served == ["working", "staying"]
        await office.finish("staying")
        assert (office.turns.idle, office.turns.waiting) == (1, 0)

    run(test)


@pytest.mark.parametrize("streamed", [False, True])
def test_who_leaves_in_the_moment_of_being_served_gives_the_worker_back(streamed: bool) -> None:
    async def test() -> None:
        workers = 2 if streamed else 1
        office = Office(workers)
        await office.ask("working", streamed=streamed)
        await office.ask("leaving", streamed=streamed)
        office.turns.done(office.tickets["working"])
        office.turns.put(office.held.pop("working"))
        office.tasks["leaving"].cancel()
        await settle()
        assert (office.served, office.turns.idle) == (["working"], workers)
        await office.ask("next", streamed=streamed)
        assert office.served == ["working", "next"]

    run(test)


def test_the_worker_that_suits_best_is_preferred() -> None:
    async def test() -> None:
        office = Office(workers=3)
        await office.ask("picky", prefers=lambda worker: worker == 2)
        await office.ask("easy")
        await office.ask("disappointed", prefers=lambda worker: worker == 2)
        assert office.held == {"picky": 2, "easy": 0, "disappointed": 1}

    run(test)
