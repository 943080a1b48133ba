"""The part of a script that says what a network is, what it learns and how it begins."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from clipscape.exports.code.pieces import Plain, call, entry_of, literal
from clipscape.plain import networks as plain
from clipscape.plain.initializers import first_weights
from clipscape.plain.tasks import minibatches
from clipscape.scenario import Experiment
from clipscape.training import probe_steps
from clipscape.understanding import problem_of

ROUNDING = """\
It makes the updates that Clipscape shows, in double precision, on the
same sequences and from the same first weights. Where gradients explode,
rounding in the last digit grows from update to update, so that after some
hundred updates a run may end somewhere else."""
HELD_OUT = 200


class Cell(NamedTuple):
    """The functions of a cell: its sums and its step, each with its way back."""

    sums: Plain
    sums_backward: Plain
    step: Plain
    step_backward: Plain


class Parts:
    """What the scripts of a network are made of."""

    def __init__(self, experiment: Experiment) -> None:
        assert experiment.task is not None
        assert experiment.init is not None
        training = problem_of(experiment).training
        assert training is not None
        self.experiment, self.training, self.task = experiment, training, training.task
        self._task, self._init = experiment.task, experiment.init
        functions = entry_of("problem", experiment.problem).plain
        half = len(functions) // 2
        self.layer_norm = bool(experiment.problem.params["layer_norm"])
        self.cell = Cell(*functions[half:] if self.layer_norm else functions[:half])
        self.loss: Plain = plain.squared_error if self.task.loss == "squared_error" else plain.cross_entropy

    def option(self, name: str) -> float:
        """Return a number of the network; 0 where its kind has no such number."""
        return float(self.experiment.problem.params.get(name, 0.0))

    @property
    def draw(self) -> Plain:
        """What draws sequences."""
        return entry_of("task", self._task).plain[0]

    @property
    def fill(self) -> Plain:
        """What draws first weights."""
        return entry_of("init", self._init).plain[0]

    def data(self) -> Iterator[str]:
        """Yield the lines that make the sequences."""
        given = {"n_steps": "N_STEPS"}
        numbers = self.task.sequence_length * self.task.input_size
        yield f"N_STEPS = {self.experiment.n_steps}"
        yield f"SEED = {self.experiment.seed}  # decides everything random"
        yield f"draw = {call(self.draw, self._task.params, given)}"
        yield f"minibatch = {minibatches.__name__}(draw, {self.task.batch_size}, numbers={numbers}, seed=SEED)"
        if self.training.early_stopping:
            yield f"HELD_OUT = draw(np.random.default_rng([202, SEED]), {HELD_OUT})"

    def weights(self) -> Iterator[str]:
        """Yield the lines that make the first weights."""
        filled = call(self.fill, self._init.params, {"hidden_size": "HIDDEN"})
        yield f"START = {first_weights.__name__}(SHAPES, {filled}, SEED)"
        if self.option("forget_bias"):
            bias = f'{plain.tensors_of.__name__}(START, SHAPES)["bias_ih"][HIDDEN : 2 * HIDDEN]'
            yield f"{bias} += {literal(self.option('forget_bias'))}  # of the forget gate"

    def shapes(self) -> Iterator[str]:
        """Yield the lines that name the tensors."""
        yield f"HIDDEN = {self.training.hidden_size}"
        yield "SHAPES = {"
        yield from (f'    "{block.name}": {block.shape},' for block in self.training.blocks)
        yield "}"

    def dropout(self) -> str:
        """Return the line that makes dropout; "" where nothing is dropped."""
        if not self.option("dropout"):
            return ""
        steps = self.task.sequence_length if self.task.readout == "every" else 1
        shape = (steps, self.task.batch_size, self.training.hidden_size)
        return f"drop = {plain.drop_states.__name__}({literal(self.option('dropout'))}, {shape}, SEED)"

    def probes(self) -> str:
        """Return the line that says at which updates early stopping looks."""
        count = len(probe_steps(self.experiment.n_steps))
        return f"PROBES = set(np.round(np.linspace(0, N_STEPS, {count})).astype(int))"
