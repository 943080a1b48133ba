"""A link that asks before it plays: nothing gives the answer away, then the run itself answers."""

from __future__ import annotations

from typing import Any

import pytest
from acting import LIVELY, PHONE, Visit, frames, fresh, state, until
from playwright.sync_api import Page, expect
from test_links import document_in, hash_of

from clipscape.readable import expand_query
from clipscape.understanding import read_scenario

VERDICT = ".question-verdict"


def opened(visit: Visit, path: str, options: dict[str, Any]) -> Page:
    """Open a link and wait until its question can be answered."""
    page = visit(path, options, wait=False)
    page.locator(".question-hint", has_text="Choose what you expect").wait_for()
    return page


def test_nothing_plays_or_gives_it_away_until_one_has_chosen_by_keyboard(visit: Visit) -> None:
    page = opened(visit, "/?preset=leash-or-cap&n_steps=20&ask=outcome", LIVELY)
    expect(page.get_by_role("heading", name="What will happen without clipping?")).to_be_visible()
    for key in (" ", "End", "ArrowRight"):
        page.keyboard.press(key)
    frames(page)
    assert (state(page)["step"], state(page)["playing"]) == (0, False)
    for hidden in (".outcome", ".chart", "[data-control=export]", ".panel [data-control=numbers]"):
        expect(page.locator(hidden).first).to_be_hidden()
    assert "hrown" not in str(page.locator(".panel .map").first.get_attribute("aria-label"))
    assert page.locator("#announcer").inner_text().count("hrown") == 0
    expect(page.get_by_role("button", name="Play and see")).to_be_disabled()
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    page.locator(".question input").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Skip to the end")).to_be_focused()
    expect(page.locator(".outcome").first).to_be_hidden()
    until(page, "() => Number(document.querySelector('.player-now').textContent) > 3")
    expect(page.locator(VERDICT)).to_contain_text(
        "You chose “It keeps moving and never settles”, but “No clipping” was"
    )
    assert state(page)["step"] == 20
    expect(page.locator(VERDICT)).to_contain_text("thrown out at step 3.")
    expect(page.locator(".question [data-sign=right]")).to_contain_text("It is thrown out")
    expect(page.get_by_role("button", name="Ask again")).to_be_focused()
    expect(page.locator(".outcome").first).to_be_visible()
    assert [url for url in sent if "/api/v1/" in url and "surface" not in url and "presets" not in url] == []
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    page.get_by_role("button", name="Export pictures, numbers and code").click()
    expect(page.get_by_text("Neither the page nor the GIF asks the question")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Ask again").click()
    assert state(page)["step"] == 0
    expect(page.locator(".outcome").first).to_be_hidden()


def test_on_a_phone_without_motion_the_verdict_comes_at_once(visit: Visit) -> None:
    page = opened(visit, "/?preset=leash-or-cap&ask=first", PHONE)
    page.get_by_text("Value", exact=True).locator("visible=true").first.tap()
    page.get_by_role("button", name="Play and see").tap()
    expect(page.locator(VERDICT)).to_have_text("You were right: “Value” settled first, by step 68.")
    page.get_by_role("button", name="Settings").tap()
    page.locator("[data-control=learning_rate] input.typed").fill("0.2")
    page.keyboard.press("Enter")
    expect(page.locator(".question")).to_be_hidden()
    expect(page.locator(".outcome").first).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Undo").tap()
    expect(page.locator(VERDICT)).to_contain_text("You were right")


def test_a_training_asks_in_a_frame_too_and_the_map_does_not(visit: Visit) -> None:
    small = "?tab=recurrent&hidden_size=4&task.sequence_length=10&n_steps=300&ask=outcome,2"
    page = opened(visit, f"/embed{small}", {**LIVELY, "viewport": {"width": 480, "height": 600}})
    for hidden in (".outcome", ".lab-heat", ".lab-plane", ".chart"):
        expect(page.locator(hidden).first).to_be_hidden()
    page.get_by_text("It never gets beyond guessing").click()
    page.get_by_role("button", name="Play and see").click()
    page.get_by_role("button", name="Skip to the end").click()
    expect(page.locator(VERDICT)).to_contain_text("“Norm”")
    assert page.evaluate("document.documentElement.scrollWidth") <= 480
    page.set_viewport_size({"width": 960, "height": 540})
    document, _ = expand_query("?preset=leash-or-cap&n_steps=20&ask=outcome")
    meta = {"title": "Why the direction matters", "note": "Both rules see the same gradient at the wall. " * 3}
    page.evaluate("link => { location.hash = link; }", hash_of({**document, "meta": meta}))
    page.locator(".question-hint", has_text="Choose what you expect").wait_for()
    below = "() => { const at = name => document.querySelector(name).getBoundingClientRect();"
    until(
        page, f"{below} const map = at('.panel .map'); return map.height > 150 && map.bottom <= at('.player').top; }}"
    )
    chart = visit(f"/?tab=map&resolution=4&ask=outcome{'&n_steps=20'}", wait=False)
    expect(chart.locator(".atlas-panel").first).to_be_visible()
    expect(chart.locator(".question")).to_be_hidden()


def test_the_dialog_makes_a_question_that_python_reads(page: Page, visit: Visit) -> None:
    page.get_by_role("button", name="Share").click()
    page.get_by_text("Ask a question before it plays").click()
    kind, words = page.get_by_label("Question", exact=True), page.get_by_label("In these words")
    kind.select_option(label="Which variant ends lowest?")
    expect(page.get_by_role("textbox", name="Readable link")).to_have_value(f"{page.url.split('#')[0]}?ask=lowest_loss")
    kind.select_option(label="one of my own")
    expect(page.get_by_role("alert").locator("visible=true")).to_contain_text("until then the link asks nothing")
    assert "question" not in document_in(fresh(page, "Long link"))
    words.fill("Which <b>one</b>?")
    page.get_by_label("Choices, one a line").fill("red\nblue\ngreen")
    page.get_by_label("The right one").select_option(label="green")
    expect(page.get_by_text("does not fit into a readable link")).to_be_visible()
    document = document_in(fresh(page, "Long link"))
    assert document["question"] == {
        "about": "own",
        "text": "Which <b>one</b>?",
        "choices": ["red", "blue", "green"],
        "right": 2,
    }
    assert read_scenario(document).as_data() == document
    friend = opened(visit, fresh(page, "Long link"), LIVELY)
    expect(friend.get_by_role("heading", name="Which <b>one</b>?")).to_be_visible()
    assert friend.locator(".question b").count() == 0, "text, not markup"
    broken = visit(f"/{hash_of({**document, 'question': {'about': 'own', 'text': 'Why?'}})}")
    expect(broken.locator(".banner.note")).to_contain_text("question of this link could not be read")


ENDED = {"name": "A", "outcome": {"status": "converged", "headline": "Converged by step 5", "step": 5}}


@pytest.fixture
def two(visit: Visit) -> Any:
    """Ask the page's own module about two runs."""
    page = visit("/", wait=False)

    def answer(about: dict[str, Any], *runs: dict[str, Any]) -> Any:
        return page.evaluate(
            "async ([question, runs]) => (await import('./js/state/question.js'))"
            ".answerOf(question, { variants: runs.map(({ name }) => ({ name })) }, runs)",
            [about, [{**ENDED, **run} for run in runs]],
        )

    return answer


def test_right_answers_follow_from_the_runs(two: Any) -> None:
    low, same, high, none = (
        {"name": n, "summary": {"final_loss": v}} for n, v in zip("ABCD", (1e-9, 1.0001e-9, 2, None), strict=True)
    )
    lowest = {"about": "lowest_loss"}
    assert two(lowest, low, high) == {"right": [0], "happened": "“A” ended lowest, with a loss of 1\u202f×\u202f10⁻⁹"}
    assert two(lowest, low, same, none)["right"] == [0, 1], "what reads the same is the same"
    assert two(lowest, none, none) == {"right": [], "happened": "no loss was a finite number at the end"}
    gone = {"name": "B", "outcome": {"status": "descending", "headline": "Thrown out at step 3", "step": None}}
    assert two({"about": "first"}, gone, {}) == {"right": [1], "happened": "“A” settled first, by step 5"}
    assert two({"about": "first"}, gone, gone) == {"right": [2], "happened": "none of them settled"}
    thrown = two({"about": "outcome", "variant": 1}, {}, gone)
    assert thrown == {"right": [4], "happened": "“B” was thrown out at step 3"}
    assert two({"about": "own", "choices": ["x", "y"]}, gone) == {"right": [], "happened": ""}
