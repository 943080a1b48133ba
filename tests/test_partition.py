"""Rules side by side in one batch do to each row what the rule does alone, whatever the other rows hold."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

import numpy as np
import numpy.typing as npt
import pytest

from clipscape.catalog import Entry
from clipscape.clipping import CLIPPERS
from clipscape.partition import Group, partition_rows
from clipscape.transforms import IDENTITY, RowContext, Transform

Array = npt.NDArray[np.float64]

RULES = [entry for entry in CLIPPERS.values() if not entry.traits.get("per_example")]
STEPS, ROWS = 30, 3
HOSTILE = np.array([0.0, -0.0, 5e-324, 1e-200, 1.0, -3.0, 1e200, -1e308, np.inf, -np.inf, np.nan])
RNG = np.random.default_rng(8)
GENTLE = RNG.standard_normal((STEPS, 2, ROWS * len(RULES))) * np.logspace(-2, 2, ROWS * len(RULES))
PARAMS = RNG.standard_normal(GENTLE.shape)


def made(entry: Entry, rows: int = ROWS) -> Transform:
    """The rule with its defaults, an epsilon where it has one."""
    values = entry.defaults() | ({"epsilon": 1e-6} if entry.kind == "norm" else {})
    return entry.make(**{name: np.full(rows, float(value)) for name, value in values.items()})


def driven(transform: Transform, grads: Array, rows: slice) -> Array:
    """What comes out of all steps, `(steps, 2, rows)`."""
    seeds = np.arange(grads.shape[-1], dtype=np.int64)[rows]
    state = transform.init(RowContext(2, len(seeds), STEPS, seeds))
    results = []
    with np.errstate(all="ignore"):
        for updates, params in zip(grads[:, :, rows], PARAMS[:, :, rows], strict=True):
            out = np.full(updates.shape, 7.0)
            transform.update(np.ascontiguousarray(updates), state, np.ascontiguousarray(params), out)
            results.append(out)
    return np.array(results)


def side_by_side(rules: list[Entry]) -> Iterator[tuple[slice, Entry]]:
    for place, entry in enumerate(rules):
        yield slice(place * ROWS, (place + 1) * ROWS), entry


def check(rules: list[Entry], grads: Array) -> None:
    groups = [Group(rows, made(entry)) for rows, entry in side_by_side(rules)]
    together = driven(partition_rows(groups), grads, slice(None, ROWS * len(rules)))
    for rows, entry in side_by_side(rules):
        alone = driven(made(entry), grads, rows)
        assert np.array_equal(alone, together[:, :, rows], equal_nan=True), entry.kind


def test_every_rule_beside_every_other() -> None:
    assert any(entry.kind == "none" for entry in RULES), "a row that nothing touches stands among them"
    check(RULES, GENTLE)
    check(RULES[::-1], GENTLE)


PAIRS = list(permutations(["none", "norm", "value", "autoclip", "soft", "agc"], 2))


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_two_rules_share_their_calls(pair: tuple[str, str]) -> None:
    """Among two there is every case: nobody scales, nobody is capped, nobody is cut off."""
    check([CLIPPERS[kind] for kind in pair], GENTLE)


def test_zero_tiny_huge_infinite_and_undefined_numbers_stay_in_their_rows() -> None:
    grads = RNG.choice(HOSTILE, size=GENTLE.shape)
    check(RULES, grads)
    check([CLIPPERS[kind] for kind in ("none", "norm", "value", "autoclip")], grads)


def test_rows_that_nothing_touches_pass_through() -> None:
    assert partition_rows([Group(slice(0, 2), IDENTITY), Group(slice(2, 4), IDENTITY)]) is IDENTITY
