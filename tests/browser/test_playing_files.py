"""Files that play by themselves: opened from the disk, without a network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from acting import STILL, eventually, frames, painted, until
from playwright.sync_api import Browser, Page, expect

import clipscape
from clipscape.preview_ink import VARIANTS
from conftest import listen

NASTY = "</script><script>document.title = 'caught'</script><img src=x onerror=\"document.title = 'caught'\">"

COLOUR_AT = """([panel, x, y]) => {
  const map = document.querySelectorAll('.map')[panel];
  const side = name => parseFloat(map.style.getPropertyValue(`--map-${name}`));
  const px = side('left') + x * (map.clientWidth - side('left') - side('right'));
  const py = side('top') + (1 - y) * (map.clientHeight - side('top') - side('bottom'));
  const canvas = map.querySelector('.now');
  const ratio = canvas.width / canvas.clientWidth;
  const [red, green, blue] = readable(canvas).getImageData(Math.round(px * ratio), Math.round(py * ratio), 1, 1).data;
  return '#' + [red, green, blue].map(part => part.toString(16).padStart(2, '0')).join('');
}"""


def step_of(page: Page) -> int:
    return int(page.locator(".player-now").inner_text())


def test_a_page_plays_from_the_disk_without_a_network(chromium: Browser, tmp_path: Path) -> None:
    scenario = clipscape.Scenario.preset("leash-or-cap")
    result = clipscape.run({**scenario.to_dict(), "meta": {"title": NASTY, "note": NASTY}})
    file = tmp_path / "run.html"
    result.save(file)
    said: list[str] = []
    requests: list[str] = []
    context = chromium.new_context(**STILL, offline=True)
    page = context.new_page()
    listen(page, said)
    page.on("request", lambda request: requests.append(request.url))
    page.goto(file.as_uri())
    expect(page.locator(".caption-title")).to_have_text(NASTY)
    assert page.title() == f"{NASTY}: Clipscape"
    expect(page.locator(".panel .sentence")).to_have_text(list(result.sentences.values()))
    frames(page)
    assert page.locator(".badge").all_inner_texts() == [variant.headline for variant in result.variants]
    window = np.array(result.problem.window)

    def drawn(panel: int, step: int) -> Any:
        share = (result.variants[panel].params[step] - window[:, 0]) / (window[:, 1] - window[:, 0])
        return page.evaluate(COLOUR_AT, [panel, *share])

    assert step_of(page) == 300
    assert [drawn(panel, 300) for panel in (1, 2)] == list(VARIANTS[1:3]), "the heads stand where the runs end"
    page.keyboard.press("Home")
    until(page, "() => document.querySelector('.player-now').textContent === '0'")
    frames(page)
    assert [drawn(panel, 300) for panel in (1, 2)] != list(VARIANTS[1:3])
    page.get_by_role("button", name="Play (space)").click()
    until(page, "() => Number(document.querySelector('.player-now').textContent) > 3")
    page.get_by_role("button", name="Pause (space)").click()
    frames(page)
    now = step_of(page)
    assert 3 < now < 300
    assert [drawn(panel, now) for panel in (1, 2)] == list(VARIANTS[1:3]), "and in between where they are then"
    page.locator(".origin summary").click()
    expect(page.locator(".origin dl")).to_contain_text("Norm, threshold 1")
    page.get_by_role("button", name="Table of Norm").click()
    expect(page.locator("dialog[open] tbody tr")).to_have_count(301)
    assert said == []
    assert requests == [file.as_uri()]
    context.close()


def test_a_training_plays_from_the_disk(chromium: Browser, tmp_path: Path) -> None:
    result = clipscape.run("?tab=recurrent&hidden_size=4&n_steps=40")
    file = tmp_path / "training.html"
    result.save(file)
    said: list[str] = []
    context = chromium.new_context(**STILL, offline=True)
    page = context.new_page()
    listen(page, said)
    page.goto(file.as_uri())
    expect(page.locator(".lab-column .sentence")).to_have_text(list(result.sentences.values()))
    expect(page.locator(".player-now")).to_have_text("40")
    assert page.locator(".badge").all_inner_texts() == [variant.headline for variant in result.variants]
    for name in ("heat", "gauge", "outputs"):
        canvases = page.locator(f".lab-{name} canvas").all()
        eventually(page, lambda: sum(painted(canvas) > 1000 for canvas in canvases) >= 3, True)  # noqa: B023
    before = page.locator(".lab-column .facts").all_inner_texts()
    page.keyboard.press("Home")
    until(page, "() => document.querySelector('.player-now').textContent === '0'")
    eventually(page, lambda: page.locator(".lab-column .facts").all_inner_texts() != before, True)
    page.get_by_role("button", name="Table of Norm").click()
    expect(page.locator("dialog[open] tbody tr")).to_have_count(41)
    assert said == []
    context.close()
