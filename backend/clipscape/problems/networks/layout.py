"""Where every tensor of a network is in its flat vector: PyTorch's names, shapes and order.

    weight_ih (G*H, I), weight_hh (G*H, H), bias_ih (G*H), bias_hh (G*H), [layer normalisation], readout_weight (O, H),
    readout_bias (O)

with G gates of H units stacked along the first axis: LSTM i, f, g, o; GRU r, z, n. Both biases are kept although only
their sum matters (where nothing stands between them), because PyTorch keeps both: the gradient counts the sum twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate

from clipscape.problems.training import Array, Block

GATES = {"tanh_rnn": 1, "relu_rnn": 1, "lstm": 4, "gru": 3}
"""How many matrices of each kind a cell has."""


def blocks_of(kind: str, inputs: int, hidden: int, outputs: int, *, layer_norm: bool) -> tuple[Block, ...]:
    """Return the tensors of a network in order. Layer normalisation adds those of `norm_shapes`."""
    stacked = GATES[kind] * hidden
    shapes: dict[str, tuple[int, ...]] = {
        "weight_ih": (stacked, inputs),
        "weight_hh": (stacked, hidden),
        "bias_ih": (stacked,),
        "bias_hh": (stacked,),
    }
    if layer_norm:
        shapes |= norm_shapes(kind, hidden)
    shapes |= {"readout_weight": (outputs, hidden), "readout_bias": (outputs,)}
    sizes = [Block(name, shape, 0).size for name, shape in shapes.items()]
    starts = [0, *accumulate(sizes)]
    return tuple(Block(name, shape, start) for (name, shape), start in zip(shapes.items(), starts, strict=False))


def norm_shapes(kind: str, hidden: int) -> dict[str, tuple[int, ...]]:
    """Return the tensors that layer normalisation adds: gains start at 1, biases at 0 (`STARTS_AT_ONE`).

    The biases of the normalised sums are bias_ih and bias_hh, so only gains are new there.
    """
    if kind in ("tanh_rnn", "relu_rnn"):
        return {"norm_gain": (hidden,)}
    stacked = GATES[kind] * hidden
    shapes: dict[str, tuple[int, ...]] = {"norm_gain_ih": (stacked,), "norm_gain_hh": (stacked,)}
    if kind == "lstm":
        shapes |= {"norm_gain_cell": (hidden,), "norm_bias_cell": (hidden,)}
    return shapes


STARTS_AT_ONE = ("norm_gain", "norm_gain_ih", "norm_gain_hh", "norm_gain_cell")
STARTS_AT_ZERO = ("norm_bias_cell",)


class Tensors:
    """Views of the tensors inside some columns of flat vectors `(dim, rows)`: `tensors["weight_ih"]` is `shape, rows`.

    Writing into a view writes into the vectors.
    """

    def __init__(self, blocks: Mapping[str, Block], vectors: Array) -> None:
        self._blocks = blocks
        self.vectors = vectors

    @property
    def of_cell(self) -> Array:
        """All tensors but the readout's: the first rows of the vectors."""
        return self.vectors[: self._blocks["readout_weight"].start]

    def like(self, vectors: Array) -> Tensors:
        """Return the tensors of other vectors."""
        return Tensors(self._blocks, vectors)

    def __getitem__(self, name: str) -> Array:
        block = self._blocks[name]
        return self.vectors[block.place].reshape(*block.shape, self.vectors.shape[1])
