"""The lines of Keras and Optax do what the engine does: some updates of each line with the libraries themselves.

Needs Keras (with JAX) or Optax, which are not among the dependencies: `pip install keras optax jax`. Where a line
carries a note that the library's epsilon stands elsewhere, the smallest one is taken, and the end may be a millionth of
the way off; everywhere else only rounding is allowed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import clipscape
from clipscape.families import FAMILIES
from clipscape.plan import make_plan
from clipscape.simulation import Loop
from clipscape.transforms import RowContext
from training_cases import network_document

UPDATES = 5
EXACT, WITH_A_NOTE = 1e-12, 1e-6
TINY = 1e-15
LIMITS = {"max_norm": 0.9, "clip_value": 0.3, "clipping": 0.2, "beta": 0.1}
"""Of these gradients some are beyond and some below."""


def cases(library: str) -> Iterator[Any]:
    """Every clip that has a line, with plain descent, and every optimizer, with norm clipping."""
    positions = ("before", "after") if library == "optax" else ("before",)
    for entry in FAMILIES["clip"].catalog.values():
        if getattr(entry.spelled, library) and not entry.traits.get("per_example"):
            params = {p.name: LIMITS[p.name] for p in entry.parameters if p.name in LIMITS}
            for position in positions:
                clip = {"kind": entry.kind, "params": params, "position": position}
                yield pytest.param(clip, "momentum", id=f"{entry.kind}-{position}")
    for kind in FAMILIES["optimizer"].catalog:
        for position in positions:
            clip = {"kind": "norm", "params": {"max_norm": LIMITS["max_norm"]}, "position": position}
            yield pytest.param(clip, kind, id=f"{kind}-{position}")


class Case:
    """Some updates of a small network with gradients that are given."""

    def __init__(self, clip: dict[str, Any], optimizer: str) -> None:
        tiny = {"epsilon": TINY} if FAMILIES["optimizer"].catalog[optimizer].parameter("epsilon") else {}
        chosen = {"kind": optimizer, "params": tiny}
        body = network_document(clip, kind="gru", optimizer=chosen, params={"hidden_size": 3})
        self.scenario = clipscape.Scenario.from_dict(body)
        plan = make_plan(self.scenario.document.experiment)
        assert plan.problem.training is not None
        # without the readout, which the adaptive clip leaves alone and Optax does not know
        self.blocks = tuple(b for b in plan.problem.training.blocks if not b.name.startswith("readout"))
        dim = self.blocks[-1].place.stop
        self.start = plan.start[0, :dim]
        sizes = np.array([0.1, 0.4, 0.05, 1.0, 0.2])[:, np.newaxis]
        self.grads = sizes * np.random.default_rng(5).standard_normal((UPDATES, dim))
        context = RowContext(dim, 1, UPDATES, np.zeros(1, dtype=np.int64), blocks=self.blocks)
        loop = Loop(self._write, context, plan.chain, self.start[np.newaxis], length=UPDATES)
        self.path = loop.advance(0, UPDATES, 0).params[:, :, 0].T

    def _write(self, _params: Any, step: int, out: Any) -> None:
        out[:, 0] = self.grads[step]

    def tensors(self, vector: Any) -> dict[str, Any]:
        """Cut a vector into tensors as these libraries hold them: matrices are `(in, out)`."""
        return {block.name: vector[block.place].reshape(block.shape).T for block in self.blocks}

    def lines(self, library: str) -> str:
        """Return the lines of a library."""
        return self.scenario.code("lines").split(f"# {library}\n")[1].split("\n\n")[0]

    def holds(self, tensors: dict[str, Any]) -> None:
        """Compare where the library ended with the engine."""
        end = np.concatenate([np.asarray(tensors[block.name]).T.ravel() for block in self.blocks])
        moved = np.abs(self.path[-1] - self.start).max()
        limit = WITH_A_NOTE if "epsilon" in self.scenario.code("lines").split("# PyTorch\n")[0] else EXACT
        assert np.abs(end - self.path[-1]).max() <= limit * moved


@pytest.mark.parametrize(("clip", "optimizer"), list(cases("keras")))
def test_the_line_of_keras_makes_the_updates(
    clip: dict[str, Any], optimizer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("jax").config.update("jax_enable_x64", True)
    monkeypatch.setenv("KERAS_BACKEND", os.environ.get("KERAS_BACKEND", "jax"))
    keras = pytest.importorskip("keras")
    keras.config.set_floatx("float64")
    case, names = Case(clip, optimizer), {"keras": keras}
    exec(case.lines("Keras"), names)
    variables = {name: keras.Variable(tensor) for name, tensor in case.tensors(case.start).items()}
    for grad in case.grads:
        names["optimizer"].apply(list(case.tensors(grad).values()), list(variables.values()))
    case.holds({name: keras.ops.convert_to_numpy(variable) for name, variable in variables.items()})


@pytest.mark.parametrize(("clip", "optimizer"), list(cases("optax")))
def test_the_line_of_optax_makes_the_updates(clip: dict[str, Any], optimizer: str) -> None:
    pytest.importorskip("jax").config.update("jax_enable_x64", True)
    optax = pytest.importorskip("optax")
    case, names = Case(clip, optimizer), {"optax": optax}
    exec(case.lines("Optax"), names)
    params = case.tensors(case.start)
    state = names["optimizer"].init(params)
    for grad in case.grads:
        updates, state = names["optimizer"].update(case.tensors(grad), state, params)
        params = optax.apply_updates(params, updates)
    case.holds(params)


def test_every_offered_line_is_among_the_cases_and_clips_some_updates() -> None:
    """Runs without the libraries: what is compared above is no descent without clips."""
    for library in ("keras", "optax"):
        offered = {e.kind for e in FAMILIES["clip"].catalog.values() if getattr(e.spelled, library)} - {"per_example"}
        seen = {case.values[0]["kind"]: Case(*case.values) for case in cases(library)}
        assert set(seen) == offered
        for case in seen.values():
            plain = Case({"kind": "none"}, case.scenario.document.experiment.optimizer.kind)
            assert not np.array_equal(plain.path[-1], case.path[-1])
