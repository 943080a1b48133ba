"""What a request will cost, known before anything is computed: CPU seconds and bytes of answer.

The model was fitted to measurements on a 2-core machine and errs on the dear side by up to a factor of two: a step
costs a fixed time, because numpy calls on small batches cost the same whatever they do, plus a time per row, and every
row costs something to judge.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from clipscape.complaints import Complaint, ScenarioError
from clipscape.fans import BYTES_OF_CLIP_INPUT, BYTES_PER_STEP
from clipscape.problems.base import Problem
from clipscape.scenario import Experiment
from clipscape.wire import ARITHMETIC_VECTORS, BYTES_PER_NUMBER, VECTOR_FIELDS, ArrayForm

_FIXED_SECONDS = 1e-3
_STEP_SECONDS = 6e-6
_ROW_SECONDS = 7e-8
_RECORD_SECONDS = 1.5e-7
_VERDICT_SECONDS = 5e-5
_CELL_SECONDS = 1.0e-7
_WATCH_SECONDS = 2e-5
_PACK_SECONDS = 4e-7
ANSWER_BYTES = 1500
VARIANT_BYTES = 600

_LINK_STEP = {"adam": 16e-6, "adamw": 18e-6, "autoclip": 15e-6, "zclip": 15e-6, "adagc": 15e-6, "student_t": 10e-6}
_LINK_STEP_DEFAULT = 5e-6


MOST_MEMORY = 5e8
"""Work space of one request in bytes: a quarter of what a worker may use, because it remembers earlier runs as well."""


@dataclass(frozen=True)
class Estimate:
    """Expected CPU seconds, bytes of the answer before compression, and bytes of work space (0: not worth counting)."""

    seconds: float
    answer_bytes: float
    memory: float = 0.0

    def __add__(self, other: Estimate) -> Estimate:
        """Both, one after the other."""
        size, memory = self.answer_bytes + other.answer_bytes, self.memory + other.memory
        return Estimate(self.seconds + other.seconds, size, memory)


class CostError(ScenarioError):
    """The request is understood but too expensive; carries the estimate and the limit that it passes."""

    def __init__(self, complaint: Complaint, detail: str, estimate: float, limit: float) -> None:
        super().__init__([complaint], code="cost", detail=detail)
        self.estimate = estimate
        self.limit = limit


def estimate_run(
    experiment: Experiment,
    problem: Problem,
    notches: int,
    fields: Iterable[str],
    form: ArrayForm,
    *,
    arithmetic: bool = False,
) -> Estimate:
    """Estimate a run of an understood experiment with `notches` rows per variant that sends `fields` of every row."""
    steps, rows = experiment.n_steps, notches * len(experiment.variants)
    per_step, per_row = loop_seconds(experiment, problem)
    per_row += _RECORD_SECONDS
    numbers = sum(problem.dim if field in VECTOR_FIELDS else 1 for field in fields)
    if arithmetic:
        per_step += _WATCH_SECONDS
        numbers += problem.dim * (len(ARITHMETIC_VECTORS) + 2) + 3
    size = ANSWER_BYTES + rows * (VARIANT_BYTES + steps * numbers * BYTES_PER_NUMBER[form])
    return Estimate(_FIXED_SECONDS + rows * _VERDICT_SECONDS + steps * (per_step + rows * per_row), size)


def loop_seconds(experiment: Experiment, problem: Problem) -> tuple[float, float]:
    """Estimate what one step costs whatever the rows, and what it costs more for every row, nothing recorded."""
    links, examples = _links(experiment), problem.examples
    batch = 1 if examples is None else max(1, examples.batch_size or len(examples.weights))
    per_step = _STEP_SECONDS * (1 + problem.cost) + sum(_LINK_STEP.get(kind, _LINK_STEP_DEFAULT) for kind in links)
    return per_step, _ROW_SECONDS * (problem.cost * batch + len(links))


def estimate_fan(experiment: Experiment, problem: Problem, notches: int) -> Estimate:
    """Estimate every notch of an axis in the packed form, which has its own fields."""
    run = estimate_run(experiment, problem, notches, (), "base64")
    row_steps = notches * len(experiment.variants) * experiment.n_steps
    size = row_steps * (BYTES_PER_STEP + BYTES_OF_CLIP_INPUT * (_reshapes(experiment) or problem.dim != 2))
    return Estimate(run.seconds + _PACK_SECONDS * row_steps, run.answer_bytes + size)


def _reshapes(experiment: Experiment) -> bool:
    """Whether a clip may receive something else than the gradient: a decayed one, or the optimizer's direction."""
    return experiment.weight_decay.kind != "none" or any(v.clip.position == "after" for v in experiment.variants)


def _links(experiment: Experiment) -> list[str]:
    """Kinds of the links of the chain that do something."""
    clips = [v.clip.kind for v in experiment.variants]
    optimizers = [(v.optimizer or experiment.optimizer).kind for v in experiment.variants]
    kinds = [experiment.noise.kind, experiment.weight_decay.kind, *dict.fromkeys(clips), *dict.fromkeys(optimizers)]
    return [kind for kind in kinds if kind not in ("none", "sgd")]


def estimate_surface(cells: int, problem_cost: float, form: ArrayForm) -> Estimate:
    """Estimate a grid of `cells` values."""
    seconds = _FIXED_SECONDS + cells * _CELL_SECONDS * problem_cost
    return Estimate(seconds, ANSWER_BYTES + cells * BYTES_PER_NUMBER[form])


def refuse_if_over(
    estimate: Estimate,
    max_seconds: float,
    max_bytes: float,
    lower: Callable[[Callable[[Estimate], bool]], Complaint],
) -> None:
    """Raise `CostError` if a limit is passed; `lower`, told which estimates fit, names the number to lower."""

    def fits(other: Estimate) -> bool:
        return other.seconds <= max_seconds and other.answer_bytes <= max_bytes and other.memory <= MOST_MEMORY

    if estimate.seconds > max_seconds:
        detail = f"This would take about {estimate.seconds:.3g} s of computing; the limit is {max_seconds:g} s."
        raise CostError(lower(fits), detail, round(estimate.seconds, 3), max_seconds)
    if estimate.memory > MOST_MEMORY:
        detail = f"This would need about {estimate.memory:.3g} bytes of memory; the limit is {MOST_MEMORY:.3g} bytes."
        raise CostError(lower(fits), detail, round(estimate.memory), MOST_MEMORY)
    if not fits(estimate):
        detail = f"The answer would have about {estimate.answer_bytes:.3g} bytes; the limit is {max_bytes:g} bytes."
        raise CostError(lower(fits), detail, round(estimate.answer_bytes), max_bytes)
