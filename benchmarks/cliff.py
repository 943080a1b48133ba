"""The cliff once more, as a user of numpy would write it; parameters are the catalogue's defaults."""

from __future__ import annotations

from math import cos, radians, sin

import numpy as np
import numpy.typing as npt

from clipscape.problems import PROBLEMS

Array = npt.NDArray[np.float64]

_DEFAULTS = {name: float(value) for name, value in PROBLEMS["cliff"].defaults().items()}
HEIGHT, STEEPNESS, DISTANCE, DEPTH = (_DEFAULTS[name] for name in ("height", "steepness", "distance", "depth"))
NORMAL_X, NORMAL_Y = cos(radians(_DEFAULTS["angle"])), sin(radians(_DEFAULTS["angle"]))


def numpy_value(params: Array) -> float:
    """Loss of one point `(2,)`."""
    x, y = params
    wall = 0.5 + 0.5 * np.tanh(0.5 * STEEPNESS * (NORMAL_X * x + NORMAL_Y * y - DISTANCE))
    return float(DEPTH * np.log(1.0 + 2.0 * x * x + 0.15 * y * y) + HEIGHT * wall)


def numpy_grad(params: Array) -> Array:
    """Gradient at one point, `(2,)`."""
    x, y = params
    wall = np.tanh(0.5 * STEEPNESS * (NORMAL_X * x + NORMAL_Y * y - DISTANCE))
    slope = 0.25 * HEIGHT * STEEPNESS * (1.0 - wall * wall)
    valley = DEPTH / (1.0 + 2.0 * x * x + 0.15 * y * y)
    return np.array([4.0 * x * valley + slope * NORMAL_X, 0.3 * y * valley + slope * NORMAL_Y])
