"""Training as it happens: it streams, it can be cancelled and scrubbed, and it survives a server that goes away."""

from __future__ import annotations

import json
import re

import pytest
from acting import MAIN, STILL, Visit, eventually, painted, type_value, until
from own_server import OwnServer, forgiven
from playwright.sync_api import Page, Request, expect
from training import LAB, LONG, SMALL, clock, document, lab, trained, training

REFUSAL = {"where": "experiment.n_steps", "what": "is too high", "remedy": "lower it"}


@pytest.fixture
def long(visit: Visit) -> Page:
    """A run that is being computed."""
    page = visit(LONG, wait=False)
    training(page)
    return page


def aborted(page: Page, complaints: list[str]) -> list[Request]:
    """Collect the streams that the page gives up from now on."""
    given_up: list[Request] = []
    page.on("requestfailed", lambda request: "stream" in request.url and given_up.append(request))
    assert complaints == []
    return given_up


def test_the_picture_grows_while_it_is_computed_and_following_scrubbing_and_names_go_with_it(long: Page) -> None:
    before = clock(long)
    assert before["following"]
    assert before["last"] == 2000
    until(long, "step => Number(document.querySelector('.player-now').textContent) > step", before["step"])
    expect(long.locator(".progress-words")).to_contain_text("of 2000")
    expect(long.locator(".progress-words")).to_contain_text("left")
    assert painted(long.locator(".lab-heat canvas").first) > 500
    assert long.locator(".lab-column .badge").first.inner_text() == "Training"
    training(long, 8)
    long.keyboard.press("Home")
    assert clock(long)["step"] == 0
    long.keyboard.press("ArrowRight")
    reached = clock(long)["reach"]
    until(long, f"async reached => ({MAIN}).playback.clock.reach > reached", reached)
    now = clock(long)
    assert [now["step"], now["following"]] == [1, False]
    long.keyboard.press("End")
    assert clock(long)["step"] <= clock(long)["reach"] < 2000, "not beyond what has come"
    long.get_by_role("button", name="Follow").click()
    assert clock(long)["following"]
    asked: list[Request] = []
    long.on("request", lambda request: "stream" in request.url and asked.append(request))
    steps = lab(long, "run.variants[0].steps")
    long.locator(".variant-name").first.fill("As it comes")
    long.keyboard.press("Enter")
    expect(long.locator(".lab-column .panel-name").first).to_have_text("As it comes")
    until(long, f"async steps => {LAB}.variants[0].steps > steps", steps)
    assert asked == [], "another name is no reason to train again"
    assert document(long)["experiment"]["variants"][0]["name"] == "As it comes"


def test_cancel_stops_the_work_and_keeps_the_picture(visit: Visit, complaints: list[str]) -> None:
    """Of three variants one has diverged by then."""
    sizes = "sequence_length=100&hidden_size=16&n_steps=4000&learning_rate=1"
    long = visit(f"/?tab=recurrent&task=adding&{sizes}", wait=False)
    training(long)
    given_up = aborted(long, complaints)
    until(long, f"async () => {LAB}.variants[0].ended")
    long.get_by_role("button", name="Cancel").click()
    until(long, "() => document.querySelector('.lab-bar').dataset.status === 'cancelled'")
    expect(long.locator(".lab-column .badge")).to_have_text(["Diverged", "Not finished", "Not finished"])
    assert "no longer finite" in long.locator(".lab-column .sentence").first.inner_text()
    assert not clock(long)["playing"]
    eventually(long, lambda: len(given_up), 1)
    steps = long.evaluate(f"async () => {{ window.stopped = {LAB}; return stopped.variants.map(v => v.steps); }}")
    assert min(steps) >= 3
    assert painted(long.locator(".lab-heat canvas").first) > 500
    long.get_by_role("button", name="Compute the rest").click()
    until(long, "() => document.querySelector('.lab-bar').dataset.status === 'running'")
    assert long.evaluate("stopped.variants.map(v => v.steps)") == steps, "nothing came after"


def test_a_new_setting_stops_the_old_run(long: Page, complaints: list[str]) -> None:
    given_up = aborted(long, complaints)
    long.locator("[data-control=task] select").select_option("echo")
    type_value(long, "steps", "30")
    type_value(long, "network", "5")
    trained(long)
    eventually(long, lambda: bool(given_up), True)  # the long run does not go on
    assert lab(long, "run.experiment.problem.params.hidden_size") == 5
    assert lab(long, "run.nSteps") == 30


def test_a_run_that_was_computed_comes_back_at_once_whatever_its_variants_are_called(visit: Visit) -> None:
    page = visit(SMALL, wait=False)
    trained(page)
    type_value(page, "learning_rate", "0.11")
    until(page, "() => document.querySelector('.lab-bar').dataset.status === 'complete'")
    asked: list[Request] = []
    page.on("request", lambda request: "stream" in request.url and asked.append(request))
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Undo").click()
    until(
        page,
        f"async () => {LAB}.experiment.optimizer.params.learning_rate === 0.3",
    )
    assert asked == []
    page.locator(".variant-name").first.fill("Not held back, whatever happens to it")
    page.keyboard.press("Enter")
    expect(page.locator(".lab-column .panel-name").first).to_have_text("Not held back, whatever happens to it")
    expect(page.locator(".lab-legend b").first).to_have_text("Not held back, whatever happens to it")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".lab-column .panel-name").first).to_have_text("No clipping")
    assert asked == []


def test_a_refused_setting_is_told_next_to_its_control_and_the_picture_stays(
    visit: Visit, complaints: list[str]
) -> None:
    page = visit(SMALL, wait=False)
    trained(page)
    sentences = page.locator(".lab-column .sentence").all_inner_texts()
    page.route(
        "**/simulate/stream*",
        lambda route: route.fulfill(
            status=422,
            content_type="application/problem+json",
            body=json.dumps({"title": "Refused", "status": 422, "errors": [REFUSAL]}),
        ),
    )
    type_value(page, "steps", "4000")
    error = page.locator("[data-control=steps] .field-error")
    expect(error).to_have_text("Is too high: lower it.")
    expect(page.locator(".lab-notice")).to_contain_text("Updates: too high, lower it. What is below is the training")
    expect(page.locator(".lab-empty")).to_be_hidden()
    assert page.locator(".lab-column .sentence").all_inner_texts() == sentences
    forgiven(complaints)
    page.unroute("**/simulate/stream*")
    type_value(page, "steps", "40")
    trained(page)
    expect(error).to_be_hidden()
    type_value(page, "network", "65")
    expect(page.locator("[data-control=network] .field-error").filter(has_text="at most 64")).to_be_visible()
    assert document(page)["experiment"]["problem"]["params"]["hidden_size"] == 4, "refused without being asked"


def test_a_link_to_more_than_may_be_computed_says_what_to_lower_and_leads_there(
    visit: Visit, complaints: list[str]
) -> None:
    """Nothing was computed yet: a sentence and an invitation stand where the pictures will be."""
    sizes = "sequence_length=150&hidden_size=48&batch_size=64&n_steps=4000"
    page = visit(f"/?tab=recurrent&task=adding&{sizes}", wait=False)
    notice = page.locator(".lab-notice")
    expect(notice).to_contain_text("the limit is 20 s.")
    expect(notice).to_contain_text(re.compile(r"Updates: too much for all that is asked, lower it to \d+\."))
    expect(notice).to_contain_text("Nothing has been computed yet")
    expect(page.locator(".lab-plane")).to_be_hidden()
    largest = re.search(r"lower it to (\d+)", notice.inner_text())
    assert largest
    page.get_by_role("button", name="Go to Updates").click()
    steps = page.locator("[data-control=steps]")
    assert steps.evaluate("control => control.contains(document.activeElement)")
    expect(steps.locator(".field-error")).to_be_in_viewport()
    forgiven(complaints)
    type_value(page, "steps", "50")
    training(page)
    expect(notice).to_be_hidden()
    expect(page.locator(".lab-plane")).to_be_visible()
    assert int(largest[1]) > 50


def test_a_broken_stream_is_told_keeps_what_was_drawn_and_begins_again(
    own: OwnServer, visit: Visit, complaints: list[str]
) -> None:
    page = visit(own.url + LONG, STILL, wait=False)
    training(page, 5)
    own.stop()
    banner = page.locator(".banner.warning")
    expect(banner).to_contain_text("trying again")
    expect(banner).to_contain_text("The last picture stays.")
    steps = lab(page, "run.variants[0].steps")
    losses = lab(page, "[...run.variants[0].series.loss]")
    assert steps >= 5
    page.keyboard.press("Home")
    assert clock(page)["step"] == 0
    own.start()
    page.get_by_role("button", name="Try now").click()
    expect(banner).to_be_hidden()
    until(
        page,
        f"async () => {LAB}.variants[0].steps > {steps}",
        seconds=40,
    )
    again = lab(page, "[...run.variants[0].series.loss]")[: len(losses)]
    assert again == pytest.approx(losses, rel=2e-7), "numbers travel in single precision: 24 bits, rounded"
    forgiven(complaints)
