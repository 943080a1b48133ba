"""The promise of the README, sentence by sentence, and the corpus of links that holds us to it."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent / "links"))
from make_corpus import FILE, QUERIES, READABLE_FILE, curves, documents

from clipscape.addresses import hash_of, read_hash
from clipscape.links.database import Database, make_backend
from clipscape.links.ids import digest_of, id_of
from clipscape.links.store import LinkStore
from clipscape.readable import expand_query
from clipscape.understanding import read_scenario

ROOT = Path(__file__).parent.parent
CORPUS = json.loads(FILE.read_text())
READABLE = json.loads(READABLE_FILE.read_text())
NAMES = [entry["name"] for entry in CORPUS]

PROMISE = {
    "A Clipscape link never changes and never expires.": [
        "test_a_stored_link_never_changes",
        "test_what_comes_back_is_what_was_stored_byte_for_byte",
    ],
    "Any link made by any released version opens in every later version, shows the same parameters, "
    "and draws the same curves;": [
        "test_every_link_of_the_corpus_opens_with_the_same_parameters",
        "test_every_link_of_the_corpus_draws_the_same_curves",
        "test_the_page_opens_every_link_of_the_corpus",
        "test_readable_links_open_with_the_same_parameters",
    ],
    "if a later numerical engine would draw them differently, the page says so.": [
        "test_a_link_of_another_engine_says_so",
    ],
    "A short link is acknowledged only after it is on disk.": [
        "test_no_acknowledged_link_is_lost_when_the_writer_is_killed",
        "test_every_commit_is_on_the_disk_before_it_is_acknowledged",
    ],
    "An operator can delete one link; nobody else can.": [
        "test_a_removed_link_is_410_and_is_not_stored_again",
        "test_delete_takes_an_id_or_a_whole_link",
    ],
}


def test_the_readme_makes_exactly_this_promise() -> None:
    quoted = " ".join(re.findall(r"^> (.*)$", (ROOT / "README.md").read_text(), flags=re.MULTILINE))
    assert quoted == " ".join(PROMISE)


def test_every_sentence_of_the_promise_has_its_tests() -> None:
    present = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        present |= set(re.findall(r"^def (test_\w+)", path.read_text(), flags=re.MULTILINE))
    for sentence, tests in PROMISE.items():
        assert set(tests) <= present, sentence


def test_the_corpus_holds_everything_that_it_should() -> None:
    assert len(CORPUS) >= 30
    assert len(set(NAMES)) == len(NAMES)
    assert set(QUERIES) == set(READABLE)
    assert set(documents()) == set(NAMES), "run python tests/links/make_corpus.py"


@pytest.mark.parametrize("entry", CORPUS, ids=NAMES)
def test_every_link_of_the_corpus_opens_with_the_same_parameters(entry: dict[str, Any]) -> None:
    opened = read_scenario(read_hash(entry["long"]))
    assert opened.as_data() == entry["document"]
    body = opened.canonical_json().encode()
    assert id_of(digest_of(body)) == entry["short"], "the same document has the same id in every release"
    assert read_scenario(read_hash(hash_of(opened.as_data()))) == opened


@pytest.mark.parametrize("entry", CORPUS, ids=NAMES)
def test_every_link_of_the_corpus_draws_the_same_curves(entry: dict[str, Any]) -> None:
    for now, then in zip(curves(entry["document"]), entry["curves"], strict=True):
        assert (now["name"], now["status"]) == (then["name"], then["status"])
        assert now["loss"] == pytest.approx(then["loss"], rel=1e-8, abs=1e-12)


@pytest.mark.parametrize("query", READABLE)
def test_readable_links_open_with_the_same_parameters(query: str) -> None:
    expanded = expand_query(query)
    assert expanded.remarks == []
    assert read_scenario(expanded.document).as_data() == READABLE[query]


def test_a_stored_link_never_changes(tmp_path: Path) -> None:
    store = LinkStore(Database(make_backend("", tmp_path, 10**9, 0, 5.0)))
    bodies = [read_scenario(entry["document"]).canonical_json().encode() for entry in CORPUS]
    ids = [store.put(body, 1).id for body in bodies]
    assert ids == [entry["short"] for entry in CORPUS]
    store.database.close()
    again = LinkStore(Database(make_backend("", tmp_path, 10**9, 0, 5.0)))
    for body, link_id in zip(bodies, ids, strict=True):
        again.put(body, 1)
        assert again.get(link_id).body == body
    again.database.close()
