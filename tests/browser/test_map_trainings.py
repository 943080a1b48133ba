"""Maps of networks tell their price first; maps of noisy runs take several seeds."""

from __future__ import annotations

import json
from typing import Any

from acting import MAIN, Visit, settled, until, written
from mapping import SWEEP, asked, cells, document, mapped, place
from playwright.sync_api import Page, Request, expect
from training import LAB, trained

NETWORK = "/?tab=map&problem=tanh_rnn&task=temporal_order&sequence_length=10&hidden_size=3&n_steps=40&resolution=3"
NOISY = "/?tab=map&preset=heavy-tails&n_steps=80&resolution=6&seeds=4"


def asks(page: Page) -> list[Request]:
    """Collect the maps that are asked for from now on."""
    found: list[Request] = []
    page.on("request", lambda request: request.url.endswith("sweep?arrays=base64") and found.append(request))
    return found


def test_a_map_of_networks_tells_its_price_waits_to_be_started_and_its_cells_open(visit: Visit, site: Any) -> None:
    page = visit("about:blank", wait=False)
    asked_for = asks(page)
    with page.expect_response("**/api/v1/sweep/estimate") as answer:
        page.goto(site.url + NETWORK)
    told = answer.value.json()
    price = page.locator(".atlas-price")
    expect(price).to_contain_text("27 trainings")
    words = "under a second" if told["wait"] < 1 else "about"
    expect(price).to_contain_text(words)
    assert asked_for == [], "nothing is computed before it is wanted"
    page.get_by_role("button", name="Start").click()
    mapped(page)
    assert len(asked_for) == 1
    events = asked(site.url, document(page))
    for variant in range(3):
        status = page.evaluate(f"async v => [...({SWEEP}).variants[v].cells.status]", variant)
        assert status == cells(events, variant, "status")
    assert "solve the task" in page.locator(".atlas-caption .sentence").first.inner_text()
    written(page)
    statuses = page.evaluate(
        f"async () => {{ const s = {SWEEP}; return s.variants.map(v => s.statuses[v.cells.status[7]]); }}"
    )
    page.mouse.click(**place(page, 1, 2))
    trained(page)
    assert document(page)["view"]["tab"] == "recurrent"
    assert page.evaluate(f"async () => {LAB}.variants.map(v => v.outcome.status)") == statuses
    written(page)
    page.go_back()
    mapped(page)
    assert len(asked_for) == 1, "going back costs nothing"
    page.locator("[data-control=network] select").first.select_option("gru")
    expect(price).to_be_visible()
    expect(page.locator(".atlas-plot")).to_have_count(0)  # no map of one network under the name of another
    page.get_by_role("link", name="Recurrent").click()
    trained(page)
    assert document(page)["experiment"]["problem"]["kind"] == "gru"


def test_several_seeds_show_shares_of_them(visit: Visit, site: Any) -> None:
    page = visit(NOISY, wait=False)
    mapped(page)
    events = asked(site.url, document(page))
    assert events["start"][0]["seeds"] == 4
    page.locator("#map .segment", has_text="Seeds near").click()
    expect(page.locator(".atlas-key")).to_contain_text("Share of seeds that end near a minimum")
    for variant in range(page.locator(".atlas-plot").count()):
        near = page.evaluate(f"async v => [...({SWEEP}).variants[v].cells.share_near]", variant)
        assert near == cells(events, variant, "near")
        shares = [tile["variants"][variant]["shares"] for tile in events["tile"]]
        diverged = dict(
            pair
            for tile, share in zip(events["tile"], shares, strict=True)
            for pair in zip(tile["cells"], share["diverged"], strict=True)
        )
        shown = page.evaluate(f"async v => [...({SWEEP}).variants[v].cells.share_diverged]", variant)
        assert shown == [diverged[cell] for cell in range(36)]
    page.mouse.move(**place(page, 3, 3))
    expect(page.locator(".atlas-facts").first).to_contain_text("seeds near")
    expect(page.locator(".atlas-spark-note").first).to_contain_text("loss, seed")


def test_one_seed_is_enough_where_nothing_is_random_and_a_refused_map_keeps_the_last_one(
    visit: Visit, complaints: list[str]
) -> None:
    page = visit("/?tab=map&resolution=6&n_steps=40&seeds=8&measure=share_near", wait=False)
    mapped(page)
    assert page.evaluate(f"async () => ({SWEEP}).seeds") == 1
    assert page.locator("#map .segment input:checked").get_attribute("value") == "outcome"
    note = page.evaluate(
        """async body => {
          const answer = await fetch('api/v1/sweep/estimate', {
            method: 'POST', headers: { 'content-type': 'application/json' }, body,
          });
          return (await answer.json()).seeds_note;
        }""",
        json.dumps({"version": 1, "experiment": document(page)["experiment"]}),
    )
    expect(page.locator(".atlas-seeds")).to_contain_text(note)
    refusal = {"where": "resolution", "what": "is too high", "remedy": "lower it"}
    page.route(
        "**/sweep?arrays=base64",
        lambda route: route.fulfill(
            status=422,
            content_type="application/problem+json",
            body=json.dumps({"title": "Refused", "status": 422, "errors": [refusal]}),
        ),
    )
    page.locator("[data-control=resolution] .segment", has_text="256").click()
    expect(page.locator("[data-control=resolution] .field-error")).to_have_text("Is too high: lower it.")
    assert page.locator(".atlas-plot").count() == 3
    assert all("422" in words for words in complaints)
    complaints.clear()
    page.unroute("**/sweep?arrays=base64")
    page.locator("[data-control=resolution] .segment", has_text="32").click()
    mapped(page)
    expect(page.locator("[data-control=resolution] .field-error")).to_be_hidden()
    until(page, f"async () => ({MAIN}).store.get().session.sweep.columns === 32")
    page.get_by_role("link", name="Compare").click()
    settled(page)
