"""A link shows a friend exactly the same; a bad one says what is wrong and leaves a working page."""

from __future__ import annotations

import base64
import json
import re
import zlib
from typing import Any

from acting import (
    LIVELY,
    Visit,
    eventually,
    experiment,
    fresh,
    path_pixels,
    sentences,
    settled,
    state,
    type_value,
    written,
)
from playwright.sync_api import Page, expect


def hash_of(document: Any) -> str:
    """Encode a document as the page does, with Python's own tools."""
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = deflater.compress(json.dumps(document).encode()) + deflater.flush()
    return "#1." + base64.urlsafe_b64encode(packed).decode().rstrip("=")


def document_in(address: str) -> Any:
    """Read the document out of an address with Python's own tools."""
    text = address.split("#1.")[1]
    return json.loads(zlib.decompress(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), -15))


def addressed(page: Page) -> str:
    """Wait until the address has caught up, and return it."""
    settled(page)
    written(page)
    return page.evaluate("location.href")


def remembered(page: Page, **view: Any) -> None:
    """Wait until the document says what the clock does: how far it is and whether it stands."""
    eventually(page, lambda: {name: state(page)["document"]["view"].get(name) for name in view}, view)


def test_the_address_always_holds_the_whole_document(page: Page) -> None:
    type_value(page, "threshold", "2.5")
    document = document_in(addressed(page))
    assert document["version"] == 1
    assert document["experiment"] == experiment(page)
    assert document["experiment"]["variants"][1]["clip"]["params"] == {"max_norm": 2.5, "epsilon": 0}
    assert document["experiment"]["start"] == [-1.29, 1.95], "defaults are written out"


def test_a_friend_sees_the_same(page: Page, visit: Visit) -> None:
    type_value(page, "learning_rate", "0.137")
    page.get_by_role("slider", name="Step", exact=True).fill("42")
    remembered(page, step=42)
    friend = visit(addressed(page))
    settled(friend)
    expect(friend.locator(".player-now")).to_have_text("42")
    assert sentences(friend) == sentences(page)
    eventually(page, lambda: path_pixels(friend, 2), path_pixels(page, 2))
    assert state(friend)["document"] == state(page)["document"]


def test_a_link_with_a_step_does_not_play(visit: Visit) -> None:
    page = visit("/?step=20", LIVELY)
    settled(page)
    assert not state(page)["playing"]
    assert state(page)["step"] == 20


def test_back_and_forward_travel_through_the_changes(page: Page) -> None:
    addressed(page)
    for rate in ("0.2", "0.3"):
        type_value(page, "learning_rate", rate)
        addressed(page)
    for travel, rate in ((page.go_back, 0.2), (page.go_back, 0.1), (page.go_forward, 0.2)):
        travel()
        eventually(page, lambda: experiment(page)["optimizer"]["params"]["learning_rate"], rate)
        settled(page)


def test_a_readable_link_is_expanded(visit: Visit) -> None:
    page = visit(
        "/?preset=pascanu-wall&learning_rate=0.2&threshold=0.7&n_steps=120&hide=optimizer,noise&theme=dark&step=5"
    )
    settled(page)
    now = state(page)["document"]
    assert now["experiment"]["problem"]["kind"] == "recurrent_unit"
    assert now["experiment"]["optimizer"]["params"]["learning_rate"] == 0.2
    assert now["experiment"]["variants"][1]["clip"]["params"]["max_norm"] == 0.7
    assert now["experiment"]["n_steps"] == 120
    expect(page.locator("#caption .caption-title")).to_be_hidden()
    assert now["view"]["step"] == 5
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.locator("[data-control=optimizer]")).to_be_hidden()
    expect(page.locator("[data-control=schedule]")).to_be_visible()
    expect(page.locator(".banner.note")).to_be_hidden()
    assert "?" not in addressed(page)


def test_all_settings_can_be_hidden(visit: Visit) -> None:
    page = visit("/?hide=controls,share,presets", wait=False)
    page.wait_for_selector(".panel .badge[data-status]")
    expect(page.locator("#controls")).to_be_hidden()
    expect(page.get_by_role("button", name="Share")).to_be_hidden()


def test_what_a_readable_link_gets_wrong_is_told(visit: Visit) -> None:
    page = visit(
        "/?preset=nothing&learning_rate=fast&threshold=-1&problem=<script>&colour=red&n_steps=999999999&theme=pink&slow=perhaps"
    )
    note = page.locator(".banner.note")
    for words in (
        "no preset of that name",
        "learning_rate could not be used",
        "threshold could not be used",
        "problem could not be used",
        "not known here",
        "n_steps could not be used",
        "theme could not be used",
        "slow could not be used",
    ):
        expect(note).to_contain_text(words)
    page.get_by_role("button", name="Dismiss").click()
    expect(note).to_be_hidden()


BOMB = hash_of({"version": 1, "experiment": {"filler": "0" * 10_000_000}})


BAD_LINKS = [
    ("#1.", "damaged"),
    ("#1.AAAA", "damaged"),
    ("#1.%%%", "damaged"),
    ("#something", "damaged"),
    ("#2.AAAA", "newer version"),
    (hash_of({"version": 2, "experiment": {}}), "newer version"),
    (hash_of([1, 2]), "does not hold a comparison"),
    (hash_of({"version": 1, "experiment": {"problem": {"kind": "moon"}}}), "landscape that this server does not know"),
    (BOMB, "more than a comparison can"),
    ("#1." + "A" * 40_000, "too long"),
    (hash_of({"version": 1, "experiment": {"problem": {"kind": "cliff"}, "n_steps": 1e9}}), "out of range"),
    (
        hash_of(
            {
                "version": 1,
                "experiment": {
                    "problem": {"kind": "cliff", "params": {"__proto__": 1, "height": "x"}},
                    "start": [1, 2, 3],
                },
            }
        ),
        "default",
    ),
    (
        hash_of(
            {
                "version": 1,
                "experiment": {
                    "problem": {"kind": "cliff"},
                    "variants": [{"name": "\u202e\u0000<img>", "clip": {"kind": "norm"}}],
                },
                "extra": 1,
            }
        ),
        "does not know",
    ),
]


def test_bad_links_give_a_message_and_a_working_page(visit: Visit) -> None:
    page = visit(f"/{BOMB}")
    note = page.locator(".banner.note")
    expect(note).to_contain_text("more than a comparison can")
    type_value(page, "learning_rate", "0.21")
    settled(page)
    assert experiment(page)["optimizer"]["params"]["learning_rate"] == 0.21
    for link, words in BAD_LINKS:
        page.evaluate("link => { location.hash = link; }", link)
        expect(note).to_contain_text(words)
        page.get_by_role("button", name="Dismiss").click()
        expect(note).to_be_hidden()
        settled(page)
    assert len(sentences(page)) == 1, "the last link holds one variant"


def test_ten_thousand_mutated_links_never_hang_or_throw_anything_else(page: Page) -> None:
    good = addressed(page).split("#")[1]
    outcome = page.evaluate(
        """async good => {
          const { decodeLink } = await import('./js/state/opening.js');
          const { LinkError } = await import('./js/state/link.js');
          const { store } = await import('./js/main.js');
          const { catalog } = store.get().session;
          const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.#%';
          let seed = 1;
          const random = below => { seed = (seed * 48271) % 2147483647; return seed % below; };
          const letter = () => alphabet[random(alphabet.length)];
          const mutate = text => {
            for (let count = 1 + random(3); count > 0; count -= 1) {
              const at = random(text.length);
              const kind = random(5);
              if (kind === 0) text = text.slice(0, at) + letter() + text.slice(at + 1);
              else if (kind === 1) text = text.slice(0, at) + text.slice(at + 1 + random(9));
              else if (kind === 2) text = text.slice(0, at) + letter().repeat(1 + random(40)) + text.slice(at);
              else if (kind === 3) text = text.slice(0, at);
              else text = text.slice(at) + text.slice(0, at);
            }
            return text;
          };
          const result = { opened: 0, refused: 0, other: [] };
          for (let count = 0; count < 10000; count += 1) {
            try {
              const { document } = await decodeLink('#' + mutate(good), catalog);
              if (!document.experiment.variants.length) result.other.push('half a document');
              result.opened += 1;
            } catch (error) {
              if (error instanceof LinkError) result.refused += 1;
              else result.other.push(String(error));
            }
          }
          return result;
        }""",
        good,
    )
    assert outcome["other"] == []
    assert outcome["opened"] + outcome["refused"] == 10_000
    assert outcome["refused"] > 5_000


def test_a_hostile_name_is_shown_as_text_and_more_variants_than_fit_are_kept(visit: Visit) -> None:
    name = "<img src=x onerror=alert(1)>"
    variants = [
        {"name": f"Rule {index}", "clip": {"kind": "norm", "params": {"max_norm": index}}} for index in range(1, 7)
    ]
    variants[0]["name"] = name
    page = visit(f"/{hash_of({'version': 1, 'experiment': {'problem': {'kind': 'cliff'}, 'variants': variants}})}")
    expect(page.locator(".panel-name").first).to_have_text(name)
    assert page.locator(".panel img").count() == 0
    assert page.locator(".panel").count() == 4
    expect(page.locator(".settings-variants")).to_contain_text("2 more in this link")
    kept = document_in(addressed(page))["experiment"]["variants"]
    assert [variant["name"] for variant in kept] == [variant["name"] for variant in variants]


def test_readable_and_long_links_lead_to_the_same_experiment(visit: Visit) -> None:
    page = visit(
        "/?preset=too-tight-too-loose&learning_rate=0.05&seed=7&start=0.5,1.25&optimizer=momentum&optimizer.momentum=0.7"
    )
    settled(page)
    page.get_by_role("button", name="Share").click()
    readable = page.get_by_role("textbox", name="Readable link")
    expect(readable).to_be_visible()
    assert document_in(fresh(page, "Long link"))["experiment"] == experiment(page)
    page.get_by_role("button", name="Copy: Long link").click()
    expect(page.locator(".copied").nth(1)).not_to_be_empty()
    friend = visit(readable.input_value())
    settled(friend)
    assert experiment(friend) == experiment(page)
    assert experiment(page)["optimizer"]["params"] == {"learning_rate": 0.05, "momentum": 0.7}


def test_slow_motion_travels_and_leaves_no_trace_where_it_is_off(page: Page, visit: Visit) -> None:
    assert not {"slow", "paused"} & set(document_in(addressed(page))["view"])
    page.get_by_role("slider", name="Step", exact=True).fill("12")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Slow motion").click()
    remembered(page, step=12, slow=True)
    friend = visit(addressed(page))
    expect(friend.get_by_role("button", name="Slow motion")).to_have_attribute("aria-pressed", "true")
    expect(friend.locator(".update h3").nth(1)).to_have_text("Norm, step 12 to 13")
    assert state(friend)["document"] == state(page)["document"]
    friend.get_by_role("button", name="Slow motion").click()
    assert "slow" not in document_in(addressed(friend))["view"]


def test_a_picture_that_stands_at_its_start_is_linked_standing_and_one_that_plays_playing(visit: Visit) -> None:
    page = visit("/?speed=0.25", LIVELY)
    page.keyboard.press(" ")
    page.keyboard.press("Home")
    remembered(page, step=0, paused=True)
    friend = visit(addressed(page), LIVELY)
    settled(friend)
    assert (state(friend)["playing"], state(friend)["step"]) == (False, 0)
    page.keyboard.press(" ")
    remembered(page, step=0, paused=None)
    view = document_in(addressed(page))["view"]
    assert (view["step"], view.get("paused")) == (0, None)
    assert state(visit(addressed(page), LIVELY))["playing"]


def test_slow_motion_can_be_typed_by_hand(visit: Visit) -> None:
    page = visit("/?slow&paused&surface=surface&learning_rate=0.2", LIVELY)
    assert (state(page)["document"]["view"]["slow"], state(page)["playing"]) == (True, False)
    page.get_by_role("button", name="Share").click()
    readable = page.get_by_role("textbox", name="Readable link")
    expect(readable).to_have_value(re.compile(r"/\?learning_rate=0\.2&surface=surface&slow$"))
