"""The keeper: nothing waits for ever, trouble is told at once to those behind, and it ends by itself."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from clipscape.links import keeper as keeper_module
from clipscape.links.allowance import Allowance, TooManyLinksError
from clipscape.links.database import make_backend
from clipscape.links.faults import StoreError
from clipscape.links.keeper import Keeper, KeeperLimits
from clipscape.links.store import Stored


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def refused(allowance: Allowance, tab: str) -> TooManyLinksError:
    with pytest.raises(TooManyLinksError) as caught:
        allowance.spend(tab)
    return caught.value


def test_a_tab_has_its_share_of_a_minute_and_gets_it_back_evenly() -> None:
    clock = Clock()
    allowance = Allowance(3, 100, clock)
    for _ in range(3):
        allowance.spend("a")
    error = refused(allowance, "a")
    assert (error.whose, error.limit, error.wait) == ("tab", 3, 20.0)
    allowance.spend("b")
    clock.now = 19.9
    refused(allowance, "a")
    clock.now = 20.1
    allowance.spend("a")
    refused(allowance, "a")
    clock.now = 1000.0
    for _ in range(3):
        allowance.spend("a")
    refused(allowance, "a")


def test_all_tabs_together_have_a_limit_and_a_refusal_costs_nothing() -> None:
    clock = Clock()
    allowance = Allowance(3, 4, clock)
    for tab in ("a", "b", "c", "d"):
        allowance.spend(tab)
    for _ in range(5):
        assert refused(allowance, "a").whose == "all"
    clock.now = 15.1
    allowance.spend("a")
    clock.now = 30.2
    allowance.spend("a")


def test_a_limit_of_nothing_refuses_everything() -> None:
    assert refused(Allowance(0, 10, Clock()), "a").wait == 60


def test_tabs_that_were_not_seen_for_long_are_forgotten() -> None:
    allowance = Allowance(1, 10**9, Clock())
    for number in range(20_000):
        allowance.spend(str(number))
    assert len(allowance._tabs) == 10_000


@contextmanager
def kept(folder: Path, **limits: Any) -> Iterator[Callable[..., Any]]:
    """Run coroutines that are given a keeper on a file."""

    def run(work: Callable[[Keeper], Any]) -> Any:
        async def whole() -> Any:
            patience = limits.get("patience", 5.0)
            keeper = Keeper(make_backend("", folder, 10**9, 0, patience), KeeperLimits(**limits))
            try:
                return await work(keeper)
            finally:
                await keeper.close()

        return asyncio.run(whole())

    yield run


def test_five_hundred_who_share_the_same_scene_make_one_link(tmp_path: Path) -> None:
    async def work(keeper: Keeper) -> list[Stored]:
        return await asyncio.gather(*(keeper.put(b"scene", 1, "lecture") for _ in range(200)))

    with kept(tmp_path, new_per_tab=1) as run:
        stored = run(work)
    assert len({item.id for item in stored}) == 1
    assert sum(item.new for item in stored) == 1


def test_known_links_cost_nothing(tmp_path: Path) -> None:
    async def work(keeper: Keeper) -> None:
        await keeper.put(b"1", 1, "tab")
        with pytest.raises(TooManyLinksError):
            await keeper.put(b"2", 1, "tab")
        assert not (await keeper.put(b"1", 1, "tab")).new
        assert (await keeper.put(b"2", 1, "another")).new

    with kept(tmp_path, new_per_tab=1) as run:
        run(work)


def test_those_behind_a_failure_are_answered_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper_module, "_PAUSE", 3600.0)
    tries = 0

    async def work(keeper: Keeper) -> None:
        def fail(*_anything: object) -> Stored:
            nonlocal tries
            tries += 1
            raise StoreError("locked")

        monkeypatch.setattr(keeper.store, "put", fail)
        results = await asyncio.gather(
            *(keeper.put(b"%d" % number, 1, "") for number in range(20)), return_exceptions=True
        )
        assert {result.kind for result in results if isinstance(result, StoreError)} == {"locked"}
        assert len(results) == 20

    with kept(tmp_path) as run:
        run(work)
    assert tries == 1


def test_it_works_again_after_the_pause(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper_module, "_PAUSE", 0.0)

    async def work(keeper: Keeper) -> None:
        whole = keeper.store.put
        answers = iter([StoreError("full")])

        def fail_once(*args: Any) -> Stored:
            for error in answers:
                raise error
            return whole(*args)

        monkeypatch.setattr(keeper.store, "put", fail_once)
        with pytest.raises(StoreError):
            await keeper.put(b"1", 1, "")
        assert (await keeper.put(b"1", 1, "")).new

    with kept(tmp_path) as run:
        run(work)


def test_a_queue_that_is_too_long_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper_module, "_QUEUE", 3)

    async def work(keeper: Keeper) -> None:
        gate = threading.Event()
        monkeypatch.setattr(keeper.store, "put", lambda *_args: gate.wait(20) and Stored("x", True))
        waiting = [asyncio.create_task(keeper.put(b"%d" % number, 1, "")) for number in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(StoreError) as caught:
            await keeper.put(b"one more", 1, "")
        assert caught.value.kind == "busy"
        gate.set()
        assert len(await asyncio.gather(*waiting)) == 3
        assert await keeper.put(b"one more", 1, "")

    with kept(tmp_path) as run:
        run(work)


def test_who_waits_too_long_is_answered_and_the_loop_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(keeper: Keeper) -> None:
        gate = threading.Event()
        monkeypatch.setattr(keeper.store, "put", lambda *_args: gate.wait(20) and Stored("x", True))
        with pytest.raises(StoreError) as caught:
            await keeper.put(b"1", 1, "")
        assert caught.value.kind == "locked"
        gate.set()

    with kept(tmp_path, patience=0.05) as run:
        run(work)


def test_checks_that_come_together_are_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    probes = 0

    async def work(keeper: Keeper) -> None:
        whole = keeper.store.database.probe

        def counted() -> None:
            nonlocal probes
            probes += 1
            whole()

        monkeypatch.setattr(keeper.store.database, "probe", counted)
        monkeypatch.setattr(keeper_module, "_FRESH", 3600.0)
        await asyncio.gather(*(keeper.check() for _ in range(10)))
        await keeper.check()

    with kept(tmp_path) as run:
        run(work)
    assert probes == 1
