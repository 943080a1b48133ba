"""Weight decay adds `weight_decay * params`; where it stands is a trait that the loop's chain follows."""

from __future__ import annotations

import numpy as np
import pytest

from clipscape.catalog import Entry
from clipscape.transforms import IDENTITY
from clipscape.weight_decay import WEIGHT_DECAYS
from stepping import drive, entry_problems, row

EVERY = pytest.mark.parametrize("entry", WEIGHT_DECAYS.values(), ids=lambda entry: entry.kind)


@EVERY
def test_every_entry_describes_its_controls(entry: Entry) -> None:
    assert entry_problems(entry) == []


def test_each_kind_says_where_it_stands() -> None:
    positions = {kind: entry.traits["position"] for kind, entry in WEIGHT_DECAYS.items()}
    assert positions == {
        "none": None,
        "l2_before_clip": "before_clip",
        "l2_after_clip": "after_clip",
        "decoupled": "decoupled",
    }


def test_no_decay_is_the_identity() -> None:
    assert WEIGHT_DECAYS["none"].make() is IDENTITY


@pytest.mark.parametrize("kind", ["l2_before_clip", "l2_after_clip", "decoupled"])
def test_the_gradient_of_half_the_penalty_is_added_row_by_row(kind: str) -> None:
    grads = np.full((1, 2, 3), 1.0)
    params = np.array([[[1.0, 2.0, -4.0], [0.0, 5.0, 8.0]]])
    passed = drive(WEIGHT_DECAYS[kind].make(weight_decay=row(0.5, 0.0, 0.25)), grads, params)
    assert passed[0].tolist() == [[1.5, 1.0, 0.0], [1.0, 1.0, 3.0]]
