"""`Chain`: the named links between the raw gradient and the step taken, in the order in which they are applied."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from clipscape.transforms import IDENTITY, Transform

Array = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Chain:
    """noise, decay, clip, decay, optimizer, clip, decay, learning rate: every link may be the identity.

    *Where* the clip stands is part of the scenario: `clip` works on the gradient before the optimizer sees it,
    `clip_after` on the optimizer's direction. Each row uses one of the two; `clips_direction` `(rows,)` says which rows
    use the second (None: no row does). `learning_rate` is `(rows,)` or, with a schedule, `(n_steps, rows)`. The step is
    params <- params - learning_rate * direction.
    """

    learning_rate: Array
    noise: Transform = IDENTITY
    decay_before_clip: Transform = IDENTITY
    clip: Transform = IDENTITY
    decay_after_clip: Transform = IDENTITY
    optimizer: Transform = IDENTITY
    clip_after: Transform = IDENTITY
    decoupled_decay: Transform = IDENTITY
    clips_direction: BoolArray | None = field(default=None)
