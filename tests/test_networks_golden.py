"""Loss, gradients and ||dL/dh_t|| of networks as PyTorch computed them.

Eight whose weights and data are in the file, and eight whose weights and data are waves (see `wave`).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from clipscape.problems.training import Batch
from clipscape.training.probing import recurrent_sizes
from facts import Stated, stated
from network_cases import gradient_of, small_task, trained, with_batch

DATA = Path(__file__).parent / "data"
CASES: list[dict[str, Any]] = json.loads((DATA / "golden_networks.json").read_text())["cases"]
WAVES: list[dict[str, Any]] = json.loads((DATA / "golden_rnn.json").read_text())
KINDS = {"tanh": "tanh_rnn", "relu": "relu_rnn", "lstm": "lstm", "gru": "gru"}
TARGET = 0.3


def wave(place: int, shape: tuple[int, ...]) -> npt.NDArray[np.float64]:
    """The weights behind golden_rnn.json: entry i of tensor n is 0.5 sin(0.37 i + 0.11 + 1.3 n).

    The file does not say so: V and c are determined by the eight values of y and h_T and turned out to be a wave; every
    other number in the file confirms it. Inputs are x_tk = cos(0.5 t + k), the target is 0.3, the loss is (y - 0.3)^2.
    """
    return np.asarray(0.5 * np.sin(0.37 * np.arange(np.prod(shape)) + 0.11 + 1.3 * place).reshape(shape))


def golden(what: str, expected: Any, **tolerance: float) -> Stated:
    return stated(f"eight networks as PyTorch computes them: {what}", expected, group="golden", **tolerance)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['kind']}-{case['scale_weight_hh']:g}")
def test_networks_give_the_golden_numbers(case: dict[str, Any]) -> None:
    inputs = np.array(case["inputs"])
    task = with_batch(small_task(steps=len(inputs), outputs=1), Batch(inputs, np.array(case["targets"])))
    problem, training = trained(case["kind"], task)
    params = np.concatenate([np.ravel(case["weights"][block.name]) for block in training.blocks])[:, np.newaxis]
    assert params.shape == (problem.dim, 1)
    session = training.open(np.array([0]))
    gradient = gradient_of(session, params)[:, 0]
    # Double precision on both sides, sums of a few dozen terms: 1e-10 leaves room for another processor's tanh.
    assert session.loss[0] == golden("loss", case["loss"], rel=1e-10)
    for block in training.blocks:
        expected = np.ravel(case["gradients"][block.name])
        ours = gradient[block.place]
        assert np.linalg.norm(ours) == golden("gradient norm of every tensor", np.linalg.norm(expected), rel=1e-10)
        largest = np.abs(expected).max()
        relative = golden("entries of the gradients, of the largest", expected / largest, abs=1e-12, rel=1e-9)
        assert ours / largest == relative
    assert session.hidden_norms[:, 0] == golden("‖dL/dh_t‖ at every step", case["dL_dh_norm"], rel=1e-10)
    if session.cell_norms is not None:
        assert session.cell_norms[:, 0] == golden("‖dL/dc_t‖ at every step", case["dL_dc_norm"], rel=1e-10)
    assert (session.cell_norms is None) == (not case["dL_dc_norm"])


def test_there_are_all_cells_at_two_scales() -> None:
    assert len({(case["kind"], case["scale_weight_hh"]) for case in CASES}) == 8
    assert len({(case["kind"], case["scale_weight_hh"]) for case in WAVES}) == 8


@pytest.mark.parametrize("case", WAVES, ids=lambda case: f"{case['kind']}-{case['scale_weight_hh']:g}")
def test_networks_of_waves_give_the_golden_numbers(case: dict[str, Any]) -> None:
    """Everything in the file to 1e-10: double precision on both sides, sums of a few hundred terms."""

    def same(what: str, key: str, **tolerance: float) -> Stated:
        return stated(f"golden_rnn.json: {what}", case[key], group="golden", **(tolerance or {"rel": 1e-10}))

    steps, size, hidden = case["T"], case["I"], case["H"]
    inputs = np.cos(0.5 * np.arange(steps)[:, np.newaxis] + np.arange(size))
    task = with_batch(small_task(steps=steps, outputs=1), Batch(inputs[:, np.newaxis], np.array([[TARGET]])))
    problem, training = trained(KINDS[case["kind"]], task, hidden_size=hidden)
    weights = {block.name: wave(place, block.shape) for place, block in enumerate(training.blocks)}
    weights["weight_hh"] *= case["scale_weight_hh"]
    params = np.concatenate([np.ravel(weights[block.name]) for block in training.blocks])[:, np.newaxis]
    assert params.shape == (problem.dim, 1)
    session = training.open(np.array([0]))
    found = gradient_of(session, params)[:, 0]
    gradient = {block.name: found[block.place].reshape(block.shape) for block in training.blocks}
    slope = gradient["readout_bias"].item()
    assert session.loss[0] == same("loss", "loss")
    assert TARGET + slope / 2 == same("output, of its gradient", "y", abs=1e-12)
    assert gradient["readout_weight"].ravel() / slope == same("last state, of its gradient", "h_T", abs=1e-12)
    assert np.linalg.norm(found) == same("norm of the gradient", "total_grad_norm")
    names = {"readout_weight": "V", "readout_bias": "c"}
    norms = {names.get(name, name): float(np.linalg.norm(part)) for name, part in gradient.items()}
    assert norms.keys() == case["grad_norms"].keys()
    expected = [case["grad_norms"][name] for name in norms]
    assert list(norms.values()) == stated(
        "golden_rnn.json: gradient norm of every tensor", expected, group="golden", rel=1e-10
    )
    assert gradient["weight_hh"][0, 0] == same("entry (0, 0) of dL/dW_hh", "grad_weight_hh_00")
    assert gradient["weight_ih"][0, 1] == same("entry (0, 1) of dL/dW_ih", "grad_weight_ih_01")
    assert session.hidden_norms[:, 0] == same("‖dL/dh_t‖ at every step", "dL_dh_norm")
    cells = [] if session.cell_norms is None else session.cell_norms[:, 0]
    assert cells == same("‖dL/dc_t‖ at every step", "dL_dc_norm")
    matrices = weights["weight_hh"][np.newaxis, np.newaxis, :hidden]
    radius, largest = recurrent_sizes(matrices, np.array([True]))
    assert largest[0] == same("largest singular value of the first H rows of W_hh", "sigma_max_weight_hh")
    assert radius[0] == same("spectral radius of the same", "rho_weight_hh")
