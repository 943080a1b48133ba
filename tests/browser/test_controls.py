"""Every setting changes the picture at once; mistakes are told where they were made."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from acting import (
    COUNT_CALLS,
    MAIN,
    Visit,
    control,
    eventually,
    experiment,
    path_pixels,
    plotly_ready,
    sentences,
    settled,
    state,
    still,
    type_value,
    typed,
    until,
)
from playwright.sync_api import Page, Request, Route, expect


def simulations(page: Page) -> list[Any]:
    """Collect the bodies of all simulations asked for from now on."""
    bodies: list[Any] = []

    def on_request(request: Request) -> None:
        if "/simulate" in request.url and request.post_data:
            bodies.append(json.loads(request.post_data))

    page.on("request", on_request)
    return bodies


def grab(page: Page, name: str) -> tuple[float, float]:
    """Press the mouse on the thumb of a slider; return where it is."""
    slider = control(page, name)
    bounds = slider.bounding_box()
    assert bounds is not None
    share = float(slider.input_value()) / float(slider.get_attribute("max") or 1)
    x, y = bounds["x"] + 9 + share * (bounds["width"] - 18), bounds["y"] + bounds["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    return x, y


def test_dragging_a_slider_costs_one_request_and_no_call_of_the_figure_library(visit: Visit) -> None:
    page = visit(library=True)
    plotly_ready(page)
    page.evaluate(COUNT_CALLS)
    asked = simulations(page)
    x, y = grab(page, "threshold")
    page.mouse.move(x + 4, y)
    until(page, f"async () => !({MAIN}).store.get().session.result.exact")
    seen = []
    for move in range(1, 16):
        page.mouse.move(x + 4 * move, y)
        seen.append(tuple(path_pixels(page, 1)[20:24]))
    assert [body.get("axes", {}).get("path") for body in asked] == ["variants.*.threshold"]
    assert len(asked[0]["axes"]["values"]) == 41
    assert page.evaluate("window.calls") == []
    assert len(set(seen)) >= 4, "the picture did not follow the thumb"
    assert not state(page)["exact"]
    page.mouse.up()
    settled(page)
    exact = [body for body in asked if "axes" not in body]
    assert len(exact) == 1
    limits = {
        variant["clip"]["params"].get("max_norm") or variant["clip"]["params"].get("clip_value")
        for variant in exact[0]["experiment"]["variants"]
    }
    assert len(limits - {None}) == 1


def test_what_a_notch_showed_is_what_the_exact_answer_shows(page: Page) -> None:
    x, y = grab(page, "learning_rate")
    page.mouse.move(x - 20, y)
    until(page, f"async () => !({MAIN}).store.get().session.result.exact")
    still(page)
    local, words = path_pixels(page, 2), sentences(page)
    page.mouse.up()
    settled(page)
    assert path_pixels(page, 2) == pytest.approx(local, abs=0.01)
    assert sentences(page) == words


def test_letting_go_without_a_change_leaves_everything_as_it_was(page: Page) -> None:
    settled(page)
    before = experiment(page)
    grab(page, "threshold")
    until(page, "() => performance.getEntriesByType('resource').some(e => e.name.includes('packed') && e.responseEnd)")
    page.mouse.up()
    still(page)
    assert experiment(page) == before
    expect(page.get_by_role("button", name="Undo (Ctrl+Z)")).to_be_disabled()
    control(page, "learning_rate").focus()
    page.keyboard.press("ArrowRight")
    settled(page)
    assert experiment(page)["optimizer"]["params"]["learning_rate"] > 0.1
    assert state(page)["step"] == 300, "the arrow belongs to the slider, not to the player"


def test_a_value_between_two_notches_is_kept_exactly_and_an_impossible_one_told_next_to_its_field(page: Page) -> None:
    type_value(page, "learning_rate", "0,0837")
    settled(page)
    before = experiment(page)
    assert before["optimizer"]["params"]["learning_rate"] == 0.0837
    expect(typed(page, "learning_rate")).to_have_value("0.0837")
    error = page.locator("[data-control=threshold] .field-error").first
    field = typed(page, "threshold")
    for text, words in (("-1", "must be at least"), ("abc", "Type a number"), ("1e99", "must be at most")):
        type_value(page, "threshold", text)
        expect(error).to_contain_text(words)
        expect(field).to_have_attribute("aria-invalid", "true")
        assert experiment(page) == before
    type_value(page, "steps", "abc")
    expect(page.locator("[data-control=steps] .field-error")).to_have_text("Type a whole number, for example 100.")
    type_value(page, "threshold", "2")
    expect(error).to_be_hidden()
    expect(field).not_to_have_attribute("aria-invalid", "true")
    settled(page)
    assert experiment(page)["variants"][1]["clip"]["params"]["max_norm"] == 2


def test_a_refusal_of_the_server_is_told_and_the_picture_stays(page: Page, complaints: list[str]) -> None:
    before = sentences(page)
    told: dict[str, Any] = {"title": "No", "status": 422, "code": "invalid", "detail": "no"}

    def refuse(route: Route) -> None:
        route.fulfill(status=422, content_type="application/problem+json", body=json.dumps(told))

    page.route("**/simulate*", refuse)
    where = "experiment.optimizer.params.learning_rate"
    told["errors"] = [{"where": where, "what": "is refused today", "remedy": "try tomorrow"}]
    type_value(page, "learning_rate", "0.3")
    error = page.locator("[data-control=learning_rate] .field-error")
    expect(error).to_have_text("Is refused today: try tomorrow.")
    assert sentences(page) == before
    told.update({"detail": "This costs 9 s of computing; the limit is 2 s.", "errors": [], "code": "cost"})
    type_value(page, "learning_rate", "0.4")
    above = page.locator(".banner.error")
    expect(above).to_have_text("This costs 9 s of computing; the limit is 2 s.")
    assert sentences(page) == before
    page.unroute("**/simulate*")
    type_value(page, "learning_rate", "0.2")
    expect(error).to_be_hidden()
    expect(above).to_be_hidden()
    settled(page)
    assert complaints
    assert all("422" in words for words in complaints)
    complaints.clear()


def test_one_threshold_for_all_can_be_taken_apart_and_a_variant_may_clip_after_its_own_optimizer(page: Page) -> None:
    link = page.get_by_label("One threshold for all rules")
    page.get_by_role("button", name="About Threshold").locator("visible=true").click()
    help_text = page.locator("[data-control=threshold] .field-help")
    expect(help_text).to_contain_text("Norm: The largest gradient norm that passes unchanged. Value: The largest entry")
    link.uncheck()
    expect(page.locator(".variant").nth(1).locator("input.typed").first).to_be_visible()
    own = page.locator(".variant").nth(2).locator("input.typed").first
    own.fill("0.3")
    own.press("Enter")
    settled(page)
    variants = experiment(page)["variants"]
    assert [variants[1]["clip"]["params"]["max_norm"], variants[2]["clip"]["params"]["clip_value"]] == [1, 0.3]
    link.check()
    settled(page)
    variants = experiment(page)["variants"]
    assert [variants[1]["clip"]["params"]["max_norm"], variants[2]["clip"]["params"]["clip_value"]] == [1, 1]
    card = page.locator(".variant").nth(1)
    card.locator(".variant-more summary").first.click()
    card.get_by_label("Clips", exact=True).select_option("after")
    settled(page)
    assert experiment(page)["variants"][1]["clip"]["position"] == "after"
    card.get_by_label("Optimizer of this variant").select_option("adam")
    settled(page)
    assert experiment(page)["variants"][1]["optimizer"]["kind"] == "adam"
    card.get_by_label("Optimizer of this variant").select_option("")
    settled(page)
    assert "optimizer" not in experiment(page)["variants"][1]


def test_the_catalogue_makes_the_lists_and_explains_what_is_in_them(page: Page, site: Any) -> None:
    catalog = httpx.get(f"{site.url}/api/v1/catalog").json()
    labels = page.locator(".settings-landscape select").first.locator("option").all_inner_texts()
    landscapes = [entry for entry in catalog["problems"] if entry["traits"].get("group") != "network"]
    assert labels == [entry["label"] for entry in landscapes]
    rules = page.locator(".variant").first.locator("select").first.locator("option").all_inner_texts()
    assert rules == [entry["label"] for entry in catalog["clippers"]]
    about = page.locator(".variant").nth(1).locator(".about").first
    about.locator("summary").click()
    about.locator("math").wait_for()
    expect(about.locator(".source")).to_contain_text("Pascanu")


def test_another_landscape_and_another_optimizer_bring_their_own_parameters(page: Page) -> None:
    page.locator(".settings-landscape select").first.select_option("rosenbrock")
    settled(page)
    now = experiment(page)
    assert now["problem"]["kind"] == "rosenbrock"
    assert now["start"] == [-1.23, 1.07]
    expect(page.locator(".toolbar-title")).to_have_text("Rosenbrock's valley")
    fold = page.locator("[data-control=optimizer]")
    fold.locator("summary").first.click()
    fold.locator("select").select_option("momentum")
    settled(page)
    chosen = experiment(page)["optimizer"]
    assert chosen == {"kind": "momentum", "params": {**now["optimizer"]["params"], "momentum": 0.9}}
    field = fold.locator("input.typed").first
    field.fill("0.5")
    field.press("Enter")
    settled(page)
    assert experiment(page)["optimizer"]["params"]["momentum"] == 0.5


def begins_at(page: Page, x: float, y: float) -> None:
    """Wait until the paths of all panels begin at a place of their maps, in CSS pixels (the start is rounded)."""
    until(
        page,
        f"""async ([x, y]) => ({MAIN}).page.panels().every(({{ stage }}) => {{
          const [left, top] = stage.report().pixels;
          return Math.abs(left - x) < 1.5 && Math.abs(top - y) < 1.5;
        }})""",
        [x, y],
    )


def test_clicking_the_map_moves_the_start_of_all_and_dragging_it_moves_the_paths_on_the_way(page: Page) -> None:
    settled(page)
    view = page.locator(".panel .map").nth(1)
    bounds = view.bounding_box()
    assert bounds is not None
    view.click(position={"x": bounds["width"] * 0.4, "y": bounds["height"] * 0.7})
    settled(page)
    assert experiment(page)["start"] != [-1.29, 1.95]
    begins_at(page, bounds["width"] * 0.4, bounds["height"] * 0.7)
    page.mouse.move(bounds["x"] + 100, bounds["y"] + 100)
    page.mouse.down()
    begins_at(page, 100, 100)
    page.mouse.move(bounds["x"] + 160, bounds["y"] + 140, steps=4)
    begins_at(page, 160, 140)
    held = experiment(page)["start"]
    shown = page.locator(".readout").nth(1)
    said = "({:g},\u00a0{:g})".format(*held).replace("-", "−")
    expect(shown).to_contain_text(said)  # also where the nearest run that is known begins elsewhere
    page.mouse.move(bounds["x"] + 160, bounds["y"] + bounds["height"] + 150, steps=2)
    assert page.evaluate("String(getSelection())") == "", "dragging marks no words"
    page.mouse.move(bounds["x"] + 160, bounds["y"] + 140)
    page.mouse.up()
    settled(page)
    assert experiment(page)["start"] == held
    begins_at(page, 160, 140)


def names(page: Page) -> list[str]:
    return page.locator(".panel-name").all_inner_texts()


def test_variants_are_added_removed_moved_renamed_and_changed(page: Page) -> None:
    page.get_by_role("button", name="Add a variant").click()
    settled(page)
    eventually(page, lambda: names(page), ["No clipping", "Norm", "Value", "Block norm"])
    expect(page.get_by_role("button", name="Add a variant")).to_be_disabled()
    page.get_by_role("button", name="Move up: Block norm").click()
    settled(page)
    eventually(page, lambda: names(page), ["No clipping", "Norm", "Block norm", "Value"])
    page.get_by_role("button", name="Remove: No clipping").click()
    settled(page)
    eventually(page, lambda: names(page), ["Norm", "Block norm", "Value"])
    field = page.locator(".variant-name").nth(1)
    field.fill("Mine")
    field.press("Tab")
    settled(page)
    eventually(page, lambda: names(page), ["Norm", "Mine", "Value"])
    page.locator(".variant").nth(2).locator("select").first.select_option("autoclip")
    settled(page)
    eventually(page, lambda: names(page), ["Norm", "Mine", "AutoClip"])
    for index in (2, 1):
        page.locator(".variant").nth(index).get_by_role("button", name="Remove").click()
        settled(page)
    eventually(page, lambda: names(page), ["Norm"])
    expect(page.get_by_role("button", name="Remove: Norm")).to_be_disabled()


def test_changes_are_undone_and_done_again_and_a_theme_is_chosen_and_drawn(page: Page) -> None:
    type_value(page, "learning_rate", "0.2")
    settled(page)
    type_value(page, "threshold", "3")
    settled(page)
    page.locator("main").focus()
    page.keyboard.press("Control+z")
    settled(page)
    assert experiment(page)["variants"][1]["clip"]["params"]["max_norm"] == 1
    assert experiment(page)["optimizer"]["params"]["learning_rate"] == 0.2
    page.keyboard.press("Control+z")
    settled(page)
    assert experiment(page)["optimizer"]["params"]["learning_rate"] == 0.1
    page.keyboard.press("Control+Shift+z")
    settled(page)
    assert experiment(page)["optimizer"]["params"]["learning_rate"] == 0.2
    corner = "() => [...readable(document.querySelector('.panel canvas.base')).getImageData(80, 80, 1, 1).data]"
    light = page.evaluate(corner)
    page.get_by_role("button", name="Theme: as your system").click()
    page.get_by_role("button", name="Theme: light").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    eventually(page, lambda: sum(page.evaluate(corner)[:3]) < sum(light[:3]) - 150, True)


def test_a_long_run_still_follows_the_thumb_with_fewer_notches(visit: Visit) -> None:
    page = visit("/?n_steps=2000")
    asked = simulations(page)
    x, y = grab(page, "threshold")
    page.mouse.move(x + 30, y)
    until(page, f"async () => !({MAIN}).store.get().session.result.exact")
    page.mouse.up()
    settled(page)
    fans = [len(body["axes"]["values"]) for body in asked if "axes" in body]
    assert len(fans) == 1
    assert 5 <= fans[0] < 41
