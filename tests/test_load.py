"""A lecture hall, small: what must hold on any machine. How fast it is, `make load` tells."""

from __future__ import annotations

import pytest
from benchmarks.load.__main__ import Size, play
from benchmarks.load.scenes import Figures

SMALL = Size(clients=100, slider_seconds=3.0, peak_seconds=1.0, overload_seconds=2.0, leavers=3)


@pytest.fixture(scope="module")
def scenes() -> dict[str, Figures]:
    """Play every scene once. Each ends only when all workers are idle and nobody waits, or fails."""
    return dict(play(SMALL))


def test_one_link_for_all_is_computed_once_and_nobody_goes_away_empty(scenes: dict[str, Figures]) -> None:
    figures = scenes["one link"]
    assert (figures.requests, figures.failures) == (200, 0)
    assert figures.more["computations"] == 2, "the run and the map"


def test_everybody_gets_the_picture_of_their_own_slider(scenes: dict[str, Figures]) -> None:
    figures = scenes["own sliders"]
    assert figures.failures == 0
    assert figures.requests >= 100


def test_an_overloaded_server_goes_on_serving_and_recovers(scenes: dict[str, Figures]) -> None:
    figures = scenes["overload"]
    assert figures.failures == 0, "neither answered nor refused"
    assert figures.more["goodput"] > 0, "nobody was answered in time"
    assert figures.more["memory"] < 1.5


@pytest.mark.parametrize("name", ["client gone", "deadline"])
def test_every_worker_is_free_again_when_nobody_wants_its_work(scenes: dict[str, Figures], name: str) -> None:
    assert (scenes[name].requests, scenes[name].failures) == (3, 0)
