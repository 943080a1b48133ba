"""A run as a GIF: decoded again, it shows the run."""

from __future__ import annotations

import io
import math
from typing import Any

import numpy as np
import pytest
from PIL import Image

import clipscape
from clipscape.exports.animation.gif import EDGE, HEAD, KEY, NAME, WIDTH, Sheet
from clipscape.exports.animation.heat import Decades, decades_of
from clipscape.exports.animation.look import LOOKS, heat_colours, palette_of
from clipscape.exports.animation.timing import FRAME, LONGEST, moments
from clipscape.preview import widened
from clipscape.training import TrainingRun

STEPS = 24


@pytest.fixture(scope="module")
def result() -> clipscape.Result:
    return clipscape.run("leash-or-cap", n_steps=STEPS)


@pytest.fixture(scope="module", params=["light", "dark"])
def film(request: pytest.FixtureRequest, result: clipscape.Result) -> tuple[str, Image.Image]:
    told: list[tuple[int, int]] = []
    data = result.to_gif(theme=request.param, progress=lambda *now: told.append(now))
    assert told == [(done + 1, len(told)) for done in range(len(told))]
    assert len(data) < 5_000_000
    return request.param, Image.open(io.BytesIO(data))


def frame_of(film: Any, place: int) -> Any:
    film.seek(place)
    return np.asarray(film.convert("RGB"))


def test_every_frame_is_what_was_drawn(film: tuple[str, Image.Image], result: clipscape.Result) -> None:
    theme, picture = film
    positions = moments(STEPS)
    assert (picture.format, picture.width, picture.n_frames) == ("GIF", WIDTH, len(positions))  # type: ignore[attr-defined]
    assert picture.info["loop"] == 0, "it repeats for ever"
    assert result.scenario is not None
    sheet = Sheet(result.scenario.document, result._finished, theme)
    seconds = 0
    for place, position in enumerate(positions):
        drawn = np.asarray(sheet.frame(position).convert("RGB"))
        if place % 9 == 0 or place == len(positions) - 1:
            assert np.array_equal(frame_of(picture, place), drawn), "what is left out of a frame is what did not change"
        picture.seek(place)
        seconds += picture.info["duration"] / 1000
    assert 3 < seconds < 16


def test_the_heads_stand_where_the_runs_end(film: tuple[str, Image.Image], result: clipscape.Result) -> None:
    theme, picture = film
    last = frame_of(picture, picture.n_frames - 1)  # type: ignore[attr-defined]
    width, height = (WIDTH - 2 * EDGE - 28) / 3, 300.0
    (left, right), (bottom, top) = widened(result.problem.window, width / height)
    for index in (1, 2):
        x, y = result.variants[index].params[-1]
        across, down = (x - left) / (right - left) * width, (top - y) / (top - bottom) * height
        pixel = last[round(HEAD + NAME + down), round(EDGE + index * (width + 14) + 1 + across)]
        assert "#{:02x}{:02x}{:02x}".format(*pixel) == LOOKS[theme].variants[index]
    colours = {tuple(colour) for colour in last.reshape(-1, 3)}
    assert {tuple(bytes.fromhex(name[1:])) for name in LOOKS[theme].variants[:3]} <= colours
    assert (255, 0, 255) not in colours, "the colour of unused places of the palette"


@pytest.mark.parametrize("theme", LOOKS)
def test_a_palette_leaves_a_place_for_what_did_not_change(theme: str) -> None:
    palette = palette_of(theme).getpalette()
    assert palette is not None
    assert palette[-3:] == [255, 0, 255]


def test_an_animation_has_the_pace_of_the_player_and_an_end() -> None:
    for steps in (1, 50, 300, 5000):
        shown = moments(steps)
        assert (shown[0], shown[-1]) == (0, steps)
        assert (np.diff(shown) > 0).all()
        assert len(shown) <= LONGEST / FRAME + 2
    assert len(moments(100)) - 1 == round((2 * math.log(5) + 68 / 20) / FRAME)


@pytest.mark.parametrize("clips", ["none", "none,norm,value,norm"])
def test_runs_that_overflow_are_drawn_to_their_end(clips: str) -> None:
    run = clipscape.run(f"?preset=diverges-on-purpose&clips={clips}&n_steps=6")
    with Image.open(io.BytesIO(run.to_gif())) as picture:
        assert picture.width == WIDTH
        assert picture.n_frames > 5  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def training() -> clipscape.Result:
    return clipscape.run("?tab=recurrent&hidden_size=4&sequence_length=10&n_steps=40&learning_rate=0.5")


@pytest.mark.parametrize("theme", LOOKS)
def test_a_training_shows_the_gradients_that_were_recorded(theme: str, training: clipscape.Result) -> None:
    """The colour in the middle of cells of the last frame, against the scale; nothing of it is there at first."""
    with Image.open(io.BytesIO(training.to_gif(theme=theme))) as picture:
        first, last = frame_of(picture, 0), frame_of(picture, len(moments(40)) - 1)
    run = training._finished.run
    assert isinstance(run, TrainingRun)
    heat = run.heat
    scale = decades_of(heat.hidden[:, :3].ravel())
    assert 10.0**scale.low <= np.median(heat.hidden) <= 10.0**scale.high
    width, colours = (WIDTH - 2 * EDGE - 28) / 3, heat_colours(LOOKS[theme])
    inner, high = width - 2 - 34 - 12, 300.0 - 8 - 22
    for index, update, time in ((0, 3, 1), (1, 20, 10), (2, 37, 5)):
        down = HEAD + KEY + NAME + 8 + (10 - time + 0.5) / 10 * high
        across = EDGE + index * (width + 14) + 1 + 34 + (update + 0.5) / 40 * inner
        share = scale.shares(np.array([heat.hidden[heat.steps == update][0, index, time - 1]]))[0]
        assert tuple(last[round(down), round(across)]) == tuple(colours[min(39, int(40 * share))])
        assert "#{:02x}{:02x}{:02x}".format(*first[round(down), round(across)]) == LOOKS[theme].sheet


def test_a_scale_of_gradients_keeps_what_is_common() -> None:
    assert decades_of(np.array([0.0, np.nan])) == Decades(-3, 0)
    assert decades_of(np.array([2e-4, 0.5, np.inf])) == Decades(-4, 0)
    spread = np.concatenate([np.full(50, 1e-200), np.full(100, 1e-5), np.full(50, 0.1)])
    assert decades_of(spread) == Decades(-14, 0), "nine decades below the middle of the living"
    assert Decades(-2, 0).shares(np.array([0.0, 1e-2, 1e-1, 1e3, np.nan])).tolist() == [0.0, 0.0, 0.5, 1.0, 0.0]


def test_trainings_that_overflow_are_drawn_to_their_end() -> None:
    link = (
        "?tab=recurrent&problem=relu_rnn&task=adding&init=gaussian&hidden_size=8&sequence_length=100&learning_rate=10"
    )
    run = clipscape.run(f"{link}&n_steps=20&clips=none")
    assert run.variants[0].status == "diverged"
    with Image.open(io.BytesIO(run.to_gif())) as picture:
        assert picture.width == WIDTH


def test_what_cannot_be_drawn_is_told(result: clipscape.Result) -> None:
    with pytest.raises(ValueError, match="problem of your own"):
        clipscape.Result(result._finished, None).to_gif()
    with pytest.raises(ValueError, match="light"):
        result.to_gif(theme="blue")
