"""The quick experiments show what the papers found, and `docs/reproduction.md` shows what was run.

Single seeds are not the same on every machine, because rounding differs and training is chaotic; counts of five are
compared with room for one or two that end otherwise.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from clipscape.reproduce.chart import chart_of
from clipscape.reproduce.command import own_results, run_missing
from clipscape.reproduce.drawing import svg_of
from clipscape.reproduce.experiments import ADDING, ADDING_QUICK, PASCANU, PASCANU_QUICK, Experiment
from clipscape.reproduce.figure import figure_of
from clipscape.reproduce.ledger import Ledger
from clipscape.reproduce.runs import Result
from clipscape.reproduce.table import table_of

DOCS = Path(__file__).parent.parent / "docs"
EXPERIMENTS = {"pascanu-quick": PASCANU_QUICK, "adding-quick": ADDING_QUICK, "pascanu": PASCANU, "adding": ADDING}
SHOWN = sorted(path.stem for path in (DOCS / "reproduction").glob("*.csv"))


def run(experiment: Experiment, path: Path) -> list[Result]:
    ledger = Ledger(path)
    run_missing(experiment, ledger)
    return own_results(experiment, ledger)


def solved(results: list[Result], length: int, arm: str) -> int:
    return sum(r.outcome == "solved" for r in results if (r.length, r.arm) == (length, arm))


def test_clipping_decides_temporal_order_as_sequences_grow_longer(tmp_path: Path) -> None:
    results = run(PASCANU_QUICK, tmp_path / "runs.csv")
    assert len(results) == 60
    plain, clipped, regularised = (
        [solved(results, length, arm.name) for length in (10, 15, 20, 30)] for arm in PASCANU_QUICK.arms
    )
    assert plain[0] == clipped[0] == regularised[0] == 5, "short sequences need no clipping"
    assert max(plain[2:]) <= 1
    assert min(clipped[:3]) >= 4
    assert clipped[3] >= 3
    assert min(regularised) >= 4


def test_a_threshold_too_high_for_the_irnn_is_as_good_as_none(tmp_path: Path) -> None:
    results = run(replace(ADDING_QUICK, updates={10: ADDING_QUICK.updates[10]}), tmp_path / "runs.csv")
    losses = {arm.name: [r.loss for r in results if (r.length, r.arm) == (10, arm.name)] for arm in ADDING_QUICK.arms}
    assert solved(results, 10, "clip_1") >= 4
    assert solved(results, 10, "plain") == solved(results, 10, "clip_10") == 0
    assert min(losses["plain"]) > 0.1, "stuck at 1/6"
    assert max(losses["clip_0.3"]) < 0.05, "a low threshold is slow, not lost"


def test_both_quick_experiments_are_shown() -> None:
    assert {"pascanu-quick", "adding-quick"} <= set(SHOWN)


@pytest.mark.parametrize("name", SHOWN)
def test_the_page_shows_what_was_run(name: str) -> None:
    experiment = EXPERIMENTS[name]
    results = own_results(experiment, Ledger(DOCS / "reproduction" / f"{name}.csv"))
    assert results, "the settings have changed since: run it again"
    chart = chart_of(experiment, results)
    assert (DOCS / "reproduction" / f"{name}.svg").read_text() == svg_of(chart)
    assert orjson.loads((DOCS / "reproduction" / f"{name}.json").read_bytes()) == figure_of(chart)
    page = (DOCS / "reproduction.md").read_text()
    assert table_of(experiment, results) in page
    assert f"](reproduction/{name}.svg)" in page
    for sentence in experiment.differs:
        assert sentence in page
