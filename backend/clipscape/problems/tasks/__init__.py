"""What a network is trained to do: sequence tasks, each one function and one catalogue entry.

No network runs more than 200 steps: where a task adds steps of its own, `sequence_length` is bounded accordingly.
"""

from __future__ import annotations

from clipscape.catalog import Catalog, Entry, Parameter, catalog
from clipscape.plain import tasks as plain
from clipscape.problems.describing import number, whole
from clipscape.problems.tasks import adding, signals, symbols

_ARJOVSKY = "Arjovsky, Shah, Bengio: Unitary evolution recurrent neural networks (ICML 2016)"
_HOCHREITER = "Hochreiter, Schmidhuber: Long short-term memory (Neural Computation 1997)"
_PASCANU = "Pascanu, Mikolov, Bengio: On the difficulty of training recurrent neural networks (ICML 2013)"


def _length(default: int, low: int, high: int, text: str) -> Parameter:
    return whole("sequence_length", "Sequence length T", default, (low, high), (low, min(high, 100)), text)


def _batch(default: int) -> Parameter:
    return whole("batch_size", "Batch size", default, (1, 64), (1, 64), "Sequences in the minibatch of one update.")


TASKS: Catalog = catalog(
    Entry(
        kind="adding",
        label="Adding problem",
        help="Random numbers, two of them marked, one in each half. The answer at the end is their sum.",
        make=adding.adding,
        formula=r"y = u_i + u_j, \quad u_t \sim U[0, 1], \; i < T/2 \le j",
        source=f"{_ARJOVSKY}, adding_problem.py",
        parameters=(_length(50, 2, 200, "Steps from the first number to the answer."), _batch(16)),
        traits={"readout": "last", "loss": "squared_error"},
        plain=(plain.adding,),
    ),
    Entry(
        kind="adding_original",
        label="Adding problem of 1997",
        help=(
            "As it was first posed: numbers of both signs, lengths that vary by a tenth, both marks in the first half, "
            "and an answer that must be right within 0.04."
        ),
        make=adding.adding_original,
        formula=r"y = \tfrac12 + \tfrac14 (X_1 + X_2), \quad u_t \sim U[-1, 1]",
        source=f"{_HOCHREITER}, experiment 4",
        parameters=(
            _length(50, 11, 182, "Shortest length; the longest is a tenth more, at most 200 steps."),
            _batch(16),
        ),
        traits={"readout": "last", "loss": "squared_error"},
        plain=(plain.adding_original,),
    ),
    Entry(
        kind="copying",
        label="Copying memory",
        help="Ten digits, a silence of T steps, then a signal: give the ten digits back in order.",
        make=symbols.copying,
        formula=r"y_{T+10+i} = x_i, \; i = 1, \dots, 10; \quad \text{baseline } \frac{10 \ln 8}{T + 20}",
        source=f"{_ARJOVSKY}, memory_problem.py",
        parameters=(
            _length(20, 1, 180, "Silence between digits and recall; the network runs T + 20 steps."),
            _batch(20),
        ),
        traits={"readout": "every", "loss": "cross_entropy"},
        plain=(plain.copying,),
    ),
    Entry(
        kind="temporal_order",
        label="Temporal order",
        help="Two letters, A or B, somewhere among distractors: which two were they, in which order?",
        make=symbols.temporal_order,
        formula=r"y = v_0 + 2 v_1, \quad p_k \ge \tfrac{T}{10}, \tfrac{5T}{10}",
        source=f"{_PASCANU}, section 4.1.1 and tempOrder.py",
        parameters=(_length(20, 10, 200, "Steps to the answer; the letters are 0.3 to 0.5 T apart."), _batch(20)),
        traits={"readout": "last", "loss": "cross_entropy"},
        plain=(plain.temporal_order,),
    ),
    Entry(
        kind="temporal_order_3",
        label="Temporal order, three letters",
        help="Three letters, A or B, somewhere among distractors: which were they, in which order?",
        make=symbols.temporal_order_3,
        formula=r"y = v_0 + 2 v_1 + 4 v_2, \quad p_k \ge \tfrac{T}{10}, \tfrac{3T}{10}, \tfrac{6T}{10}",
        source=f"{_PASCANU}, section 4.1.2 and tempOrder3bit.py",
        parameters=(_length(20, 10, 200, "Steps to the answer; the letters begin at 0.1, 0.3 and 0.6 T."), _batch(20)),
        traits={"readout": "last", "loss": "cross_entropy"},
        plain=(plain.temporal_order_3,),
    ),
    Entry(
        kind="sine",
        label="Sine continuation",
        help="A sine of random frequency and phase, without noise: foretell its next value at every step.",
        make=signals.sine,
        formula=r"x_t = \sin(2 \pi f t + \varphi), \quad y_t = x_{t+1}, \; t \ge 2",
        source="A noiseless signal of our own; three values determine the next, x_(t+1) = 2 cos(2 pi f) x_t - x_(t-1).",
        parameters=(
            _length(40, 3, 200, "Steps; the first two are not counted, because they do not fix the sine."),
            number("shortest_period", "Shortest period", 8.0, (4.0, 200.0), (4.0, 50.0), "Steps in the fastest wave."),
            number("longest_period", "Longest period", 30.0, (4.0, 200.0), (4.0, 100.0), "Steps in the slowest wave."),
            _batch(16),
        ),
        traits={"readout": "every", "loss": "squared_error"},
        plain=(plain.sine,),
    ),
    Entry(
        kind="echo",
        label="Delayed echo",
        help="A stream of random bits: repeat each one a fixed number of steps after it came.",
        make=signals.echo,
        formula=r"y_t = x_{t-d}, \; t \ge d",
        source="After Jaeger: Short term memory in echo state networks (GMD report 152, 2001)",
        parameters=(
            _length(30, 2, 100, "Bits to repeat; the network runs this and the delay."),
            whole("delay", "Delay d", 5, (1, 100), (1, 30), "Steps between a bit and its echo."),
            _batch(16),
        ),
        traits={"readout": "every", "loss": "cross_entropy"},
        plain=(plain.echo,),
    ),
)

__all__ = ["TASKS"]
