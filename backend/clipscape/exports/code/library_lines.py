"""Clip and optimizer of every variant as PyTorch, Keras and Optax write them, ready to paste into a training."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from clipscape.catalog import Lines
from clipscape.exports.code.pieces import clips_direction, entry_of, literal, own
from clipscape.scenario import Experiment

_NO_CLIP = "none"


def library_lines(experiment: Experiment) -> str:
    """Return the lines of an understood experiment, variant by variant."""
    blocks = ["\n".join(_variant(experiment, index)) for index in range(len(experiment.variants))]
    return "\n\n\n".join(blocks) + "\n"


def _variant(experiment: Experiment, index: int) -> Iterator[str]:
    clip, clip_params = own(experiment, index, "clip")
    optimizer, params = own(experiment, index, "optimizer")
    late = clips_direction(experiment, index)
    clipping = _filled(clip.spelled, {**clip_params, "seed": experiment.seed})
    stepping = _filled(optimizer.spelled, params)
    has_clip = clip.kind != _NO_CLIP
    yield f"# {experiment.variants[index].name}: {clip.label}, {optimizer.label}"
    for note in (clipping.note, stepping.note, _schedule_note(experiment, index), *_left_out(experiment)):
        if note:
            yield f"# {note}"
    yield from ("", "# PyTorch", *_torch(clipping, stepping, has_clip=has_clip, late=late))
    yield from ("", "# Keras", *_keras(clipping, stepping, has_clip=has_clip, late=late))
    yield from ("", "# Optax", *_optax(clipping, stepping, params, has_clip=has_clip, late=late))


def _filled(spelled: Lines, params: Mapping[str, Any]) -> Lines:
    """Put the parameters in."""
    values = {name: literal(value) for name, value in params.items()}
    torch, keras, optax = (text.format_map(values) for text in (spelled.torch, spelled.keras, spelled.optax))
    return Lines(torch, keras, optax, spelled.note, spelled.torch_when)


def _schedule_note(experiment: Experiment, index: int) -> str:
    schedule, params = own(experiment, index, "schedule")
    if schedule.kind == "constant" and not params["warmup_steps"]:
        return ""
    written = ", ".join(f"{name} {literal(value)}" for name, value in params.items())
    return f"The learning rate is that of the first step; Clipscape changes it: {schedule.label} ({written})."


def _left_out(experiment: Experiment) -> Iterator[str]:
    """Yield what the run has and the lines do not."""
    for family in ("weight_decay", "noise"):
        choice = getattr(experiment, family)
        if choice.kind != "none":
            written = ", ".join(f"{name} {literal(value)}" for name, value in choice.params.items())
            yield f"Clipscape's run also has, and these lines leave out: {entry_of(family, choice).label} ({written})."


def _missing(library: str) -> str:
    return f"# {library} has no line for this clip: take the function of the numpy script."


def _torch(clip: Lines, optimizer: Lines, *, has_clip: bool, late: bool) -> Iterator[str]:
    yield f"optimizer = {optimizer.torch}"
    yield "loss.backward()"
    if late:
        yield "# PyTorch has no place for a clip behind the optimizer: see the PyTorch script."
    elif has_clip:
        yield clip.torch or _missing("PyTorch")
    yield "optimizer.step()"


def _keras(clip: Lines, optimizer: Lines, *, has_clip: bool, late: bool) -> Iterator[str]:
    if late:
        yield "# Keras has no place for a clip behind the optimizer."
    elif has_clip and not clip.keras:
        yield _missing("Keras")
    fits = has_clip and clip.keras and not late
    yield "optimizer = " + (f"{optimizer.keras[:-1]}, {clip.keras})" if fits else optimizer.keras)


def _optax(clip: Lines, optimizer: Lines, params: Mapping[str, Any], *, has_clip: bool, late: bool) -> Iterator[str]:
    if has_clip and not clip.optax:
        yield _missing("Optax")
    if not has_clip or not clip.optax:
        yield f"optimizer = {optimizer.optax}"
    elif late:
        rate = literal(params["learning_rate"])
        direction = optimizer.optax.replace(f"({rate}", "(1.0", 1)
        yield f"optimizer = optax.chain({direction}, {clip.optax}, optax.scale({rate}))"
    else:
        yield f"optimizer = optax.chain({clip.optax}, {optimizer.optax})"
