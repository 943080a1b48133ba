"""What a problem that is *trained* adds to `Problem`: minibatches, tensors, and what is measured along the way.

A recurrent network is a problem whose gradient comes from a minibatch. Its parameters are one flat vector of named
tensors (`Block`), so the loop, the clips and the optimizers treat it like any landscape. Data depend on (seed, step)
only, never on the row: all variants see the same luck.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Targets = Array | IntArray

Readout = Literal["last", "every"]
Loss = Literal["squared_error", "cross_entropy"]


@dataclass(frozen=True)
class Block:
    """One tensor inside the flat parameter vector: entries `start : start + size` in C order.

    Matrices are `(out, in)` as in PyTorch, so a row is all inputs of one output unit; gates are stacked along `out`.
    """

    name: str
    shape: tuple[int, ...]
    start: int

    @property
    def size(self) -> int:
        """How many numbers."""
        return prod(self.shape)

    @property
    def unit_size(self) -> int:
        """How many numbers belong to one unit: a row of a matrix (all inputs of one output), or a whole vector."""
        return self.shape[-1]

    @property
    def place(self) -> slice:
        """Where in the flat vector."""
        return slice(self.start, self.start + self.size)


@dataclass(frozen=True)
class Batch:
    """Some sequences. `inputs` is `(sequence_length, batch, input_size)`.

    Targets of squared error are floats, `(batch, output_size)` when only the last output counts, else
    `(sequence_length, batch, output_size)`; those of cross-entropy are class numbers, `(batch,)` or
    `(sequence_length, batch)`.
    """

    inputs: Array
    targets: Targets


@dataclass(frozen=True)
class Baseline:
    """What the best guess that ignores the inputs scores: `accuracy` is None where the task has none."""

    label: str
    loss: float
    accuracy: float | None


@dataclass(frozen=True)
class Solved:
    """When a task counts as solved, judged on held-out sequences: `measure` at most or at least `limit`."""

    measure: Literal["loss", "accuracy"]
    limit: float
    label: str


@dataclass(frozen=True)
class Task:
    """A sequence task of fixed size. `sequence_length` is how many steps the network runs.

    The loss is the mean over the batch (and over the steps that count, and the output units). `batch(seed, step)` and
    `held_out(seed)` always give the same sequences for the same numbers. `counts` `(sequence_length,)` marks the steps
    whose output counts where `readout` is "every". `tolerance`: an output of squared error is correct when it is closer
    than this to the target; of cross-entropy, when the largest output is the target's.
    """

    kind: str
    sequence_length: int
    batch_size: int
    input_size: int
    output_size: int
    readout: Readout
    loss: Loss
    batch: Callable[[int, int], Batch]
    held_out: Callable[[int], Batch]
    baseline: Baseline
    solved: Solved
    tolerance: float | None = None
    counts: npt.NDArray[np.bool_] | None = None
    input_labels: tuple[str, ...] = ()
    output_labels: tuple[str, ...] = ()


Fill = Callable[[np.random.Generator, Block, int], Array]
"""`fill(generator, block, hidden_size)`: the first numbers of one tensor, in its shape."""


@dataclass(frozen=True)
class Evaluation:
    """Measured on held-out sequences, `(rows,)` each; `outputs` `(rows, [steps,] shown, output_size)`.

    `outputs` belong to the first `shown` held-out sequences (class probabilities where the loss is cross-entropy).
    """

    loss: Array
    accuracy: Array
    outputs: Array


class Session(Protocol):
    """Training of some rows: work space, and the measurements of the latest gradient."""

    @property
    def loss(self) -> Array:
        """(rows,): of the latest minibatch, without any penalty."""

    @property
    def accuracy(self) -> Array:
        """(rows,): of the latest minibatch; NaN where the task has none."""

    @property
    def hidden_norms(self) -> Array:
        """(sequence_length, rows): ||dL/dh_t|| for t = 1, 2, ..., over units and sequences.

        Of the latest minibatch whose gradient was asked for with `norms`.
        """

    @property
    def cell_norms(self) -> Array | None:
        """(sequence_length, rows): ||dL/dc_t||; None where the cell has no memory besides its state."""

    def gradient(self, params: Array, step: int, out: Array, *, norms: bool = True) -> None:
        """Write the gradient of the minibatch of `step` at `params` `(dim, rows)` into `out`, and measure.

        Without `norms` those of the single time steps are left out.
        """

    def batch_loss(self, params: Array, step: int) -> Array:
        """Return the loss of the minibatch of `step`, `(rows,)`; `accuracy` then holds its accuracy."""

    def evaluate(self, params: Array) -> Evaluation:
        """Measure on the held-out sequences."""

    def recurrent_matrices(self, params: Array) -> Array:
        """Return the recurrent matrices `(rows, gates, hidden, hidden)`, as views or copies."""


class Training(Protocol):
    """How a network is trained."""

    task: Task
    blocks: tuple[Block, ...]
    hidden_size: int
    seconds: float
    """CPU time of one update of one row on a 2-core machine, roughly."""
    crowd_seconds: tuple[float, float]
    """The same of one row among two dozen, and of one look at all held-out sequences."""
    slope_bound: float | None
    """gamma: the largest slope of the state's nonlinearity; None where the theory of section 1.2 does not apply."""
    early_stopping: int
    """A row stops when its held-out loss has not improved for so many evaluations; 0: never."""

    def initial(self, seeds: IntArray) -> Array:
        """Return the initial weights `(rows, dim)`: the same for the same seed."""

    def open(self, seeds: IntArray) -> Session:
        """Return the session of `len(seeds)` rows."""

    def loss_at(self, params: Array, seed: int) -> Array:
        """Return the loss on the held-out sequences of `seed` for every column of `params` `(dim, points)`."""
