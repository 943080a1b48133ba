"""Pascanu's regulariser against vanishing gradients (Pascanu, Mikolov, Bengio 2013, section 3.3, eq. 9 and 10).

With delta_t = dL/dh_t of one sequence and z_t the gradient with respect to the sum inside f (`z_t = delta_t f'`), the
way one step back gives `z_t W_hh`. It should be as long as what it came from:

    Omega = mean of (|z_t W_hh|^2 / |delta_t|^2 - 1)^2    over all steps and sequences with |delta_t|^2 >= 1e-20

The authors' program takes squared norms, the mean and the bound of 1e-20; the paper prints a sum over steps and ratios
of norms that are not squared. This is the program's version, with which the published results were obtained. Its
gradient is the *immediate* one: only the W_hh that is written above is varied, `z_t` and `delta_t` are held constant.
"""

from __future__ import annotations

import numpy as np

from clipscape.problems.training import Array

BOUND = 1e-20
"""Below this a gradient counts as vanished for good: its direction is noise."""


def vanishing_penalty(state_grads: Array, sum_grads: Array, matrix: Array) -> tuple[Array, Array]:
    """Return Omega `(rows,)` and its immediate gradient `(rows, out, in)`.

    `state_grads` and `sum_grads` are `(rows, T, batch, H)` each; `matrix` is W_hh, `(rows, out, in)`.
    """
    rows, units = len(matrix), matrix.shape[-1]
    arriving, sums = (grads.reshape(rows, -1, units) for grads in (state_grads, sum_grads))
    leaving = np.matmul(sums, matrix)
    before, after = np.vecdot(arriving, arriving), np.vecdot(leaving, leaving)
    alive = ~(before < BOUND)
    count = np.maximum(np.count_nonzero(alive, axis=-1), 1)[:, np.newaxis]
    excess = np.where(alive, after / before - 1.0, 0.0)
    omega = (excess * excess / count).sum(axis=-1)
    leaving *= (4.0 * excess / np.where(alive, before, 1.0) / count)[..., np.newaxis]
    return omega, np.matmul(sums.swapaxes(1, 2), leaving)
