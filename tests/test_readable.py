"""Readable links in Python. That the page reads them alike is tested in the browser, over the same corpus."""

from __future__ import annotations

import pytest

from clipscape.readable import expand_query, read_number
from clipscape.understanding import read_scenario
from readable_links import QUERIES


def test_what_a_link_says_is_what_the_scenario_has() -> None:
    document, remarks = expand_query("?preset=pascanu-wall&learning_rate=0,2&threshold=0.7&n_steps=120&hide=noise")
    experiment = document["experiment"]
    assert remarks == []
    assert experiment["problem"]["kind"] == "recurrent_unit"
    assert experiment["optimizer"]["params"]["learning_rate"] == 0.2
    assert [v["clip"]["params"] for v in experiment["variants"][1:]] == [
        {"max_norm": 0.7, "epsilon": 0},
        {"clip_value": 0.7},
    ]
    assert experiment["n_steps"] == 120
    assert document["view"]["hide"] == ["noise"]


def test_keys_act_in_their_own_order_not_in_that_of_the_link() -> None:
    early = expand_query("?threshold=3&clips=norm,value&problem.height=7&problem=canyon").document
    late = expand_query("?problem=canyon&problem.height=7&clips=norm,value&threshold=3").document
    assert early == late
    assert early["experiment"]["problem"]["params"]["height"] == 7


def test_what_cannot_be_used_is_told_and_left_out() -> None:
    document, remarks = expand_query("?learning_rate=fast&colour=red&preset=nothing")
    assert document == expand_query("").document
    assert remarks == [
        "There is no preset of that name; this is the default comparison.",
        "The link's learning_rate could not be used.",
        "A part of the link is not known here.",
    ]


@pytest.mark.parametrize("query", QUERIES)
def test_whatever_the_link_says_the_document_is_one_that_runs(query: str) -> None:
    document = expand_query(query).document
    if document["view"]["tab"] == "recurrent":
        document["experiment"]["start"] = None
    scenario = read_scenario(document)
    assert scenario.view.tab == document["view"]["tab"]


@pytest.mark.parametrize(
    ("text", "number"),
    [("1", 1.0), (" 0,5 ", 0.5), ("−2", -2.0), ("+4.", 4.0), (".5", 0.5), ("1e-3", 1e-3)],
)
def test_numbers_are_read_as_people_type_them(text: str, number: float) -> None:
    assert read_number(text) == number


@pytest.mark.parametrize("text", ["1.2.3", "abc", "", "1e", "Infinity", "0x10", "1_0", "٣", "1\n2"])
def test_what_is_no_number_is_none(text: str) -> None:
    assert read_number(text) != read_number(text)
