"""`Network`: an architecture as numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from clipscape.problems.networks.cell import Cell, Sizes
from clipscape.problems.networks.gru import Gru
from clipscape.problems.networks.layout import GATES, Tensors
from clipscape.problems.networks.lstm import Lstm
from clipscape.problems.networks.rnn import Rnn


@dataclass(frozen=True)
class Network:
    """One cell between input and linear readout.

    `dropout` is the share of state entries hidden from the readout while training; `truncation` k > 0 lets no gradient
    flow over the boundaries of windows of k steps; `vanishing_penalty` weighs Pascanu's regulariser (simple nets only);
    `forget_bias` is added to the forget gate's part of bias_ih at the start (LSTM only). `early_stopping` is for the
    loop: stop after this many evaluations without a better held-out loss (0: never).
    """

    kind: str
    hidden_size: int = 16
    layer_norm: bool = False
    dropout: float = 0.0
    truncation: int = 0
    early_stopping: int = 0
    vanishing_penalty: float = 0.0
    forget_bias: float = 0.0

    @property
    def has_memory(self) -> bool:
        """Whether the cell has a memory besides its state."""
        return self.kind == "lstm"

    def cell(self, sizes: Sizes, where: Tensors) -> Cell:
        """Return work space for training or evaluating; `where` are the positions of the numbers of the vectors."""
        if self.kind in SIMPLE:
            return Rnn(self.kind, sizes, where, layer_norm=self.layer_norm, penalty=self.vanishing_penalty)
        return GATED[self.kind](sizes, where, layer_norm=self.layer_norm)

    def numbers(self, sizes: Sizes) -> int:
        """Return how many numbers a row's work space holds, roughly."""
        hidden, simple = sizes.hidden, self.kind in SIMPLE
        states = (sizes.steps + 1) * (sizes.width + hidden * (self.kind == "gru"))
        gates = (
            sizes.kept * hidden * (3 * sizes.trains if simple else (3 if sizes.trains else 1) * GATES[self.kind] + 2)
        )
        normal = sizes.steps * hidden * (2 if simple else 6 * GATES[self.kind]) * self.layer_norm
        return sizes.batch * (states + gates + normal)


SIMPLE = ("tanh_rnn", "relu_rnn")
GATED: Mapping[str, type[Lstm] | type[Gru]] = MappingProxyType({"lstm": Lstm, "gru": Gru})
