"""The gate: counters in, decision out."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import pytest

from clipscape.gate import Gate, Held, Place, question_of


class FakeLine:
    """Those who wait for a worker, as told."""

    def __init__(self, idle: int = 0, in_line: int = 0, takes: bool = False) -> None:
        self.idle = idle
        self.in_line = in_line
        self.takes = takes

    def would_take(self, _client: str | None) -> bool:
        return self.takes


def gate_of(line: FakeLine, places: int = 4, known: Callable[[str], bool] = lambda _key: False) -> Gate:
    return Gate(line, places, Held(0.0, 10), known)


@pytest.mark.parametrize(
    ("idle", "in_line", "arriving", "admitted"),
    [(2, 0, 0, True), (0, 3, 0, True), (0, 4, 0, False), (0, 2, 1, True), (0, 2, 2, False), (1, 2, 2, True)],
)
def test_as_many_are_let_in_as_there_is_room_for(idle: int, in_line: int, arriving: int, admitted: bool) -> None:
    gate = gate_of(FakeLine(idle, in_line))
    gate.arriving.update(range(100, 100 + arriving))
    assert gate.admits(1, "tab a") is admitted


def test_who_has_less_in_the_line_than_another_is_let_into_a_full_one_but_not_into_a_full_door() -> None:
    gate = gate_of(FakeLine(in_line=4, takes=True))
    assert gate.admits(1, "tab a")
    gate.arriving.update(range(100, 104))
    assert not gate.admits(1, "tab a")


def test_whatever_is_known_or_under_way_is_let_in_however_full_it_is() -> None:
    kept = {"key"}
    gate = gate_of(FakeLine(in_line=4), known=kept.__contains__)
    gate.remember(1, "key")
    gate.remember(2, "another key")
    assert gate.admits(1, None)
    assert not gate.admits(2, None)
    kept.clear()
    assert not gate.admits(1, None)


def test_all_who_ask_the_same_at_once_are_let_in() -> None:
    gate = gate_of(FakeLine(idle=1, in_line=4))
    places = [gate.enter(7, f"tab {number}") for number in range(40)]
    assert all(places)
    assert not gate.admits(8, "tab other")
    for place in places:
        assert isinstance(place, Place)
        place.leave()
        place.leave()
    assert not gate.arriving
    assert gate.admits(8, "tab other")


def test_what_nobody_knows_takes_a_place_of_its_own() -> None:
    gate = gate_of(FakeLine(), places=2)
    assert gate.enter(None, None)
    assert gate.enter(None, None)
    assert not gate.admits(None, None)


def test_a_request_that_is_understood_leaves_the_door_and_its_answer_is_remembered() -> None:
    gate = gate_of(FakeLine(), places=1, known={"key"}.__contains__)
    place = gate.enter(5, None)
    assert place is not None
    assert not gate.admits(6, None)
    place.understood("key")
    assert gate.admits(6, None)
    assert gate.knows(5)


def test_questions_are_forgotten_in_the_order_in_which_they_were_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clipscape.gate._REMEMBERED", 2)
    gate = gate_of(FakeLine(), known=lambda _key: True)
    for question in (1, 2, 1, 3):
        gate.remember(question, "key")
    assert [gate.knows(question) for question in (1, 2, 3)] == [True, False, True]


def test_a_question_is_address_and_body() -> None:
    questions = {question_of(*parts) for parts in ((b"/a", b"b"), (b"/a", b""), (b"/", b"ab"), (b"/a", b"b"))}
    assert len(questions) == 3


def test_so_many_refusals_are_held_back_and_no_more() -> None:
    async def test() -> None:
        held, order = Held(0.001, 2), list[int]()
        for number in range(4):
            held.then(lambda number=number: order.append(number))  # type: ignore[misc]
        assert (order, held.count) == ([2, 3], 2)
        while held.count:
            await asyncio.sleep(0)
        assert sorted(order) == [0, 1, 2, 3]
        await held.wait()

    asyncio.run(asyncio.wait_for(test(), 10))


def test_one_line_of_the_log_tells_of_all_refusals_of_a_second(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clipscape.gate._REPORT_SECONDS", 0.0)

    async def test() -> None:
        gate = gate_of(FakeLine(), places=0)
        for question in range(5):
            assert gate.enter(question, None) is None
        assert gate.refused == 5
        while not caplog.messages:
            await asyncio.sleep(0)

    with caplog.at_level(logging.INFO, "clipscape.access"):
        asyncio.run(asyncio.wait_for(test(), 10))
    assert [message.split(" within")[0] for message in caplog.messages] == ["5 requests refused"]
