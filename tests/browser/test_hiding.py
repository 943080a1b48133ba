"""What a lecturer hides with a link is hidden, said, and shown again to whoever asks for it."""

from __future__ import annotations

import re

from acting import Visit, fresh, settled, state
from playwright.sync_api import expect
from test_links import document_in

HIDING = "/?preset=leash-or-cap&hide=outcomes,curve_angle,optimizer,something_later"


def test_hidden_parts_are_told_can_be_shown_and_travel_on(visit: Visit) -> None:
    page = visit(HIDING, wait=False)
    page.wait_for_selector(".panel .badge[data-status]", state="attached")
    settled(page)
    note = page.locator(".veil")
    expect(note).to_contain_text("This link hides how the runs ended, the curve of the angle and the optimizer.")
    hidden = [".panel .outcome", "[data-chart=angle]", "[data-control=optimizer]", "#caption .caption-note"]
    for part in hidden:
        expect(page.locator(part).first).to_be_hidden()
    expect(page.locator("[data-chart=loss]")).to_be_visible()
    spoken = page.locator(".panel .map").first
    assert "hrown" not in str(spoken.get_attribute("aria-label")), "a screen reader does not give it away"
    note.get_by_role("button", name="Show everything").click()
    for part in hidden:
        expect(page.locator(part).first).to_be_visible()
    expect(spoken).to_have_attribute("aria-label", re.compile("hrown"))
    assert state(page)["document"]["view"]["hide"][-1] == "something_later", "the link stays what it is"
    note.get_by_role("button", name="Hide it again").click()
    expect(page.locator(hidden[0]).first).to_be_hidden()

    page.get_by_role("button", name="Share").click()
    page.get_by_text("Hide parts of the page").click()
    page.get_by_label("The optimizer").uncheck()
    page.get_by_label("All settings").check()
    wished = ["something_later", "outcomes", "curve_angle", "controls"]
    readable = page.get_by_role("textbox", name="Readable link")
    expect(readable).to_have_value(f"{page.url.split('#')[0]}?hide={','.join(wished)}")
    assert document_in(fresh(page, "Long link"))["view"]["hide"] == wished
    page.get_by_role("button", name="Make a short link").click()
    expect(page.get_by_role("textbox", name="Short link")).to_be_visible()
    name = fresh(page, "Short link").rsplit("/", 1)[1]
    framed = visit(f"/embed/{name}?controls=all", wait=False)
    expect(framed.locator(".veil")).to_contain_text("This link hides")
    for part in (".panel .outcome", "#controls"):
        expect(framed.locator(part).first).to_be_hidden()
    expect(framed.get_by_role("button", name="Show everything")).to_be_hidden()
