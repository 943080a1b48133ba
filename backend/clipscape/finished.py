"""A run from beginning to end, of a landscape or of a network, with its verdicts; whoever waits can see it advance."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass

from clipscape.explain import Verdict, explain
from clipscape.explain_training import TrainingVerdict, explain_training
from clipscape.plan import Plan
from clipscape.records import Run
from clipscape.simulation import simulate_chunks
from clipscape.training import TrainingRun, train_chunks

_CHUNK_WORK = 60_000
"""Steps x rows x cost of the problem between two looks: some 30 ms."""
_LONGEST_CHUNK = 512

Progress = Callable[[int, int], None]
"""Called with how many steps are done, of how many."""


@dataclass(frozen=True)
class Finished:
    """What came out of a plan: one row and one verdict per variant."""

    plan: Plan
    run: Run | TrainingRun
    verdicts: tuple[Verdict | TrainingVerdict, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The variants' names."""
        return tuple(variant.name for variant in self.plan.experiment.variants)


def steps_of(plan: Plan) -> Generator[int, None, Finished]:
    """Run a plan without axes; yield the number of steps done now and then, return what came out."""
    rows, n_steps = (plan.problem, plan.chain, plan.start), plan.experiment.n_steps
    if plan.problem.training is not None:
        trained = None
        for piece in train_chunks(*rows, n_steps, seeds=plan.seeds):
            trained = piece.run
            yield piece.last_step
        assert trained is not None
        return Finished(plan, trained, tuple(explain_training(plan, trained)))
    run = None
    chunk_steps = _chunk_steps(plan)
    for chunk in simulate_chunks(*rows, n_steps, seeds=plan.seeds, chunk_steps=chunk_steps, watched=False):
        run = chunk.run
        yield chunk.last_step
    assert run is not None
    return Finished(plan, run, tuple(explain(plan, run)))


def finish(plan: Plan, progress: Progress | None = None) -> Finished:
    """Run a plan without axes to its end."""
    steps = steps_of(plan)
    while True:
        try:
            done = next(steps)
        except StopIteration as end:
            finished: Finished = end.value
            return finished
        if progress is not None:
            progress(done, plan.experiment.n_steps)


def _chunk_steps(plan: Plan) -> int:
    work = _CHUNK_WORK / (plan.rows * max(1.0, plan.problem.cost))
    return int(min(_LONGEST_CHUNK, max(8.0, work)))
