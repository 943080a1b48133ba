"""Slow motion: every line of the arithmetic is there, in the order in which things happen, and works out."""

from __future__ import annotations

import math
import re

import pytest
from acting import MAIN, Visit, travel, until
from playwright.sync_api import Page, expect

WORDS = {"×": "*", "−": "-", "²": "**2", "/": "/", "√": "sqrt", "\u202f": "", "\u00a0": ""}


def numbers_of(text: str, axis: int) -> float:
    """Work a line of the arithmetic out for one coordinate, from what is written there."""
    text = re.sub(r"(\d)\u202f×\u202f10([⁻⁰¹²³⁴-⁹]+)", lambda m: f"{m[1]}e{digits(m[2])}", text)
    text = re.sub(r"(\d)([⁰¹²³⁴-⁹]+)", lambda m: f"{m[1]}**{digits(m[2])}", text)
    for sign, plain in WORDS.items():
        text = text.replace(sign, plain)
    text = re.sub(r"\(([-\d.e]+),([-\d.e]+)\)", lambda m: f"({m[1 + axis]})", text)
    return float(eval(text.lstrip("= "), {"sqrt": math.sqrt, "__builtins__": {}}))


def digits(raised: str) -> str:
    return raised.translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-"))


@pytest.fixture(scope="module")
def page(shared: Visit) -> Page:
    """The default comparison."""
    return shared()


def test_slow_motion_shows_the_arithmetic_of_the_update_which_is_fetched_for_it_alone(page: Page) -> None:
    told = f"async () => Boolean(({MAIN}).store.get().session.result.variants[0].arithmetic)"
    assert not page.evaluate(told)
    page.keyboard.press("Home")
    page.get_by_role("button", name="Slow motion").click()
    until(page, told)
    column = page.locator(".update").nth(2)
    column.wait_for()
    expect(column.locator("h3")).to_have_text("Value, step 0 to 1")
    expect(column.locator("dd").nth(3)).to_contain_text("→")
    lines = column.locator("dd").all_inner_texts()
    series = page.evaluate(
        """async () => { const { series } = (await import('./js/main.js')).store.get().session.result.variants[2];
             return { params: [...series.params.slice(0, 4)], grad: [...series.grad.slice(0, 2)] }; }"""
    )
    shown = [float(text.replace("−", "-")) for text in lines[0].split("(")[1].split(")")[0].split(",")]
    assert shown == pytest.approx(series["grad"][:2], rel=5e-3)
    assert f"turned {13.2}" in lines[1]
    moved = [float(text.replace("−", "-")) for text in lines[3].split("→ (")[1].split(")")[0].split(",")]
    assert moved == pytest.approx(series["params"][2:4], rel=5e-3)
    assert column.locator(".is-now dt").inner_text() == "Gradient"
    page.keyboard.press("ArrowRight")
    expect(column.locator(".is-now dt")).to_have_text("Clip")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(column.locator("h3")).to_have_text("Value, step 1 to 2")


@pytest.mark.parametrize(
    ("query", "labels"),
    [
        ("?optimizer=momentum", ["Gradient", "Clip", "Momentum", "Direction", "Step", "Move"]),
        (
            "?optimizer=adamw&schedule=cosine",
            [
                "Gradient",
                "Clip",
                "Mean",
                "Mean_square",
                "Correction_of_m",
                "Correction_of_v",
                "Direction",
                "Step",
                "Move",
            ],
        ),
        ("?optimizer=adagrad&noise=gaussian", ["Gradient", "Clip", "Sum_of_squares", "Direction", "Step", "Move"]),
        ("?weight_decay=decoupled", ["Gradient", "Clip", "Weight_decay", "Step", "Move"]),
        (
            "?weight_decay=l2_after_clip&optimizer=nesterov",
            ["Gradient", "Clip", "Weight_decay", "Momentum", "Direction", "Step", "Move"],
        ),
    ],
)
def test_every_line_of_slow_motion_works_out(page: Page, query: str, labels: list[str]) -> None:
    travel(page, f"{query}&slow&step=7")
    column = page.locator(".update").nth(1)
    expect(column.locator("dt")).to_have_text([label.replace("_", " ") for label in labels])
    expect(column.locator("h3")).to_contain_text("step 7 to 8")
    expect(column.locator("dd").nth(len(labels) - 2)).not_to_contain_text("…")
    checked = 0
    for line in column.locator(".update-line").all():
        numbers, result = line.locator("span").inner_text(), line.locator("b").inner_text().split("‖")[0]
        if not numbers.startswith("="):
            continue
        checked += 1
        for axis in (0, 1):
            told = numbers_of(result.rstrip(", "), axis)
            # Three digits are shown of every number, so a sum is as exact as its largest term, which is of the order
            # of one here or of the result itself; the tolerance is a few units of the third digit.
            assert numbers_of(numbers, axis) == pytest.approx(told, rel=2e-2, abs=5e-3)
    assert checked >= len(labels) - 4


def test_a_clip_after_the_optimizer_is_told_after_it(page: Page) -> None:
    travel(page, "?preset=before-or-after-momentum&slow&step=5")
    early, late = (page.locator(".update").nth(index).locator("dt") for index in (0, 1))
    expect(early).to_have_text(["Gradient", "Clip", "Momentum", "Direction", "Step", "Move"])
    expect(late).to_have_text(["Gradient", "Momentum", "Direction", "Clip", "Step", "Move"])
