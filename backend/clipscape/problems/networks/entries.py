"""The catalogue entries of the networks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from clipscape.catalog import Entry, Lines, Parameter, catalog
from clipscape.plain import cells, layer_norm, networks
from clipscape.problems.describing import number, whole
from clipscape.problems.networks.network import Network

_COMMON = (
    whole("hidden_size", "Hidden units", 16, (1, 64), (2, 64), "How many numbers the state holds."),
    Parameter(
        "layer_norm",
        "Layer normalisation",
        False,
        "Normalise the sums over the hidden units at every step (Ba et al. 2016).",
        type="bool",
    ),
    number(
        "dropout",
        "Dropout",
        0.0,
        (0.0, 0.9),
        (0.0, 0.5),
        "Share of the state that the readout does not see while training; the recurrence keeps all of it.",
    ),
    whole(
        "truncation",
        "Truncation",
        0,
        (0, 200),
        (0, 100),
        "Cut time into windows of this many steps; no gradient flows from one to the one before. 0: all of it flows.",
    ),
    whole(
        "early_stopping",
        "Early stopping",
        0,
        (0, 100),
        (0, 20),
        "Stop after this many evaluations without a better loss on held-out sequences. 0: never.",
    ),
)
_PENALTY = number(
    "vanishing_penalty",
    "Vanishing-gradient penalty",
    0.0,
    (0.0, 100.0),
    (0.0, 10.0),
    "Weight of the regulariser that keeps gradients alive on their way back (Pascanu et al. 2013, section 3.3).",
)
_FORGET = number(
    "forget_bias",
    "Forget-gate bias",
    1.0,
    (-10.0, 10.0),
    (-2.0, 5.0),
    "Added to the bias of the forget gate at the start; the larger, the longer the memory keeps what it holds.",
)


_LINEAR = networks.linear_sums, networks.linear_sums_backward
_JOINT = layer_norm.joint_sums, layer_norm.joint_sums_backward
_APART = layer_norm.normalised_sums, layer_norm.normalised_sums_backward
_TANH = cells.tanh_step, cells.tanh_step_backward
_RELU = cells.relu_step, cells.relu_step_backward
_LSTM = cells.lstm_step, cells.lstm_step_backward
_NORMALISED_LSTM = cells.normalised_lstm_step, cells.normalised_lstm_step_backward
_GRU = cells.gru_step, cells.gru_step_backward


def _entry(
    kind: str,
    label: str,
    text: str,
    formula: str,
    source: str,
    gamma: float | None,
    extra: tuple[Parameter, ...],
    plain: tuple[Callable[..., Any], ...],
    torch: str,
) -> Entry:
    make: Callable[..., Network] = partial(Network, kind)
    traits: Mapping[str, Any] = {"group": "network", "gamma": gamma, "stochastic": True, "per_example": False}
    return Entry(
        kind, label, text, make, formula, source, (*_COMMON, *extra), traits, plain=plain, spelled=Lines(torch)
    )


_SUM = r"W_{ih} x_t + b_{ih} + W_{hh} h_{t-1} + b_{hh}"

NETWORKS = catalog(
    _entry(
        "tanh_rnn",
        "Simple recurrent net (tanh)",
        "Every state is the tanh of a sum of input and previous state. Gradients are multiplied by one matrix per "
        "step on their way back: they vanish or explode.",
        rf"h_t = \tanh({_SUM})",
        "Elman: Finding structure in time (1990); Pascanu, Mikolov, Bengio (ICML 2013)",
        1.0,
        (_PENALTY,),
        (*_LINEAR, *_TANH, *_JOINT, *_TANH),
        "torch.nn.RNN({inputs}, {hidden})",
    ),
    _entry(
        "relu_rnn",
        "Simple recurrent net (ReLU)",
        "As the tanh net, but nothing limits the state: with the identity as first recurrent matrix this is the IRNN.",
        rf"h_t = \max(0, {_SUM})",
        "Le, Jaitly, Hinton: A simple way to initialize recurrent networks of rectified linear units (2015)",
        1.0,
        (_PENALTY,),
        (*_LINEAR, *_RELU, *_JOINT, *_RELU),
        "torch.nn.RNN({inputs}, {hidden}, nonlinearity='relu')",
    ),
    _entry(
        "lstm",
        "LSTM",
        "A memory that gates write to, keep and read: along the memory the gradient is multiplied by the forget gate, "
        "not by a matrix. It vanishes less, and can still explode.",
        r"c_t = \sigma(f)\, c_{t-1} + \sigma(i) \tanh(g), \quad h_t = \sigma(o) \tanh(c_t), "
        rf"\quad (i, f, g, o) = {_SUM}",
        "Hochreiter, Schmidhuber: Long short-term memory (1997); Gers, Schmidhuber, Cummins (2000)",
        None,
        (_FORGET,),
        (*_LINEAR, *_LSTM, *_APART, *_NORMALISED_LSTM),
        "torch.nn.LSTM({inputs}, {hidden})",
    ),
    _entry(
        "gru",
        "GRU",
        "A state that one gate keeps and another resets. The reset acts after the matrix product, as in PyTorch.",
        r"n = \tanh(W_{in} x_t + b_{in} + \sigma(r) (W_{hn} h_{t-1} + b_{hn})), "
        r"\quad h_t = (1 - \sigma(z))\, n + \sigma(z)\, h_{t-1}",
        "Cho et al.: Learning phrase representations using RNN encoder-decoder (2014), in PyTorch's variant",
        None,
        (),
        (*_LINEAR, *_GRU, *_APART, *_GRU),
        "torch.nn.GRU({inputs}, {hidden})",
    ),
)
