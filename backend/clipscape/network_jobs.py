"""The jobs of networks: a training at once, as a stream, and a plane through the weights of one.

A job is a generator, as in `answers`: it yields pieces of the answer, and None where it may be stopped.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from typing import Any

from clipscape import ENGINE_VERSION
from clipscape.asks import PlaneAsk, RunAsk
from clipscape.explain_training import explain_training
from clipscape.memory import SnapshotMemory
from clipscape.network_answers import chunk_answer, network_head, row_answer, snapshots, training_of
from clipscape.outcome_answers import named_verdicts, verdict_answer
from clipscape.plan import Plan, make_plan
from clipscape.plane_answers import plane_answer, usual_resolution
from clipscape.planes import Path
from clipscape.scenario import Choice
from clipscape.training import TrainingChunk, TrainingRun, train_chunks
from clipscape.wire import ArrayForm, dump_json, encode_array, server_sent_event

_MEMORY = SnapshotMemory()
"""This process's own: a worker does one job at a time."""


def training_answer(ask: RunAsk, plan: Plan) -> Iterator[bytes | None]:
    """One training of every variant, or every notch of an axis."""
    run = yield from _trained(plan)
    if ask.axis is None:
        yield dump_json(whole_training(plan, run, ask.fields, ask.form))
        return
    verdicts = explain_training(plan, run)
    names = [variant.name for variant in ask.experiment.variants]
    head = {"engine": ENGINE_VERSION, "experiment": ask.experiment.as_data(), **network_head(plan, ask.form)}
    notches = [verdict_answer(verdict) for verdict in verdicts]
    grouped = [
        {"name": name, "notches": notches[index * plan.n_notches : (index + 1) * plan.n_notches]}
        for index, name in enumerate(names)
    ]
    arrays = {field: encode_array(plan.by_variant(getattr(run, field), axis=1), ask.form) for field in ask.fields}
    axes = {"path": ask.axis.path, "values": ask.axis.values}
    yield dump_json({**head, "axes": axes, "variants": grouped, "arrays": arrays})


def whole_training(plan: Plan, run: TrainingRun, fields: tuple[str, ...], form: ArrayForm) -> dict[str, Any]:
    """Return the answer to a request for a training: what it is, and all that was recorded of every variant."""
    names = [variant.name for variant in plan.experiment.variants]
    named = named_verdicts(names, explain_training(plan, run))
    parts = [row_answer(_whole(run), row, fields, form) for row in range(plan.rows)]
    variants = [{**one, **part} for one, part in zip(named, parts, strict=True)]
    head = {"engine": ENGINE_VERSION, "experiment": plan.experiment.as_data(), **network_head(plan, form)}
    return {**head, "variants": variants}


def training_events(ask: RunAsk, plan: Plan) -> Iterator[bytes | None]:
    """One training as server-sent events while it is computed; the plane that was asked for comes last."""
    total = ask.experiment.n_steps
    head = {"engine": ENGINE_VERSION, "experiment": ask.experiment.as_data(), **network_head(plan, ask.form)}
    yield server_sent_event("start", head)
    started, run = time.monotonic(), None
    for chunk in _chunks(plan):
        run = chunk.run
        yield server_sent_event("chunk", chunk_answer(chunk, ask.fields, ask.form))
        yield server_sent_event("progress", progress(chunk.last_step, total, time.monotonic() - started))
    assert run is not None
    _remember(plan, run)
    names = [variant.name for variant in ask.experiment.variants]
    yield server_sent_event("end", {"variants": named_verdicts(names, explain_training(plan, run))})
    if ask.plane is not None:
        answer = yield from _plane(plan, snapshots(plan, run), ask.plane, usual_resolution(training_of(plan)), ask.form)
        yield server_sent_event("plane", answer)


def progress(done: int, total: int, seconds: float) -> dict[str, Any]:
    """Say how far a run is that has been going for `seconds`."""
    return {"done": done, "total": total, "remaining_seconds": round(seconds * (total - done) / done, 3)}


def plane_job(request: dict[str, Any]) -> Iterator[bytes | None]:
    """The loss on a plane, and the paths of a run on it; the run is made again only where nobody remembers it."""
    ask = PlaneAsk.from_data(request)
    plan = make_plan(ask.experiment)
    paths = _MEMORY.recall(ask.experiment.content_hash())
    if paths is None:
        run = yield from _trained(plan)
        paths = snapshots(plan, run)
    answer = yield from _plane(plan, paths, ask.plane, ask.resolution, ask.form)
    yield dump_json(answer)


def _plane(
    plan: Plan, paths: tuple[Path, ...], plane: Choice, resolution: int, form: ArrayForm
) -> Generator[None, None, dict[str, Any]]:
    return plane_answer(plane, training_of(plan), plan.experiment.seed, paths, resolution, form)


def _chunks(plan: Plan) -> Iterator[TrainingChunk]:
    return train_chunks(plan.problem, plan.chain, plan.start, plan.experiment.n_steps, seeds=plan.seeds)


def _trained(plan: Plan) -> Generator[None, None, TrainingRun]:
    run = None
    for chunk in _chunks(plan):
        run = chunk.run
        yield
    assert run is not None
    if not plan.layout.axes:
        _remember(plan, run)
    return run


def _remember(plan: Plan, run: TrainingRun) -> None:
    _MEMORY.remember(plan.experiment.content_hash(), snapshots(plan, run))


def _whole(run: TrainingRun) -> TrainingChunk:
    """Everything as one chunk."""
    steps = len(run.grad_norm)
    return TrainingChunk(0, steps, run, slice(0, len(run.heat.steps)), slice(0, len(run.probes.steps)))
