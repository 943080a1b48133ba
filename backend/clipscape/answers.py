"""The jobs that workers do: from a checked request to the bytes of its answer.

A job is a generator: it yields pieces of the answer, and None where it may be stopped.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from clipscape import ENGINE_VERSION
from clipscape.analysis import Chunk
from clipscape.asks import RunAsk, SurfaceAsk, read_run_ask
from clipscape.axes import effective
from clipscape.explain import Verdict, explain, explaining
from clipscape.exports.asks import animation_job, export_job
from clipscape.families import FAMILIES
from clipscape.fans import pack
from clipscape.gallery import preset_answer, presets_answer
from clipscape.network_jobs import plane_job, progress, training_answer, training_events
from clipscape.observing import Watch, watch
from clipscape.outcome_answers import named_verdicts, verdict_answer
from clipscape.plan import Plan, make_plan
from clipscape.problems.base import Problem
from clipscape.records import Run
from clipscape.simulation import simulate_chunks
from clipscape.surfaces import surface
from clipscape.sweeps import read_sweep_ask, tile_job, tiles
from clipscape.understanding import make_problem
from clipscape.wire import ArrayForm, dump_json, encode_array, server_sent_event

_CHUNK_WORK = 60_000
"""Steps x rows x cost of the problem between two points at which a job may be stopped: some 30 ms."""
_LONGEST_CHUNK, _STREAM_CHUNK = 512, 64

Window = Sequence[tuple[float, float]]

Request = dict[str, Any]


def ping(_request: Request) -> Iterator[bytes | None]:
    """Show that a job goes through."""
    yield b"pong"


def simulate_job(request: Request) -> Iterator[bytes | None]:
    """One run, or every notch of an axis."""
    ask = RunAsk.from_data(request)
    plan = make_plan(ask.experiment, ask.axis and ask.axis.scalars())
    if plan.problem.training is not None:
        yield from training_answer(ask, plan)
        return
    run = seen = None
    if ask.arithmetic:
        chain, seen = watch(plan.chain, ask.experiment.n_steps)
        plan = replace(plan, chain=chain)
    for chunk in chunks(plan, watched=False):
        run = chunk.run
        yield None
    assert run is not None
    verdicts = yield from explaining(plan, run)
    yield None
    if ask.packed:
        head = _notches_head(ask, plan, verdicts)
        yield pack(head, run, np.asarray(plan.problem.window, np.float64), plan.n_notches)
        return
    yield dump_json(run_answer(ask, plan, run, seen, verdicts))


def stream_job(request: Request) -> Iterator[bytes | None]:
    """One run as server-sent events while it is computed."""
    ask = RunAsk.from_data(request)
    plan = make_plan(ask.experiment)
    if plan.problem.training is not None:
        yield from training_events(ask, plan)
        return
    total = ask.experiment.n_steps
    yield server_sent_event("start", {**_head(ask, plan.problem), "n_steps": total})
    started, done, run = time.monotonic(), 0, None
    for chunk in chunks(plan, _STREAM_CHUNK):
        run, done = chunk.run, chunk.last_step
        yield server_sent_event("chunk", _chunk_answer(ask, plan, chunk))
        yield server_sent_event("progress", progress(done, total, time.monotonic() - started))
    assert run is not None
    names = [variant.name for variant in ask.experiment.variants]
    yield server_sent_event("end", {"variants": named_verdicts(names, explain(plan, run))})


def surface_job(request: Request) -> Iterator[bytes | None]:
    """The loss on a grid."""
    ask = SurfaceAsk.from_data(request)
    yield dump_json(surface_answer(make_problem(ask.problem), ask.window, ask.resolution, ask.form))


def surface_answer(problem: Problem, window: Window, resolution: int, form: ArrayForm) -> dict[str, Any]:
    """The answer to a request for the loss on a grid."""
    (x_range, y_range) = window
    grid = surface(problem, (x_range, y_range), resolution)
    facts = problem_facts(problem)
    return {
        **{name: encode_array(getattr(grid, name), form) for name in ("x", "y", "z")},
        "window": window,
        **{name: facts[name] for name in ("axis_labels", "minimizers", "optimal_value")},
        "clipped_above": grid.clipped_above,
    }


def presets_job(_request: Request) -> Iterator[bytes | None]:
    """The gallery with its small pictures."""
    for part in presets_answer():
        yield None if part is None else dump_json(part)


def preset_job(request: Request) -> Iterator[bytes | None]:
    """One preset with its small picture."""
    yield dump_json(preset_answer(request["name"]))


def preview_job(request: Request) -> Iterator[bytes | None]:
    """The picture of a link; what draws it is loaded when it is first wanted."""
    from clipscape.preview import preview_job as draw

    yield from draw(request)


JOBS = {
    "ping": ping,
    "simulate": simulate_job,
    "stream": stream_job,
    "surface": surface_job,
    "plane": plane_job,
    "tile": tile_job,
    "export": export_job,
    "animation": animation_job,
    "presets": presets_job,
    "preset": preset_job,
    "preview": preview_job,
}


def chunks(plan: Plan, longest: int = _LONGEST_CHUNK, *, watched: bool = True) -> Iterator[Chunk]:
    """Simulate a plan; the loop may be left between two chunks. Unless it is `watched`, only the last run is read."""
    work = _CHUNK_WORK / (plan.rows * max(1.0, plan.problem.cost))
    steps = int(min(longest, max(8.0, work)))
    n_steps = plan.experiment.n_steps
    rows = (plan.problem, plan.chain, plan.start, n_steps)
    return simulate_chunks(*rows, seeds=plan.seeds, chunk_steps=steps, watched=watched)


def run_answer(
    ask: RunAsk, plan: Plan, run: Run, seen: Watch | None = None, found: list[Verdict] | None = None
) -> dict[str, Any]:
    """The answer to a request for a run; `seen` is what it was watched by if its arithmetic is wanted.

    `found` are the verdicts on all rows, if they are known.
    """
    found = explain(plan, run) if found is None else found
    if ask.axis is not None:
        return {**_notches_head(ask, plan, found), "arrays": _notch_arrays(ask, plan, run)}
    verdicts = [verdict_answer(verdict) for verdict in found]
    head = {"engine": ENGINE_VERSION, **_head(ask, plan.problem)}
    names = [variant.name for variant in ask.experiment.variants]
    series: list[dict[str, Any]] = [{"series": _series(ask, run, row)} for row in range(plan.rows)]
    if seen is not None:
        for row, own in enumerate(series):
            own["arithmetic"] = _arithmetic(ask, seen, row, int(run.n_steps[row]))
    parts = zip(names, verdicts, series, strict=True)
    return {**head, "variants": [{"name": name, **verdict, **own} for name, verdict, own in parts]}


def _notches_head(ask: RunAsk, plan: Plan, found: list[Verdict]) -> dict[str, Any]:
    """The answer to a request for every notch, but for the arrays."""
    assert ask.axis is not None
    verdicts = [verdict_answer(verdict) for verdict in found]
    notches = plan.n_notches
    grouped = [
        {"name": variant.name, "notches": verdicts[index * notches : (index + 1) * notches]}
        for index, variant in enumerate(ask.experiment.variants)
    ]
    axes = {"path": ask.axis.path, "values": ask.axis.values}
    return {"engine": ENGINE_VERSION, **_head(ask, plan.problem), "axes": axes, "variants": grouped}


def problem_facts(problem: Problem) -> dict[str, Any]:
    """What a picture of a problem needs to know."""
    names = ("kind", "dim", "window", "axis_labels", "minimizers", "optimal_value")
    return {name: getattr(problem, name) for name in names}


def _head(ask: RunAsk, problem: Problem) -> dict[str, Any]:
    return {"experiment": ask.experiment.as_data(), "problem": problem_facts(problem)}


def _series(ask: RunAsk, run: Run, row: int, first: int = 0, last: int | None = None) -> Mapping[str, Any]:
    """The wanted fields of one row from step `first` on, up to `last` or where the row stopped."""
    end = min(int(run.n_steps[row]), run.grad_norm.shape[0] if last is None else last)
    return {field: encode_array(_piece(run, field, row, first, end), ask.form) for field in ask.fields}


def _arithmetic(ask: RunAsk, seen: Watch, row: int, steps: int) -> dict[str, Any]:
    """Every line between the gradient and the step of one row; the memory holds the lines of its own optimizer."""

    def encoded(array: npt.NDArray[Any]) -> Any:
        return encode_array(array[:steps, ..., row], ask.form)

    optimizer = FAMILIES["optimizer"].catalog[effective(ask.experiment, row, "optimizer").kind]
    symbols = [line.symbol for line in optimizer.lines[:-1]]
    vectors = {name: encoded(array) for name, array in seen.vectors().items()}
    memory = {symbol: encoded(seen.optimizer.memory[symbol]) for symbol in symbols}
    return {**vectors, "learning_rate": encoded(seen.learning_rate), "memory": memory}


def _piece(run: Run, field: str, row: int, first: int, end: int) -> npt.NDArray[Any]:
    """`params` and `loss` have a point before the first step; in a later chunk that one has been sent already."""
    array = getattr(run, field)[:, row]
    if field in ("params", "loss"):
        return np.asarray(array[first + (first > 0) : end + 1])
    return np.asarray(array[first : max(first, end)])


def _chunk_answer(ask: RunAsk, plan: Plan, chunk: Chunk) -> dict[str, Any]:
    rows = range(plan.rows)
    series = [{"series": _series(ask, chunk.run, row, chunk.first_step, chunk.last_step)} for row in rows]
    return {"first_step": chunk.first_step, "last_step": chunk.last_step, "variants": series}


def _notch_arrays(ask: RunAsk, plan: Plan, run: Run) -> dict[str, Any]:
    """The wanted fields as arrays `(variants, notches, steps, ...)`, NaN after a stop."""
    return {field: encode_array(plan.by_variant(getattr(run, field), axis=1), ask.form) for field in ask.fields}


def warm_up() -> None:
    """Go once through everything, so that the first request does not pay for what is loaded lazily."""
    shared = {"variants": [{"name": "Norm", "clip": {"kind": "norm"}}], "n_steps": 10}
    landscape = read_run_ask({"experiment": {"problem": {"kind": "cliff"}, **shared}}, "list")
    task = {"kind": "sine", "params": {"sequence_length": 4, "batch_size": 64}}
    network = {"problem": {"kind": "lstm", "params": {"hidden_size": 2}}, "task": task, **shared}
    training = read_run_ask({"experiment": network, "plane": {"kind": "path"}}, "base64")
    a_map = tiles(read_sweep_ask({"experiment": landscape.experiment.as_data(), "resolution": 2}, "base64"))
    axes = {"path": "seed", "values": [0, 1]}
    slider = read_run_ask({"experiment": landscape.experiment.as_data(), "axes": axes}, "base64", packed=True)
    runs = (simulate_job(ask.as_data()) for ask in (landscape, slider))
    for work in (*runs, stream_job(training.as_data()), tile_job(a_map[0])):
        for _ in work:
            continue
