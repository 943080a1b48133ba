"""Outcome and summary of a row as the API answers them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from clipscape.explain import Verdict
from clipscape.explain_training import TrainingVerdict


def verdict_answer(verdict: Verdict | TrainingVerdict) -> dict[str, Any]:
    """Outcome and summary of one row."""
    outcome = verdict.outcome
    shown = {
        "status": outcome.status,
        "step": outcome.step,
        "reason": outcome.reason,
        "headline": verdict.headline,
        "sentence": verdict.sentence,
    }
    return {"outcome": shown, "summary": asdict(verdict.summary)}


def named_verdicts(names: Iterable[str], verdicts: Sequence[Verdict | TrainingVerdict]) -> list[dict[str, Any]]:
    """Outcome and summary of every variant, with its name."""
    return [{"name": name, **verdict_answer(verdict)} for name, verdict in zip(names, verdicts, strict=True)]
