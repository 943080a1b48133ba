"""Loss, gradients and ||dL/dh_t|| of eight networks as PyTorch computed them; weights and data are in the file too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clipscape.problems.training import Batch
from facts import Stated, stated
from network_cases import gradient_of, small_task, trained, with_batch

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parent / "data" / "golden_networks.json").read_text())["cases"]


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
