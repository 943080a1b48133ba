"""What every clipping rule of the catalogue promises, tried on all of them."""

import numpy as np
import pytest

from clipscape.clipping import CLIPPERS
from clipscape.numerics import angle_between, row_norm
from clipscape.transforms import RowContext

ROWS, STEPS = 6, 40
GRADS = np.random.default_rng(3).standard_normal((STEPS, 2, ROWS)) * np.logspace(-3, 3, ROWS)
PARAMS = np.random.default_rng(4).standard_normal((STEPS, 2, ROWS))


def outputs(entry, rows, overrides=None):
    """Feed the gradients of `rows` (a slice) to the rule; return (steps, 2, rows)."""
    seeds = np.arange(ROWS, dtype=np.int64)[rows]
    values = {**entry.defaults(), **(overrides or {})}
    parameters = {name: np.full(len(seeds), float(value)) for name, value in values.items()}
    transform = entry.make(**parameters)
    examples = np.stack([GRADS[0], 3 * GRADS[1]], axis=1)[:, :, rows]
    context = RowContext(2, len(seeds), STEPS, seeds, lambda: examples, np.array([0.5, 0.5]))
    state, result = transform.init(context), []
    with np.errstate(all="ignore"):
        for grads, params in zip(GRADS, PARAMS, strict=True):
            updates, out = grads[:, rows].copy(), np.full((2, len(seeds)), np.nan)
            transform.update(updates, state, params[:, rows], out)
            assert (updates == grads[:, rows]).all(), "the input must not change: the loop records it"
            if transform.norm is not None:
                assert np.array_equal(transform.norm(state), row_norm(grads[:, rows])), "the loop records these norms"
            result.append(out)
    return np.array(result)


everything = pytest.mark.parametrize("entry", CLIPPERS.values(), ids=lambda entry: entry.kind)


@everything
def test_a_row_alone_equals_the_row_in_the_batch_bit_for_bit(entry):
    together = outputs(entry, slice(None))
    for row in range(ROWS):
        assert np.array_equal(outputs(entry, slice(row, row + 1))[:, :, 0], together[:, :, row])


@everything
def test_a_rule_that_claims_to_keep_the_direction_keeps_it(entry):
    if not entry.traits["preserves_direction"]:
        return
    clipped = outputs(entry, slice(None))
    angles = angle_between(np.moveaxis(GRADS, 1, 0), np.moveaxis(clipped, 1, 0))
    assert np.nanmax(angles) < 1e-6


@everything
def test_the_update_never_exceeds_the_threshold_the_page_draws(entry):
    threshold = entry.with_role("threshold")
    if threshold is None or entry.kind == "adagc":
        return
    clipped = outputs(entry, slice(None), {threshold.name: 0.25})
    if entry.traits["shape"] == "circle":
        assert row_norm(np.moveaxis(clipped, 1, 0)).max() <= 0.25 * (1 + 1e-12)
    else:
        assert np.abs(clipped).max() <= 0.25 * (1 + 1e-12)


@everything
def test_clipping_finite_gradients_gives_finite_updates(entry):
    assert np.isfinite(outputs(entry, slice(None))).all()


@everything
def test_an_entry_says_what_it_is_and_where_it_comes_from(entry):
    assert entry.label
    assert entry.help.endswith(".")
    assert entry.formula
    assert entry.source
    assert {"shape", "preserves_direction"} <= set(entry.traits)
    for parameter in entry.parameters:
        assert parameter.problem_with(parameter.default) is None, parameter.name


@everything
def test_thresholds_must_be_positive(entry):
    threshold = entry.with_role("threshold")
    if threshold is not None:
        assert threshold.problem_with(0) is not None
        assert threshold.problem_with(-1.0) is not None
        assert threshold.scale == "log"
