"""`Transform`: one link in the chain from the raw gradient to the step taken.

A transform is a pair of functions. `init(context)` makes a state with one entry per row;
`update(updates, state, params, out)` writes what the next link receives into `out`. It must not modify `updates` (the
loop records it) and may change its state in place, which saves the allocations that would otherwise dominate small
batches. Arrays are `(dim, rows)`; hyperparameters are arrays of length `rows`: numbers are rows, kinds are groups.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from clipscape.problems.training import Block
from clipscape.row_norms import ONE, PartNorms, PartScale, RowNorm, RowScale

Array = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Indices = npt.NDArray[np.intp]

Parts = Literal["whole", "tensors", "units"]
"""What counts as one vector: everything, each tensor, or each row of a matrix and each vector of a network."""


@dataclass(frozen=True)
class RowContext:
    """What a transform may know about the rows it works on.

    `seeds` is `(rows,)`. Where the problem is a finite sum, `example_grads()` returns the gradients of the examples
    drawn for the present step, `(dim, batch, rows)`, and `example_weights` `(batch,)` their weights in the mean. Where
    it is a network, `blocks` are its tensors; a landscape has none and counts as one.
    """

    dim: int
    rows: int
    n_steps: int
    seeds: IntArray
    example_grads: Callable[[], Array] | None = None
    example_weights: Array | None = None
    blocks: tuple[Block, ...] = ()

    def starts(self, parts: Parts) -> Indices:
        """Where the parts of a network's vector begin; the tensors must be in order and fill it."""
        found = [0]
        if parts == "tensors":
            found = [block.start for block in self.blocks]
        elif parts == "units":
            found = [start for block in self.blocks for start in range(block.start, block.place.stop, block.unit_size)]
        return np.array(found, dtype=np.intp)

    def numbers_shape(self, parts: Parts) -> tuple[int, ...]:
        """Shape of one number per part: `(rows,)`, or `(parts, rows)` where a network is taken apart."""
        return (self.rows,) if self.is_whole(parts) else (len(self.starts(parts)), self.rows)

    def is_whole(self, parts: Parts) -> bool:
        """Say whether nothing is taken apart."""
        return parts == "whole" or not self.blocks

    def norms_of(self, parts: Parts) -> RowNorm | PartNorms:
        """Return what computes the norms of the parts, `(rows,)` or `(parts, rows)`."""
        if self.is_whole(parts):
            return RowNorm(self.dim, self.rows)
        return PartNorms(self.starts(parts), self.dim, self.rows)

    def scale_of(self, parts: Parts) -> RowScale | PartScale:
        """Return what multiplies the parts by one number each, `(rows,)` or `(parts, rows)`."""
        if self.is_whole(parts):
            return RowScale(self.dim, self.rows)
        return PartScale(self.starts(parts), self.dim, self.rows)

    def narrowed(self, rows: slice) -> RowContext:
        """Return the context of a contiguous group of these rows."""
        seeds, examples = self.seeds[rows], self.example_grads
        narrowed_examples = None if examples is None else lambda: examples()[:, :, rows]
        return replace(self, rows=len(seeds), seeds=seeds, example_grads=narrowed_examples)


class Scaling(NamedTuple):
    """A transform that multiplies each row by one number, which follows from the norm of the row.

    `coefficient(norm, state, params, out)` writes the factors `(rows,)` into `out` and must not modify `norm`, which is
    recorded. Only with `uses_params` are the params those of the very rows. With `parts` other than "whole" a network
    is scaled part by part: `norm` and factors are then `(parts, rows)`.
    """

    init: Callable[[RowContext], Any]
    coefficient: Callable[[Array, Any, Array, Array], None]
    uses_params: bool = False
    parts: Parts = "whole"


class Cap(NamedTuple):
    """A scaling to a largest norm: the factor is `min(1, cap / (norm + epsilon))`, epsilon 0 or `(rows,)`.

    `cap` is `(rows,)`. Where it changes from step to step, `follow(norm, state, out)` writes it into `out`.
    """

    cap: Array
    epsilon: Array | None = None
    follow: Callable[[Array, Any, Array], None] | None = None


class Transform(NamedTuple):
    """A pair of functions: `init(context) -> state` and `update(updates, state, params, out) -> None`.

    What several groups of rows can do in the same few calls is said here, too: `scaling` where the transform is a mere
    scaling, `cap` where moreover it is one to a largest norm, `limit` `(rows,)` where it cuts every entry off there.
    `norm(state)` is set where the transform computes the norms of its latest updates, and returns the array `(rows,)`,
    always the same, that holds them. `memory(state)` is set where the transform remembers something worth seeing: it
    names the arrays, `(dim, rows)` or `(rows,)`, by the symbols of the lines of its catalogue entry.
    """

    init: Callable[[RowContext], Any]
    update: Callable[[Array, Any, Array, Array], None]
    scaling: Scaling | None = None
    norm: Callable[[Any], Array] | None = None
    memory: Callable[[Any], dict[str, Array]] | None = None
    cap: Cap | None = None
    limit: Array | None = None


class ScalingState(NamedTuple):
    """State of a transform that only scales: what computes the norms, the rule's own state, what multiplies."""

    norm_of: RowNorm | PartNorms
    own: Any
    scale: RowScale | PartScale


def scaled_by(
    coefficient: Callable[[Array, Any, Array, Array], None],
    init: Callable[[RowContext], Any],
    *,
    uses_params: bool = False,
    parts: Parts = "whole",
) -> Transform:
    """Make a transform that multiplies each row by what `coefficient(norm, state, params, out)` makes of its norm.

    With `parts` the same is done to each part of a network on its own.
    """

    def init_alone(context: RowContext) -> ScalingState:
        return ScalingState(context.norms_of(parts), init(context), context.scale_of(parts))

    def update(updates: Array, state: ScalingState, params: Array, out: Array) -> None:
        norm_of, own, scale = state
        coefficient(norm_of(updates), own, params, scale.factors)
        scale(updates, out)

    scaling = Scaling(init, coefficient, uses_params, parts)
    return Transform(init_alone, update, scaling, lambda state: state.norm_of.norm)


def capped(cap: Cap, init: Callable[[RowContext], Any] | None = None) -> Transform:
    """Make a transform that scales each row to a largest norm."""
    caps, epsilon, follow = cap
    work = np.empty_like(caps)

    def coefficient(norm: Array, state: Any, _params: Array, out: Array) -> None:
        if follow is not None:
            follow(norm, state, caps)
        np.divide(caps, norm if epsilon is None else np.add(norm, epsilon, work), work)
        np.fmin(work, ONE, out)

    return scaled_by(coefficient, init or no_state)._replace(cap=cap)


def no_state(_context: RowContext) -> None:
    """The state of a transform that remembers nothing."""
    return None


def stateless(update: Callable[[Array, Array, Array], None]) -> Transform:
    """Make a transform of a function `(updates, params, out)` that remembers nothing."""
    return Transform(no_state, lambda updates, _state, params, out: update(updates, params, out))


IDENTITY = stateless(lambda updates, _params, out: np.copyto(out, updates))
"""Passes updates on unchanged. The loop recognises it and leaves the link out."""


def scratch(context: RowContext, *, vectors: int = 0, numbers: int = 0) -> list[Array]:
    """Allocate work space: `vectors` arrays of shape `(dim, rows)`, then `numbers` arrays of shape `(rows,)`."""
    vector_shape, number_shape = (context.dim, context.rows), (context.rows,)
    return [np.zeros(vector_shape) for _ in range(vectors)] + [np.zeros(number_shape) for _ in range(numbers)]


SEED_BLOCK = 64
"""Random numbers are drawn for this many steps at once; the block, not the chunk of the loop, decides them."""


def seeded_blocks(
    context: RowContext, tag: int, draw: Callable[[np.random.Generator], npt.NDArray[Any]]
) -> Callable[[int], npt.NDArray[Any]]:
    """Return `numbers(step)`: what `draw` gave for this step, one column per row, depending on (seed, step) only.

    `draw(generator)` returns an array whose first axis is `SEED_BLOCK` steps. Rows with the same seed see the same
    numbers whatever else is in the batch; the last axis of the result is the rows. `tag` separates the streams of
    different users of the same seed. A network's many numbers are spread over the rows step by step, to save memory.
    """
    unique, inverse = np.unique(context.seeds, return_inverse=True)
    current: dict[str, Any] = {"block": -1, "numbers": None}

    def numbers(step: int) -> npt.NDArray[Any]:
        block, offset = divmod(step, SEED_BLOCK)
        if block != current["block"]:
            drawn = [draw(np.random.default_rng([tag, int(seed), block])) for seed in unique]
            by_seed = np.stack(drawn, axis=-1)
            current["numbers"] = by_seed if context.blocks else np.ascontiguousarray(by_seed[..., inverse])
            current["block"] = block
        numbers = np.asarray(current["numbers"][offset])
        return numbers[..., inverse] if context.blocks else numbers

    return numbers
