"""A run in one HTML file: complete, harmless, and what is in it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import clipscape
from clipscape.exports.bundle import BundleError, bundle, script_of
from clipscape.wire import decode_array

NASTY = "</script><script>alert(1)</script><!-- & \"'"


@pytest.fixture(scope="module")
def page() -> str:
    document = clipscape.Scenario.preset("leash-or-cap").to_dict()
    document["experiment"]["variants"][1]["name"] = "</SCRIPT><b>x"
    return (
        clipscape.run({**document, "meta": {"title": NASTY, "note": NASTY}}).to_page("https://clips.example").decode()
    )


def data_of(page: str) -> Any:
    [text] = re.findall(r'<script type="application/json" id="run">(.*?)</script>', page, re.DOTALL)
    return json.loads(text)


def test_what_users_write_stays_text(page: str) -> None:
    assert len(re.findall(r"(?i)</script", page)) == 2, "the data and the program, and nothing that ends them early"
    assert page.count("<!--") == 0
    assert (
        "<title>&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;!-- &amp; &quot;&#x27; - Clipscape</title>"
        in page
    )
    data = data_of(page)
    assert data["document"]["meta"] == {"title": NASTY, "note": NASTY}
    assert data["run"]["variants"][1]["name"] == "</SCRIPT><b>x"


def test_the_file_runs_its_own_program_and_fetches_nothing(page: str) -> None:
    [policy] = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)
    for name, tag in (("script-src", "<script>"), ("style-src", "<style>")):
        [text] = re.findall(rf"{tag}(.*?)</{tag[1:]}", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{name} 'sha256-{digest}';" in policy
    assert policy.startswith("default-src 'none';")
    assert re.findall(r'(?:src|href)="(?!data:)[^"]*"', page) == []
    assert len(page) < 1_500_000


def test_the_file_holds_the_numbers_of_the_run(page: str) -> None:
    data, result = data_of(page), clipscape.run("leash-or-cap")
    for sent, variant in zip(data["run"]["variants"], result.variants, strict=True):
        assert np.array_equal(decode_array(sent["series"]["params"]), variant.params.astype(np.float32))
        assert sent["outcome"]["sentence"] == variant.sentence
    assert clipscape.Scenario.read(data["link"]).to_dict() == data["document"]


def test_a_training_is_a_page_with_all_that_was_recorded() -> None:
    result = clipscape.run("?tab=recurrent&hidden_size=3&n_steps=12")
    training = data_of(result.to_page().decode())["training"]
    for sent, variant in zip(training["variants"], result.variants, strict=True):
        assert np.allclose(decode_array(sent["series"]["loss"]), variant.loss, rtol=1e-6)
        assert sent["outcome"]["sentence"] == variant.sentence
        assert decode_array(sent["heat"]["hidden"]).shape[0] == len(sent["heat"]["steps"]) > 3
    own = clipscape.problem(lambda x: (x @ x, 2 * x), window=[(-1, 1), (-1, 1)], start=[0.5, 0.5])
    with pytest.raises(ValueError, match="use to_html"):
        clipscape.run(own, n_steps=2).to_page()


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ('const later = () => import("./b.js");', "a.js: import( cannot be bundled"),
        ("export default 3;", "a.js: export cannot be bundled"),
        ('const words = "</script>";', "a.js: </script cannot be bundled"),
        ('import { a } from "./b.js";\n', "imports itself"),
    ],
)
def test_what_cannot_be_bundled_is_named(tmp_path: Path, source: str, words: str) -> None:
    (tmp_path / "a.js").write_text(source)
    (tmp_path / "b.js").write_text('import { b } from "./a.js";\nexport const a = 1;\n')
    with pytest.raises(BundleError, match=re.escape(words)):
        script_of(tmp_path, "a.js")
    with pytest.raises(BundleError, match="not installed"):
        bundle(tmp_path, "missing.html")
