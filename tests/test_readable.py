"""Readable links in Python. That the page reads them alike is tested in the browser, over the same corpus."""

from __future__ import annotations

import pytest

from clipscape.complaints import ScenarioError
from clipscape.readable import changed, expand_query, read_query
from clipscape.readable_base import read_number
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
    document, remarks = expand_query(
        "?learning_rate=fast&colour=red&preset=nothing&problem.x=1&=2&%3Cb%C3%A9=" + "3" * 60
    )
    assert document == expand_query("").document
    assert remarks == [
        "There is no preset of that name; this is the default comparison.",
        "The link's learning_rate could not be used.",
        'The link\'s "colour" is not known here.',
        "The link's problem.x could not be used.",
        "A part of the link is not known here.",
        'The link\'s "<b?" is not known here.',
    ]
    assert expand_query("?" + "x" * 60).remarks == [f'The link\'s "{"x" * 39}…" is not known here.']


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        ("?preset=pascanu-wal", "preset: there is no preset pascanu-wal (did you mean pascanu-wall?)"),
        ("?preset=nope", "preset: there is no preset nope (use one of: leash-or-cap, "),
        ("?threshold=abc", "threshold: abc is not possible: max_norm must be a number (threshold: from 1e-12 to "),
        ("?threshold=-3", "threshold: -3 is not possible: max_norm must be greater than 0"),
        ("?threshold=1e999", "threshold: 1e999 is not possible: it must be a finite number"),
        ("?clips=none&threshold=2", "threshold: no variant has a threshold (choose clips that have one: norm, value, "),
        ("?learning_rate=0", "learning_rate: 0 is not possible: learning_rate must be at least 1e-06 (learning rate: "),
        ("?treshold=1", "treshold: there is no setting of this name (did you mean threshold?)"),
        ("?height=1", "height: there is no setting of this name (did you mean problem.height?)"),
        ("?colour=red", "colour: there is no setting of this name (names: tab, problem, "),
        ("?problem.heigth=1", "problem.heigth: cliff has no such parameter (did you mean height?)"),
        ("?problem=clif", "problem: clif is not a known problem (did you mean cliff?)"),
        ("?problem=gru&tab=map&task=cliff", "task: cliff is not a known task (use one of: adding, "),
        ("?preset=irnn-on-a-leash&problem=cliff", "problem: cliff is a landscape, and this comparison trains"),
        ("?task=adding", "task: only a network has it"),
        ("?init.gain=2", "init.gain: only a network has a kind of first weights"),
        ("?tab=recurrent&layer_norm=perhaps", "layer_norm: perhaps is not possible: layer_norm must be true or false"),
        ("?n_steps=0", "n_steps: 0 is not possible (use a whole number from 1 to 5000)"),
        ("?start=1,2,3", "start: 1,2,3 is not possible (use two numbers such as 1,2, each from -1e+06 to 1e+06)"),
        ("?clips=norm,nrom", "clips: norm,nrom is not possible (use a list of: none, norm, "),
        ("?clips=" + "norm," * 16 + "norm", "clips: has more entries than 16"),
        ("?resolution=64", "resolution: only the Map tab has it (add tab=map)"),
        ("?tab=map&resolution=1", "resolution: 1 is not possible (use a whole number from 2 to 256)"),
        ("?" + "seed=1&" * 600, "link: has more than 4096 characters"),
        ("?seed=%1b[31m" + "x" * 60, f"seed: ?[31m{'x' * 34}… is not possible"),
    ],
)  # fmt: skip
def test_where_nobody_sees_a_remark_it_is_refused_with_name_value_and_what_is_allowed(
    query: str, complaint: str
) -> None:
    with pytest.raises(ScenarioError) as caught:
        read_query(query)
    assert str(caught.value.complaints[0]).startswith(complaint)
    assert len(caught.value.complaints) == 1


PASSED_OVER = {"no variant has a threshold", "has more entries than 16", "has more than 4096 characters"}
"""What the page takes without a word."""


def test_a_change_of_a_scenario_cannot_name_another_one() -> None:
    with pytest.raises(ScenarioError, match="the scenario is there already"):
        changed(expand_query("").document, "preset=ravine-turn")


@pytest.mark.parametrize("query", QUERIES)
def test_a_link_is_refused_where_the_page_has_a_remark_and_else_read_alike(query: str) -> None:
    document, remarks = expand_query(query)
    try:
        refused, read = [], read_query(query)
    except ScenarioError as error:
        refused, read = [complaint.what for complaint in error.complaints], document
    assert read == document
    assert remarks == [] or len(refused) >= min(10, len(remarks))
    assert remarks or set(refused) <= PASSED_OVER


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
