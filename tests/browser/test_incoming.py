"""Comparisons that are brought to the page: dropped files and pasted links, whole and broken ones."""

from __future__ import annotations

import json
from typing import Any

import pytest
from acting import experiment, settled
from own_server import forgiven
from playwright.sync_api import Page, expect
from test_short_links import stored

import clipscape

DROP = """async ([name, text]) => {
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([text], name));
  for (const kind of ['dragover', 'drop']) {
    const event = new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true });
    document.querySelector('.panel').dispatchEvent(event);
    if (!event.defaultPrevented) throw new Error('the browser would open the file instead');
  }
}"""


def check_where_json_fails(page: Page) -> None:
    """Check that the place where a text stops being JSON is found, as Python finds it."""
    whole = '{"a": [1, -2.5e3, {}, [], {"b": "\\u00e9 \\" {"}], "c": true}'
    broken = [
        '{"a": oh}',
        '{"a" 1}',
        '{"a": 1,}',
        "[1, 2",
        "[1 2]",
        '{"a": 01}',
        '"a\nb"',
        "{}}",
        "[,]",
        '{"a": "x',
        "[}",
    ]
    python = []
    for text in broken:
        with pytest.raises(json.JSONDecodeError) as caught:
            json.loads(text)
        python.append(caught.value.pos)
    found = page.evaluate("async a => a.map((await import('./js/lib/jsonPlace.js')).failsAt)", [whole, *broken])
    assert found[0] == len(whole)
    assert found[1:] == [6, 5, 8, 5, 3, 7, 0, 2, 1, 6, 1]
    assert all(abs(ours - theirs) <= 2 for ours, theirs in zip(found[1:], python, strict=True)), python


def drop(page: Page, text: str) -> None:
    page.evaluate(DROP, ["scenario.json", text])


def paste(page: Page, text: str) -> None:
    if not page.locator("dialog[open]").count():
        page.locator("[data-control=export]").click()
    page.get_by_label("A link of any form").fill(text)
    page.get_by_role("button", name="Open", exact=True).click()


def test_files_are_dropped_and_links_pasted(page: Page, site: Any, complaints: list[str]) -> None:
    def shows(kind: str) -> None:
        expect(page.locator("dialog[open]")).to_have_count(0)
        expect(page.locator(".toolbar-title").first).to_contain_text(kind)
        settled(page)

    file = clipscape.Scenario.read("ravine-turn").to_dict()
    check_where_json_fails(page)
    cut_off = json.dumps(file, indent=1)[:60]
    with pytest.raises(json.JSONDecodeError) as caught:
        json.loads(cut_off)
    fails = caught.value
    drop(page, json.dumps(file, indent=1))
    shows("ravine")
    told = page.locator(".banner.note")
    expect(told).to_be_hidden()
    for text, words in (
        (
            '{"version": 1,\n "experiment": oh}',
            "not JSON, or was cut off: it cannot be read from line 2, column 16 on. Choose",
        ),
        (cut_off, f"not JSON, or was cut off: it cannot be read from line {fails.lineno}, "),
        (
            '{"loss": [1, 2]}',
            'This file holds no comparison: it has no "experiment". Choose a file that was made by Export',
        ),
        ('{"version": 7, "experiment": {}}', "This file was made by a newer version of Clipscape. Open it on a newer"),
        ("a,b\n1,2", "neither a scenario file nor a link. Open a JSON file made by Export, or paste"),
    ):
        drop(page, text)
        expect(told).to_contain_text(words)
    drop(page, json.dumps({**file, "question": {"about": "first"}}))
    expect(page.locator(".question-words")).to_have_text("Which variant settles first?")
    page.locator(".question input").first.check()
    page.get_by_role("button", name="Play and see").click()
    expect(page.locator(".question-verdict")).to_contain_text("“Norm”")
    drop(page, json.dumps({**file, "question": {"about": "first"}}))
    expect(page.get_by_role("button", name="Play and see")).to_be_visible()
    drop(page, json.dumps(file))
    expect(page.locator(".question")).to_be_hidden()

    link = stored(site)
    for brought in (f"{site.url}/s/{link}", f"<iframe src='{site.url}/embed?autoplay#1.AAAA'>", f"/s/{link}", link):
        paste(page, brought)
        if "AAAA" in brought:
            expect(page.locator(".export-state")).to_contain_text(
                "damaged or was cut off on its way. Copy it again, from"
            )
        else:
            shows("cliff")
            assert experiment(page)["n_steps"] == 60
            expect(page.locator(".question")).to_be_hidden()
            drop(page, json.dumps(file))
            shows("ravine")
    paste(page, f"{site.url}/s/222222222222")
    expect(page.locator(".export-state")).to_contain_text("There is no link of this id")
    forgiven(complaints)
