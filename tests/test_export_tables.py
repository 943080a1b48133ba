"""Tables and documents of a run: every recorded number, to the last digit."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import numpy as np
import pytest

import clipscape
from clipscape.exports.columns import COLUMNS, columns_of
from clipscape.wire import FIELDS, NETWORK_FIELDS
from scenarios import clip, document

DIVERGES = document("quartic", clip("none"), clip("norm"), learning_rate=3.0, n_steps=40)
NETWORK = "?tab=recurrent&hidden_size=3&n_steps=9"


def parsed(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_every_recorded_quantity_has_a_column() -> None:
    assert {c.field for c in COLUMNS if c.family != "network"} == set(FIELDS)
    assert {c.field for c in COLUMNS if c.family != "landscape" and not c.of_probe} == set(NETWORK_FIELDS)


@pytest.mark.parametrize("source", [DIVERGES, NETWORK, "heavy-tails"])
def test_the_table_holds_every_number_to_the_last_digit(source: Any) -> None:
    result = clipscape.run(source)
    lines = parsed(result.to_csv())
    for variant in result.values():
        own = [line for line in lines if line["variant"] == variant.name]
        assert [int(line["step"]) for line in own] == list(range(len(variant.loss)))
        for column in columns_of(result.problem):
            if column.of_probe:
                continue
            numbers = variant.series[column.field].reshape(len(variant.series[column.field]), -1).astype(float)
            names = list(column.names(result.problem))
            told = [[line[name] for name in names] for line in own]
            read = np.array([[float(text or "nan") for text in line] for line in told[: len(numbers)]])
            assert np.array_equal(read.reshape(numbers.shape), numbers, equal_nan=True), column.field
            assert all(not any(line) for line in told[len(numbers) :])


def test_a_variant_that_diverged_ends_where_it_stopped() -> None:
    result = clipscape.run(DIVERGES)
    lines = [line for line in parsed(result.to_csv()) if line["variant"] == "variant 0"]
    assert result["variant 0"].status == "diverged"
    assert len(lines) == result["variant 0"].summary["n_steps"] + 1 < 41
    assert lines[-1]["grad_norm"] == ""
    assert lines[-1]["loss"] != ""


def test_names_with_commas_and_quotes_survive() -> None:
    body = document("cliff", clip("none"), learning_rate=0.1, n_steps=2)
    body["experiment"]["variants"][0]["name"] = 'a, "b"'
    assert {line["variant"] for line in parsed(clipscape.run(body).to_csv())} == {'a, "b"'}


@pytest.mark.parametrize("source", [DIVERGES, NETWORK])
def test_the_document_holds_scenario_and_run(source: Any) -> None:
    result = clipscape.run(source)
    told = json.loads(result.to_json())
    assert told["scenario"] == json.loads(json.dumps(clipscape.Scenario.read(source).to_dict()))
    assert told["clipscape"] == clipscape.__version__
    for variant, own in zip(told["run"]["variants"], result.values(), strict=True):
        assert variant["name"] == own.name
        assert variant["outcome"]["sentence"] == own.sentence
        for name, numbers in own.series.items():
            read = np.array(variant["series"][name], dtype=float)
            assert np.array_equal(read, np.where(np.isfinite(numbers), numbers, np.nan), equal_nan=True), name
