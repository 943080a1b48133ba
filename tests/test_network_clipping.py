"""Clipping rules on networks: each against a plain reference, one row and one tensor after the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from clipscape.catalog import Entry
from clipscape.clipping import CLIPPERS
from clipscape.partition import Group, partition_rows
from clipscape.problems.training import Block
from clipscape.row_norms import PartNorms, RowNorm, part_norms
from clipscape.transforms import RowContext, Transform

Array = npt.NDArray[np.float64]

SHAPES: dict[str, tuple[int, ...]] = {
    "weight_ih": (4, 2),
    "weight_hh": (4, 4),
    "bias_ih": (4,),
    "bias_hh": (4,),
    "readout_weight": (1, 4),
    "readout_bias": (1,),
}
STARTS = np.cumsum([0, *[int(np.prod(shape)) for shape in SHAPES.values()]])
BLOCKS = tuple(Block(name, shape, int(start)) for (name, shape), start in zip(SHAPES.items(), STARTS, strict=False))
DIM, ROWS, STEPS = int(STARTS[-1]), 5, 30
RNG = np.random.default_rng(12)
SIZES = np.concatenate([np.full(block.size, 10.0 ** RNG.uniform(-2, 2)) for block in BLOCKS])[:, np.newaxis]
GRADS = RNG.standard_normal((STEPS, DIM, ROWS)) * SIZES * 10.0 ** RNG.uniform(-1, 1, (STEPS, 1, ROWS))
PARAMS = RNG.standard_normal((STEPS, DIM, ROWS))
PARAMS[:, BLOCKS[2].place] = 0.0


def row(*values: float) -> Array:
    return np.array(values, dtype=np.float64)


def drive(transform: Transform, rows: slice = slice(None), blocks: tuple[Block, ...] = BLOCKS) -> Array:
    """Feed the gradients of some rows through a rule; return what it passed on, `(steps, dim, rows)`."""
    grads, params = GRADS[:, :, rows], PARAMS[:, :, rows]
    count = grads.shape[2]
    context = RowContext(DIM, count, STEPS, np.arange(ROWS, dtype=np.int64)[rows], blocks=blocks)
    state, outputs = transform.init(context), np.full_like(grads, np.nan)
    with np.errstate(all="ignore"):
        for step in range(STEPS):
            before = grads[step].copy()
            transform.update(grads[step], state, params[step], outputs[step])
            assert np.array_equal(grads[step], before)
    return outputs


def made(kind: str, rows: int = ROWS, **changes: float) -> Transform:
    values = {**CLIPPERS[kind].defaults(), **changes}
    transform = CLIPPERS[kind].make(**{name: np.full(rows, float(value)) for name, value in values.items()})
    assert isinstance(transform, Transform)
    return transform


def tensors(vector: Array) -> Iterator[Array]:
    for block in BLOCKS:
        yield vector[block.place].reshape(block.shape)


def flat(parts: list[Array]) -> Array:
    return np.concatenate([part.ravel() for part in parts])


def test_per_tensor_clipping_is_keras_clipnorm() -> None:
    """Keras 3: every variable on its own, g * c / max(|g|, c)."""
    clipped = drive(made("per_tensor", max_norm=0.5))
    for step in range(STEPS):
        for index in range(ROWS):
            expected = [g * 0.5 / max(float(np.linalg.norm(g)), 0.5) for g in tensors(GRADS[step, :, index])]
            assert clipped[step, :, index] == pytest.approx(flat(expected), rel=1e-13)
    assert np.array_equal(clipped, drive(made("block_norm", max_norm=0.5))), "the blocks of a network are its tensors"


def test_per_tensor_clipping_turns_the_joint_gradient_and_the_global_norm_does_not() -> None:
    """One tensor (300, 4) at 5, one tensor (3,): the first shrinks sixtyfold, the second stays."""
    blocks = (Block("weight_hh", (1, 2), 0), Block("bias_hh", (1,), 2))
    gradient = np.array([[300.0], [400.0], [3.0]])
    context = RowContext(3, 1, 1, np.zeros(1, dtype=np.int64), blocks=blocks)
    results = {}
    for kind in ("per_tensor", "norm"):
        transform, out = made(kind, 1, max_norm=5.0), np.empty((3, 1))
        transform.update(gradient, transform.init(context), gradient, out)
        results[kind] = out[:, 0]
    assert results["per_tensor"] == pytest.approx([3.0, 4.0, 3.0])
    assert results["norm"] == pytest.approx(gradient[:, 0] * 5.0 / np.sqrt(250009.0))
    cosine = results["per_tensor"] @ gradient[:, 0] / np.sqrt(34.0 * 250009.0)
    assert np.degrees(np.arccos(cosine)) == pytest.approx(30.62, abs=0.01)


def test_agc_works_unit_by_unit_as_in_the_paper() -> None:
    """Fact 17: rows (3, 4), (0, 0), (0.6, 0.8) of the weights, lambda 0.01, eps 1e-3."""
    weights = np.array([[3.0, 4.0], [0.0, 0.0], [0.6, 0.8]])
    gradient = np.array([[0.3, 0.4], [1.0, 0.0], [0.003, 0.004]])
    context = RowContext(6, 1, 1, np.zeros(1, dtype=np.int64), blocks=(Block("weight_hh", (3, 2), 0),))
    transform, out = made("agc", 1, clipping=0.01, eps=1e-3), np.empty((6, 1))
    transform.update(gradient.reshape(6, 1), transform.init(context), weights.reshape(6, 1), out)
    assert out.reshape(3, 2) == pytest.approx(np.array([[0.03, 0.04], [1e-5, 0.0], [0.003, 0.004]]), rel=1e-14)


def test_agc_leaves_the_readout_alone_and_takes_a_vector_as_one_unit() -> None:
    clipped = drive(made("agc", clipping=0.1))
    for step in range(STEPS):
        for index in range(ROWS):
            expected = []
            pairs = zip(BLOCKS, tensors(GRADS[step, :, index]), tensors(PARAMS[step, :, index]), strict=True)
            for block, gradient, weights in pairs:
                if block.name.startswith("readout"):
                    expected.append(gradient)
                    continue
                units = gradient if gradient.ndim == 2 else gradient[np.newaxis]
                sizes = np.linalg.norm(weights if weights.ndim == 2 else weights[np.newaxis], axis=1)
                allowed = 0.1 * np.maximum(sizes, 1e-3)
                expected.append(units * np.minimum(1.0, allowed / np.linalg.norm(units, axis=1))[:, np.newaxis])
            assert clipped[step, :, index] == pytest.approx(flat(expected), rel=1e-13)


def test_adagc_keeps_one_reference_per_tensor_after_a_global_warm_up() -> None:
    changes = {"warmup_steps": 4.0, "absolute_threshold": 2.0, "beta": 0.9, "relative_threshold": 1.2}
    clipped = drive(made("adagc", **changes))
    for index in range(ROWS):
        reference = np.full(len(BLOCKS), np.inf)
        for step in range(STEPS):
            parts = list(tensors(GRADS[step, :, index]))
            norms = np.array([np.linalg.norm(part) for part in parts])
            if step < 4:
                factors = np.full(len(parts), min(1.0, 2.0 / float(np.linalg.norm(norms))))
                reference = np.minimum(reference, factors * norms)
            else:
                factors = np.minimum(1.0, 1.2 * reference / norms)
                reference = 0.9 * reference + 0.1 * factors * norms
            expected = flat([part * factor for part, factor in zip(parts, factors, strict=True)])
            assert clipped[step, :, index] == pytest.approx(expected, rel=1e-12), step


@pytest.mark.parametrize(("kind", "changes"), [("autoclip", {"percentile": 25.0}), ("zclip", {"warmup_steps": 6.0})])
def test_rules_that_watch_the_norm_watch_that_of_the_whole_gradient(kind: str, changes: dict[str, float]) -> None:
    """The same rule on a landscape of one coordinate that is the norm gives the same factors."""
    clipped = drive(made(kind, **changes))
    norms = np.linalg.norm(GRADS, axis=1)
    single, factors = made(kind, **changes), np.empty((STEPS, 1, ROWS))
    state = single.init(RowContext(1, ROWS, STEPS, np.arange(ROWS, dtype=np.int64)))
    for step in range(STEPS):
        single.update(norms[step][np.newaxis], state, PARAMS[step, :1], factors[step])
    # Norms of 37 numbers are summed in another order here: relative rounding of 1e-15, which percentile and z pass on.
    assert clipped == pytest.approx(GRADS * factors / norms[:, np.newaxis], rel=1e-11)
    assert (factors[:, 0] < norms).any()


def test_value_clipping_and_the_infinity_norm_are_what_they_are_elementwise() -> None:
    assert np.array_equal(drive(made("value", clip_value=0.3)), np.clip(GRADS, -0.3, 0.3))
    largest = np.abs(GRADS).max(axis=1, keepdims=True)
    shrunk = drive(made("infinity_norm", max_norm=0.3))
    assert shrunk == pytest.approx(GRADS * np.minimum(1.0, 0.3 / largest), rel=1e-14)


EVERYTHING = [entry for entry in CLIPPERS.values() if not entry.traits.get("per_example")]


@pytest.mark.parametrize("entry", EVERYTHING, ids=lambda entry: entry.kind)
def test_a_row_alone_and_among_other_rules_equals_the_row_in_the_batch(entry: Entry) -> None:
    together = drive(made(entry.kind))
    for index in range(ROWS):
        assert np.array_equal(drive(made(entry.kind, 1), slice(index, index + 1))[:, :, 0], together[:, :, index])
    kinds = (("norm", slice(0, 2)), (entry.kind, slice(2, 3)), ("agc", slice(3, 5)))
    neighbours = [Group(rows, made(kind, rows.stop - rows.start)) for kind, rows in kinds]
    mixed = drive(partition_rows(neighbours))
    assert np.array_equal(mixed[:, :, 2], together[:, :, 2])
    assert np.array_equal(mixed[:, :, :2], drive(made("norm"))[:, :, :2])
    assert np.isfinite(together).all()


@pytest.mark.parametrize("kind", ["per_tensor", "adagc", "agc"])
def test_without_tensors_everything_is_one_part(kind: str) -> None:
    """A landscape has no blocks: the same numbers as one tensor that is one unit."""
    one = (Block("point", (DIM,), 0),)
    assert np.array_equal(drive(made(kind), blocks=()), drive(made(kind), blocks=one))
    if kind == "per_tensor":
        assert np.array_equal(drive(made(kind), blocks=()), drive(made("norm")))


@pytest.mark.parametrize("scale", [1e-320, 1e-200, 1.0, 1e200, np.inf, np.nan])
def test_norms_of_parts_neither_overflow_nor_vanish(scale: float) -> None:
    vectors = np.array([[3.0, 1.0], [4.0, 1.0], [0.0, 2.0]] * 4)
    vectors[:2, 0] *= scale
    with np.errstate(all="ignore"):
        parts = PartNorms(np.array([0, 2, 3]), 12, 2)(vectors)
        lines = part_norms(np.ascontiguousarray(vectors.T), np.array([0, 2, 3]))
        whole = RowNorm(12, 2)(vectors)
    assert np.array_equal(parts, lines.T, equal_nan=True)
    if np.isfinite(scale):
        # Subnormal numbers have few digits: 5e-320 is a multiple of 5e-324, four digits.
        assert parts[0, 0] == pytest.approx(5.0 * scale, rel=1e-14 if scale > 1e-300 else 1e-3)
        assert parts[1].tolist() == [0.0, 2.0]
        assert np.isfinite(whole).all()
    else:
        assert np.isnan(parts[0, 0])
        assert np.isnan(whole[0])
    assert parts[2, 1] == pytest.approx(np.linalg.norm(vectors[3:, 1]), rel=1e-15)


def test_a_zero_gradient_stays_zero_under_every_rule_that_does_not_draw() -> None:
    context = RowContext(DIM, 1, 5, np.zeros(1, dtype=np.int64), blocks=BLOCKS)
    for entry in EVERYTHING:
        transform: Any = made(entry.kind, 1)
        state, out = transform.init(context), np.full((DIM, 1), np.nan)
        with np.errstate(all="ignore"):
            transform.update(np.zeros((DIM, 1)), state, np.ones((DIM, 1)), out)
        assert (out == 0.0).all(), entry.kind
