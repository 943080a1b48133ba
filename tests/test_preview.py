"""The picture of a link: the right size, what the page shows, and nothing that a title could break."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from clipscape import preview, preview_ink
from clipscape.api.link_pages import qr_code
from clipscape.describing import description_of, title_of
from clipscape.presets import list_presets
from clipscape.preview import HEIGHT, WIDTH, preview_job, widened
from clipscape.preview_ink import VARIANTS, fitted, readable, width_of
from clipscape.understanding import read_scenario
from conftest import experiment


def drawn(document: dict[str, Any], **request: Any) -> Image.Image:
    *_pauses, png = preview_job({"document": document, **request})
    assert png is not None
    assert len(png) < 400_000, "chat programs ignore large pictures"
    return Image.open(io.BytesIO(png)).convert("RGB")


def count(picture: Image.Image, colour: str) -> int:
    """How many pixels have this colour, but for the smoothing of edges."""
    wanted = [int(colour[place : place + 2], 16) for place in (1, 3, 5)]
    return int((np.abs(np.asarray(picture).astype(int) - wanted).sum(axis=2) < 60).sum())


@pytest.mark.parametrize("variants", [1, 2, 3, 4, 6])
def test_every_variant_that_the_page_shows_has_its_panel(variants: int) -> None:
    named = [{"name": f"Rule {n}", "clip": {"kind": "norm", "params": {"max_norm": n + 1.0}}} for n in range(variants)]
    picture = drawn({"experiment": experiment(variants=named)})
    assert picture.size == (WIDTH, HEIGHT) == (1200, 630)
    seen = [count(picture, colour) > 100 for colour in VARIANTS]
    assert seen == [index < variants for index in range(4)]


def test_a_path_is_where_the_run_was() -> None:
    document = {"experiment": experiment(problem={"kind": "quadratic"}, start=[1.5, -0.7], n_steps=200)}
    picture = np.asarray(drawn(document))
    left = preview.MARGIN
    width = (WIDTH - 2 * preview.MARGIN - 2 * preview.GAP) / 3
    panel = picture[preview._TOP : preview._BOTTOM, round(left) : round(left + width)]
    places = np.argwhere(np.abs(panel.astype(int) - [0xB8, 0x39, 0x0E]).sum(axis=2) < 60)
    middle = np.array(panel.shape[:2]) / 2
    lowest = np.abs(places - middle).sum(axis=1).min()
    assert lowest < 12, "it ends at the minimum, in the middle of the map"
    on_its_way = places[np.abs(places - middle).max(axis=1) > 15]
    assert len(on_its_way) > 20
    assert (on_its_way[:, 1] > middle[1]).all(), "it comes from the right"
    assert (on_its_way[:, 0] > middle[0]).all(), "and from below"


def test_the_picture_of_a_question_does_not_answer_it() -> None:
    """Other luck is another path, and the picture does not show it; `hide` takes the verdicts away."""
    asking = {"question": {"about": "outcome", "variant": 0}}
    noisy = {"kind": "gaussian", "params": {"std": 0.5}}
    lucks = [{"experiment": experiment(noise=noisy, n_steps=60, seed=seed)} for seed in (0, 1)]
    asked, plain = ([np.asarray(drawn({**luck, **more})) for luck in lucks] for more in (asking, {}))
    assert (asked[0] == asked[1]).all()
    assert (plain[0] != plain[1]).any()
    words = description_of(read_scenario({**lucks[0], **asking}))
    assert words.startswith("What will happen without clipping? Gradient clipping compared")
    below = slice(preview._BOTTOM + 52, preview._BOTTOM + 90)
    hidden = np.asarray(drawn({**lucks[0], "view": {"hide": ["outcomes"]}}))
    assert len(np.unique(hidden[below].reshape(-1, 3), axis=0)) == 1


def test_the_same_document_has_the_same_picture() -> None:
    document = {"experiment": experiment()}
    assert list(preview_job({"document": document}))[-1] == list(preview_job({"document": document}))[-1]


def test_a_run_that_blows_up_is_drawn_too() -> None:
    exploding = experiment(
        problem={"kind": "quadratic"}, optimizer={"kind": "sgd", "params": {"learning_rate": 100.0}}, n_steps=200
    )
    assert count(drawn({"experiment": exploding}), preview_ink.TONES["diverged"]) > 50


def test_a_network_has_its_losses() -> None:
    small = experiment(problem={"kind": "tanh_rnn"}, task={"kind": "echo"}, n_steps=30)
    picture = drawn({"experiment": small})
    assert all(count(picture, colour) > 100 for colour in VARIANTS[:3])


def test_what_would_cost_too_much_has_a_picture_without_panels() -> None:
    picture = drawn({"experiment": experiment(n_steps=5000)}, plain=True)
    assert max(count(picture, colour) for colour in VARIANTS) < 20
    assert count(picture, preview_ink.INK) > 500


@pytest.mark.parametrize(
    "title", ["W" * 120, "Fälle für Ängstliche", "クリッピング", "<b>&amp;", "a\u202eb", "𝕏 and 👩‍👩‍👧", "e\u0301"]
)
def test_any_title_can_be_drawn(title: str) -> None:
    picture = np.asarray(drawn({"experiment": experiment(n_steps=5), "meta": {"title": title}}, plain=True))
    paper = [0xF4, 0xF6, 0xF7]
    assert (picture[:, : preview.MARGIN - 8] == paper).all()
    assert (picture[:, -preview.MARGIN + 8 :] == paper).all(), "nothing runs over the edge"


def test_a_long_line_is_cut_off_and_a_short_one_is_not() -> None:
    assert fitted("short", 20, 400) == "short"
    cut = fitted("W" * 200, 20, 400)
    assert cut.endswith("...")
    assert 380 < width_of(cut, 20) <= 400
    assert readable("Größe, “x” — 3\u00a0× y") != "·" * 15
    assert readable("日本") == "··"


def test_both_axes_have_one_scale() -> None:
    (left, right), (bottom, top) = widened(((-1, 1), (0, 2)), 3.0)
    assert (right - left, top - bottom) == (6, 2)
    assert (left + right, bottom + top) == (0, 2), "the middle stays"
    (left, right), (bottom, top) = widened(((-1, 1), (0, 2)), 0.5)
    assert (right - left, top - bottom) == (2, 4)
    long = ((-100.0, 100.0), (0.0, 1.0))
    assert widened(long, 1.0) == long


def test_titles_and_descriptions_say_what_is_compared() -> None:
    scenario = read_scenario({"experiment": experiment()})
    assert title_of(scenario) == "The cliff: None, Norm, Value"
    assert description_of(scenario) == (
        "Gradient clipping compared (no clipping, norm 1, value 1) on the cliff. "
        "Gradient descent, learning rate 0.1, 50 steps."
    )
    named = read_scenario({"experiment": experiment(), "meta": {"title": "Why", "note": "Look at step 3."}})
    assert title_of(named) == "Why"
    assert description_of(named).startswith("Look at step 3. Gradient clipping compared")


def test_every_preset_has_title_and_description_of_a_length_that_is_shown() -> None:
    for preset in list_presets():
        scenario = read_scenario(preset.scenario)
        assert 5 < len(title_of(scenario)) < 120, preset.name
        assert 40 < len(description_of(scenario)) < 260, preset.name


def test_a_qr_code_holds_the_address() -> None:
    import re

    import segno

    address = "https://clipscape.example/sub/s/7hq2mzkd94tw"
    svg = qr_code(address).decode()
    side = int(re.findall(r'viewBox="0 0 (\d+) \1"', svg)[0])
    matrix = segno.make(address, error="m", micro=False).matrix
    assert side == len(matrix) + 8, "a quiet zone of four modules on every side"
    dark = np.zeros((side, side), bool)
    path = re.findall(r'stroke="#000"[^>]*?d="([^"]+)"|d="([^"]+)"[^>]*?stroke="#000"', svg)[0]
    x = y = 0.0
    for command, numbers in re.findall(r"([MmHh])([^MmHh]*)", "".join(path)):
        values = [float(number) for number in re.findall(r"-?[\d.]+", numbers)]
        if command == "M":
            x, y = values
        elif command == "m":
            x, y = x + values[0], y + values[1]
        else:
            end = x + values[0] if command == "h" else values[0]
            dark[int(y), int(x) : int(end)] = True
            x = end
    assert dark[4:-4, 4:-4].tolist() == [[bool(module) for module in row] for row in matrix]
