"""The forms of a link, and what a hash may hold."""

from __future__ import annotations

import base64
import json
import zlib
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clipscape.addresses import HashLink, QueryLink, StoredLink, as_address, hash_of, read_hash
from clipscape.complaints import ScenarioError

FROZEN = sorted((Path(__file__).parent / "links").glob("v*.json"))


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("#1.abc", HashLink("#1.abc")),
        ("/#1.abc", HashLink("#1.abc")),
        ("https://clipscape.example/#1.abc", HashLink("#1.abc")),
        ("https://clipscape.example/sub/embed?theme=dark#1.abc", HashLink("#1.abc")),
        ("?preset=x", QueryLink("?preset=x")),
        ("/?preset=x", QueryLink("?preset=x")),
        ("http://localhost:8000/?preset=x&threshold=2", QueryLink("?preset=x&threshold=2")),
        ("http://localhost:8000/", QueryLink("?")),
        ("https://clipscape.example/s/abcdefghjkmn", StoredLink("https://clipscape.example", "abcdefghjkmn")),
        ("https://h.example/sub/s/abcdefghjkmn", StoredLink("https://h.example/sub", "abcdefghjkmn")),
        ("/s/abcdefghjkmn", StoredLink("", "abcdefghjkmn")),
        ("https://h.example/sub/embed/abcdefghjkmn?theme=dark", StoredLink("https://h.example/sub", "abcdefghjkmn")),
        ("http://localhost:8400/s/zzzz", StoredLink("http://localhost:8400", "zzzz")),
        ("http://localhost:8400/s/", StoredLink("http://localhost:8400", "")),
        ("https://h.example/embed?controls=all&panels=1,2&loop=1-9&preset=x&slow", QueryLink("?preset=x&slow=")),
        ("https://h.example/embed", QueryLink("?")),
        ("https://h.example/sub?preset=x", QueryLink("?preset=x")),
        ("https://h.example/sub/", QueryLink("?")),
        ("https://h.example/docs", None),
        ("https://h.example/s/abcdefghjkmn/more", None),
        ("leash-or-cap", None),
        ("folder/scenario.json", None),
        ("folder/#1.json", None),
        ("", None),
    ],
)
def test_every_form_of_link_is_recognised(text: str, address: object) -> None:
    assert as_address(text) == address


@pytest.mark.parametrize("file", FROZEN, ids=lambda file: file.stem)
def test_a_hash_holds_the_whole_document(file: Path) -> None:
    document = json.loads(file.read_text())
    assert read_hash(hash_of(document)) == document


def packed(content: bytes) -> str:
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = deflater.compress(content) + deflater.flush()
    return "#1." + base64.urlsafe_b64encode(data).decode().rstrip("=")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("#1.", "damaged"),
        ("#1.AAAA", "damaged"),
        ("#1.%%%", "damaged"),
        ("#0.AAAA", "damaged"),
        ("#something", "damaged"),
        (hash_of({"version": 1})[:-3], "damaged"),
        (packed(b"{"), "damaged"),
        ("#2.AAAA", "newer version"),
        (packed(b'{"a": "' + b"0" * 10_000_000 + b'"}'), "more than a comparison"),
        ("#1." + "A" * 40_000, "too long"),
    ],
)
def test_a_bad_hash_is_explained(text: str, words: str) -> None:
    with pytest.raises(ScenarioError, match=words):
        read_hash(text)


@settings(max_examples=60)
@given(st.text(alphabet="AZaz09_-+/=é", max_size=60))
def test_nothing_but_a_scenario_error_comes_of_a_bad_hash(text: str) -> None:
    with suppress(ScenarioError):
        read_hash("#1." + text)
