"""Weight decay: the same term `weight_decay * params`, added at one of three places in the update.

The trait `position` says where the loop puts it: "before_clip" (the penalty's gradient is clipped with the rest),
"after_clip" (added to what the optimizer receives, as PyTorch's SGD and Adam do) or "decoupled" (added to the
direction, as in AdamW).
"""

from __future__ import annotations

import numpy as np

from clipscape.catalog import Catalog, Entry, Line, Parameter, catalog
from clipscape.plain import decays as plain
from clipscape.transforms import IDENTITY, Array, RowContext, Transform


def no_decay() -> Transform:
    """Add nothing."""
    return IDENTITY


def add_decay(weight_decay: Array) -> Transform:
    """`out = updates + weight_decay * params`: the gradient of `weight_decay / 2 * |params|^2` is added."""

    def init(context: RowContext) -> Array:
        return np.empty((context.dim, context.rows))

    def update(updates: Array, work: Array, params: Array, out: Array) -> None:
        np.multiply(params, weight_decay, work)
        np.add(updates, work, out)

    return Transform(init, update)


_WEIGHT_DECAY = Parameter(
    name="weight_decay",
    label="Weight decay",
    default=0.01,
    help="Strength of the pull towards zero.",
    low=0.0,
    high=100.0,
    slider_low=0.0,
    slider_high=1.0,
    symbol="λ",
)
_PULL = (Line("u", "With weight decay", "g + weight_decay * w"),)

WEIGHT_DECAYS: Catalog = catalog(
    Entry(
        kind="none",
        label="No weight decay",
        help="Nothing pulls the parameters towards zero.",
        make=no_decay,
        formula=r"\hat{g} = g",
        source="Definition.",
        traits={"position": None},
        plain=(plain.no_decay,),
    ),
    Entry(
        kind="l2_before_clip",
        label="L2 penalty before the clip",
        help="The penalty's gradient is part of the gradient and clipped with it: the step stays within the threshold.",
        make=add_decay,
        formula=r"\hat{g} = \operatorname{clip}(g + \lambda w)",
        source="As in the code of Zhang, Jin, Fang, Wang (2020), Improved analysis of clipping algorithms.",
        parameters=(_WEIGHT_DECAY,),
        traits={"position": "before_clip"},
        lines=_PULL,
        plain=(plain.add_decay,),
    ),
    Entry(
        kind="l2_after_clip",
        label="L2 penalty after the clip",
        help="The penalty is added to the clipped gradient, so a step may exceed learning rate × threshold.",
        make=add_decay,
        formula=r"\hat{g} = \operatorname{clip}(g) + \lambda w",
        source="PyTorch: clip_grad_norm_ followed by SGD or Adam with weight_decay.",
        parameters=(_WEIGHT_DECAY,),
        traits={"position": "after_clip"},
        lines=_PULL,
        plain=(plain.add_decay,),
    ),
    Entry(
        kind="decoupled",
        label="Decoupled weight decay",
        help="Each step shrinks the parameters by learning rate × weight decay, whatever clip and optimizer do.",
        make=add_decay,
        formula=r"w \leftarrow w - \eta (d + \lambda w)",
        source="Loshchilov, Hutter (2019), Decoupled weight decay regularization.",
        parameters=(_WEIGHT_DECAY,),
        traits={"position": "decoupled"},
        lines=_PULL,
        plain=(plain.add_decay,),
    ),
)
