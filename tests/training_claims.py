"""Check the claims of a sentence about a training: parse the words, recompute every number from the recorded run."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from claims import NUMBER, same
from clipscape.problems.training import Training
from clipscape.training import TrainingRun

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Trained:
    """One row of a training with what is needed to check its sentence."""

    training: Training
    run: TrainingRun
    index: int

    def series(self, name: str) -> Any:
        """Return a recorded series of this row, without the part behind its stop."""
        steps = int(self.run.n_steps[self.index])
        return getattr(self.run, name)[: steps + (name in ("loss", "accuracy", "param_norm")), self.index]

    def probed(self, name: str) -> Array:
        """Return what was probed of this row up to its stop."""
        reached = self.run.probes.steps <= self.run.n_steps[self.index]
        return np.asarray(getattr(self.run.probes, name)[reached, self.index])

    @property
    def steps(self) -> npt.NDArray[np.int64]:
        """Where it was probed."""
        return self.run.probes.steps[self.run.probes.steps <= self.run.n_steps[self.index]]

    def solved(self) -> npt.NDArray[np.bool_]:
        """At which probes the task counts as solved."""
        rule = self.training.task.solved
        if rule.measure == "loss":
            return self.probed("held_out_loss") <= rule.limit
        return self.probed("held_out_accuracy") >= rule.limit


_N = f"({NUMBER})"
_PERCENT = rf"{_N}\u00a0%"
_U = r"(\d+) updates?"
_OVER = r"(?:over the last (\d+) updates|in the last update)"
_BETWEEN = rf"(?:between {_N} and {_N}|at {_N})"
_ACCURACY = rf", accuracy (?P<acc>{NUMBER})\u00a0%(?: \(guessing: (?P<chance>{NUMBER})\u00a0%\))?"
STANDING = rf" \((?P<guess>[^:;()]+): (?P<base>{NUMBER})\)(?:{_ACCURACY})?"
EARLY = rf"Stopped early after {_U}, (\d+) evaluations? without a better held-out loss\. "
CLIPPING = (
    r"; the clip (?:never fired, so this is what no clipping gives|"
    rf"fired at (\d+) of {_U} \({_PERCENT}\)(?: and turned the gradient by up to {_N}°)?)"
)


def check(sentence: str, row: Trained) -> str:
    """Assert every claim of `sentence`; return which kind of ending it states."""
    assert re.fullmatch(r"[^\n]{20,460}\.", sentence), sentence
    assert not re.search(r"\bnan\b|\binf\b|None", sentence), sentence
    text = sentence.removesuffix(".")
    stopped_early = row.run.stop_reason[row.index] == "early_stopping"
    if found := re.match(EARLY, text):
        check_early(found, row)
        text = text[found.end() :]
    assert bool(found) == stopped_early
    text = check_largest(text, row)
    text = check_clipping(text, row)
    for pattern, checker in CHECKS.items():
        if matched := re.fullmatch(pattern, text):
            check_standing(matched, row)
            checker(matched, row)
            return checker.__name__.removeprefix("check_")
    raise AssertionError(f"no claim is checked in: {sentence}")


def check_early(found: re.Match[str], row: Trained) -> None:
    loss, patience = row.probed("held_out_loss"), int(found[2])
    assert int(found[1]) == row.run.n_steps[row.index] == row.steps[-1]
    assert patience == row.training.early_stopping
    assert loss[: len(loss) - patience].min() <= loss.min()


def check_largest(text: str, row: Trained) -> str:
    norms = row.series("grad_norm")
    found = re.search(rf"; largest gradient norm {_N}$", text)
    assert bool(found) == bool(len(norms))
    if found:
        assert same(found[1], norms.max())
        text = text[: found.start()]
    return text


def check_clipping(text: str, row: Trained) -> str:
    fired, angle = row.series("fired"), row.series("angle")
    found = re.search(CLIPPING + "$", text)
    if not found or not found[1]:
        assert not fired.any()
        return text[: found.start()] if found else text
    assert (int(found[1]), int(found[2])) == (fired.sum(), len(fired))
    assert same(found[3], 100.0 * fired.mean())
    largest = np.nanmax(angle, initial=0.0)
    assert same(found[4], largest) if found[4] else largest <= 1.01e-3
    return text[: found.start()]


def check_standing(found: re.Match[str], row: Trained) -> None:
    named, task = found.groupdict(), row.training.task
    if not named.get("guess"):
        return
    assert named["guess"] == task.baseline.label
    assert same(named["base"], task.baseline.loss)
    accuracy = row.probed("held_out_accuracy")[np.isfinite(row.probed("held_out_loss"))][-1]
    assert same(named["acc"], 100.0 * accuracy) if named["acc"] else np.isnan(accuracy)
    if named["chance"]:
        assert same(named["chance"], 100.0 * task.baseline.accuracy)  # type: ignore[operator]


def check_solved(found: re.Match[str], row: Trained) -> None:
    since, met = int(found[1] or 0), row.solved()
    assert found[2] == row.training.task.solved.label
    assert met[row.steps >= since].all()
    assert since == 0 or not met[row.steps < since][-1]
    assert int(found[3]) == row.steps[-1]
    assert same(found[4], row.probed("held_out_loss")[-1])


def check_learning(found: re.Match[str], row: Trained) -> None:
    before, loss = ends(int(found[2] or 1), row)
    assert same(found[3], before)
    assert same(found[4], loss[-1])
    assert loss[-1] < before
    assert found[3] != found[4], "a fall that one can see"
    assert (found[1] == "Still learning") == (loss[-1] <= row.training.task.baseline.loss)
    assert not row.solved()[-1]


def check_stuck(found: re.Match[str], row: Trained) -> None:
    since, baseline = int(found[1] or 0), row.training.task.baseline.loss
    loss = row.probed("held_out_loss")
    late = loss[row.steps >= since]
    assert same(found[2] or found[4], late.min())
    assert same(found[3] or found[4], late.max())
    assert (np.abs(late - baseline) <= 0.0501 * baseline).all()
    assert since == 0 or abs(loss[row.steps < since][-1] - baseline) > 0.0499 * baseline
    assert len(late) >= len(loss) // 2
    assert not row.solved()[-1]


def check_not_finite(found: re.Match[str], row: Trained) -> None:
    loss = row.probed("held_out_loss")
    assert not np.isfinite(loss[len(loss) // 2 - 1 :]).all()
    assert np.isfinite(row.series("loss")).all()


def check_rising(found: re.Match[str], row: Trained) -> None:
    before, window = ends(int(found[1] or 1), row)
    assert same(found[2], before)
    assert same(found[3], window[-1])
    assert window[-1] > before
    loss = row.probed("held_out_loss")
    best, at = found["best"], int(found["at"])
    assert same(best, loss.min())
    assert row.steps[loss.argmin()] == at


def check_lost(found: re.Match[str], row: Trained) -> None:
    loss, baseline = row.probed("held_out_loss"), row.training.task.baseline.loss
    assert same(found[1], loss.min())
    assert int(found[2]) == row.steps[loss.argmin()]
    assert int(found[3]) == row.steps[-1]
    assert same(found[4], loss[-1])
    assert loss.min() <= 0.8 * baseline
    assert loss[-1] >= 0.949 * baseline
    assert not row.solved()[-1]


def check_plateau(found: re.Match[str], row: Trained) -> None:
    _before, window = ends(int(found[2] or 1), row)
    assert same(found[3] or found[5], window.min())
    assert same(found[4] or found[5], window.max())
    assert not row.solved()[-1]
    if found[1] == "it does worse than guessing":
        assert window.min() > row.training.task.baseline.loss


def check_diverged(found: re.Match[str], row: Trained) -> None:
    step, reason, tensor = int(found[1]), found[2], found["tensor"]
    assert row.run.status[row.index] == "diverged"
    assert step == row.run.n_steps[row.index]
    assert tensor == row.run.stop_tensor[row.index]
    loss = row.series("loss")[-1]
    kind = {"the loss": "loss_not_finite", "the gradient": "gradient_not_finite", "the weights": "params_not_finite"}
    (started,) = [kind[words] for words in kind if reason.startswith(words)]
    assert started == row.run.stop_reason[row.index]
    assert np.isfinite(loss) == (started == "gradient_not_finite") or started == "params_not_finite"
    assert np.isfinite(row.series("param_norm")[-1]) == (started != "params_not_finite")
    if found["last"]:
        probed = row.probed("held_out_loss")
        (known,) = np.nonzero(np.isfinite(probed))
        assert same(found["last"], probed[known[-1]])
        assert int(found["after"]) == row.steps[known[-1]]
    else:
        assert not np.isfinite(row.probed("held_out_loss")).any()


def ends(over: int, row: Trained) -> tuple[float, Array]:
    """Return the held-out loss `over` updates before the end, and all from there on."""
    loss, steps = row.probed("held_out_loss"), row.steps
    window = loss[steps >= steps[-1] - over]
    assert steps[-1] - over in steps
    assert len(window) >= min(len(loss), 2)
    return float(window[0]), window


_SINCE = r"(?:from update (\d+) on|from the start)"
CHECKS = {
    rf"Solved {_SINCE} \((.+?)\): after {_U} the held-out loss is {_N}{STANDING}": check_solved,
    rf"(Still learning|Still no better than guessing, but improving): "
    rf"{_OVER} the held-out loss fell from {_N} to {_N}{STANDING}":
        check_learning,
    rf"Stuck at the baseline (?:since update (\d+)|from the start): "
    rf"the held-out loss stays {_BETWEEN}{STANDING}":
        check_stuck,
    r"Not solved: on held-out sequences the loss is no longer a finite number, on the minibatches it still is":
        check_not_finite,
    rf"Not solved: {_OVER} the held-out loss rose from {_N} to {_N}{STANDING}, "
    rf"its best was (?P<best>{NUMBER}) after (?P<at>\d+) updates?":
        check_rising,
    rf"Not solved: it lost what it had learned, the held-out loss was {_N} after {_U}, "
    rf"after {_U} it is {_N}{STANDING}":
        check_lost,
    rf"Not solved: (it does worse than guessing|it makes no more progress), {_OVER} the held-out loss was "
    rf"{_BETWEEN}{STANDING}":
        check_plateau,
    rf"Diverged at update (\d+): (the (?:loss|gradient|weights)[^;]*?)(?: in (?P<tensor>\w+))?"
    rf"(?:; the held-out loss was (?P<last>{NUMBER}) after (?P<after>\d+) updates?{STANDING})?":
        check_diverged,
}  # fmt: skip
