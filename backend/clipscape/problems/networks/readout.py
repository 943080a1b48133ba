"""From states to loss: a linear layer on the last state or on every state, then squared error or cross-entropy.

    y = W h + b;   squared error: mean of (y - target)^2;   cross-entropy: mean of -ln softmax(y)[target]

The mean runs over the sequences, the steps that count and (squared error) the output units. Dropout (Srivastava et al.
2014, with the scaling 1 / (1 - p) at training time) acts on the states on their way into this layer and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clipscape.problems.networks.cell import Sizes
from clipscape.problems.networks.layout import Tensors
from clipscape.problems.training import Array, Task


@dataclass(frozen=True)
class Scores:
    """Per row: `loss` and `accuracy` `(rows,)`; `outputs` `(rows, [T,] batch, O)`, probabilities of cross-entropy.

    Outputs are only valid until the next forward pass.
    """

    loss: Array
    accuracy: Array
    outputs: Array


class Readout:
    """Work space of the linear layer and the loss for one tile of rows.

    `scored` sequences of the minibatch count (all, unless the last piece of held-out data is filled up).
    """

    def __init__(self, task: Task, sizes: Sizes) -> None:
        self._task, self._sizes = task, sizes
        rows, outputs = sizes.rows, task.output_size
        steps = sizes.steps if sizes.every else 1
        self._matrix = np.zeros((rows, sizes.width, outputs))
        self._transposed = np.zeros((rows, outputs, sizes.hidden))
        self._matrix_grad = np.zeros((rows, outputs, sizes.width))
        self._places = rows, steps, sizes.batch
        self._outputs = np.zeros((rows, steps * sizes.batch, outputs))
        self._grad = np.zeros((rows, steps, sizes.batch, outputs))
        self._dropped: Array | None = None
        counts = np.ones(steps) if task.counts is None or not sizes.every else task.counts.astype(float)
        self._counts = counts[:, np.newaxis]
        self._weights: dict[int, Array | None] = {}
        self._features: Array = np.zeros(0)

    def load(self, weights: Tensors) -> None:
        """Take the weights of all rows."""
        weight, hidden = weights["readout_weight"], self._sizes.hidden
        self._matrix[:, :hidden] = weight.transpose(2, 1, 0)
        self._matrix[:, -1] = weights["readout_bias"].T
        self._transposed[...] = weight.transpose(2, 0, 1)

    def forward(self, augmented: Array, dropout: Array | None) -> None:
        """Compute the outputs. `dropout` `(rows, steps, batch, H)` multiplies the states; None leaves them."""
        rows, steps, batch = self._places
        states = augmented[:, -steps:]
        self._dropped = dropout
        if dropout is not None:
            states = states.copy()
            states[..., : self._sizes.hidden] *= dropout
        self._features = states.reshape(rows, steps * batch, self._sizes.width)
        np.matmul(self._features, self._matrix, self._outputs)

    def score(self, targets: npt.NDArray[np.generic], scored: int) -> Scores:
        """Measure against `targets` `(1 or rows, [T,] batch, ...)`, and keep the gradient for `backward`."""
        rows, steps, batch = self._places
        outputs = self._outputs.reshape(rows, steps, batch, -1)
        wanted = targets if self._sizes.every else targets[:, np.newaxis]
        total = float(self._counts.sum()) * scored
        weights = self._weights_of(scored)
        if self._task.loss == "squared_error":
            loss, accuracy, shown = self._squared_error(outputs, wanted, weights, total)
        else:
            loss, accuracy, shown = self._cross_entropy(outputs, wanted, weights, total)
        return Scores(loss, accuracy, shown if self._sizes.every else shown[:, 0])

    def _weights_of(self, scored: int) -> Array | None:
        """Return 1 `(steps, batch)` where an output counts and 0 where it does not; None where all of them do."""
        if scored not in self._weights:
            _rows, steps, batch = self._places
            weights = np.zeros((steps, batch))
            weights[:, :scored] = self._counts
            self._weights[scored] = None if weights.all() else weights
        return self._weights[scored]

    def _squared_error(
        self, outputs: Array, wanted: npt.NDArray[np.generic], weights: Array | None, total: float
    ) -> tuple[Array, Array, Array]:
        miss, count = self._grad, total * outputs.shape[-1]
        np.subtract(outputs, wanted, miss)
        accuracy = np.full(len(outputs), np.nan)
        if self._task.tolerance is not None:
            close = np.logical_and.reduce(np.abs(miss) < self._task.tolerance, axis=-1)
            accuracy = self._share(close, weights, total)
        if weights is not None:
            miss *= weights[..., np.newaxis]
        flat = miss.reshape(len(miss), -1)
        loss = np.vecdot(flat, flat) / count
        miss *= 2.0 / count
        return loss, accuracy, outputs

    def _cross_entropy(
        self, outputs: Array, wanted: npt.NDArray[np.generic], weights: Array | None, total: float
    ) -> tuple[Array, Array, Array]:
        grad = self._grad
        np.subtract(outputs, outputs.max(axis=-1, keepdims=True), grad)
        classes = np.broadcast_to(wanted.astype(np.intp), outputs.shape[:-1])[..., np.newaxis]
        chosen = np.take_along_axis(grad, classes, axis=-1)[..., 0]
        correct = outputs.argmax(axis=-1) == classes[..., 0]
        np.exp(grad, grad)
        totals = np.add.reduce(grad, axis=-1, keepdims=True)
        surprise = np.log(totals[..., 0]) - chosen
        grad /= totals
        shown = grad.copy()
        np.put_along_axis(grad, classes, np.take_along_axis(grad, classes, axis=-1) - 1.0, axis=-1)
        if weights is None:
            grad *= 1.0 / total
        else:
            surprise *= weights
            grad *= weights[..., np.newaxis] / total
        loss = surprise.reshape(len(outputs), -1).sum(axis=-1) / total
        return loss, self._share(correct, weights, total), shown

    def _share(self, correct: npt.NDArray[np.bool_], weights: Array | None, total: float) -> Array:
        counted = correct if weights is None else correct * weights
        return np.asarray(counted.reshape(len(correct), -1).sum(axis=-1) / total)

    def backward(self, hidden_grad: Array) -> None:
        """Write dL/dh of the outputs alone into `hidden_grad` `(T, rows, batch, H)`, and keep the weights' gradient."""
        rows, steps, batch = self._places
        flat = self._grad.reshape(rows, steps * batch, -1)
        np.matmul(flat.swapaxes(1, 2), self._features, self._matrix_grad)
        np.matmul(self._grad.swapaxes(0, 1), self._transposed, hidden_grad[-steps:])
        if self._dropped is not None:
            hidden_grad[-steps:] *= self._dropped.swapaxes(0, 1)

    def collect(self, gradient: Tensors) -> None:
        """Write the gradients of weight and bias."""
        gradient["readout_weight"][...] = self._matrix_grad[..., : self._sizes.hidden].transpose(1, 2, 0)
        gradient["readout_bias"][...] = self._matrix_grad[..., -1].T
