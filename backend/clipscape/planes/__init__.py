"""`PLANES`: the ways to lay a plane through the weights of a network, each one function and one catalogue entry."""

from clipscape.catalog import Entry, Parameter, catalog
from clipscape.planes.fit import Fit, fit
from clipscape.planes.geometry import Path, Plane
from clipscape.planes.kinds import PlaneKind, path_plane, random_plane, weights_plane

TENSORS = (
    "weight_ih",
    "weight_hh",
    "bias_ih",
    "bias_hh",
    "norm_gain",
    "norm_gain_ih",
    "norm_gain_hh",
    "norm_gain_cell",
    "norm_bias_cell",
    "readout_weight",
    "readout_bias",
)
"""Names of tensors that a network may have."""

_MARGIN = Parameter(
    "margin",
    "Margin",
    0.2,
    "How much is shown around the paths, as a share of their extent.",
    low=0.0,
    high=10.0,
    slider_high=2.0,
)


def _weight(place: str, number: int) -> tuple[Parameter, Parameter]:
    tensor = Parameter(
        f"{place}_tensor",
        f"{place.capitalize()} weight: tensor",
        "weight_hh",
        f"The tensor that the {place} weight is in.",
        type="choice",
        choices=TENSORS,
    )
    index = Parameter(
        f"{place}_index",
        f"{place.capitalize()} weight: index",
        number,
        "Which entry of the tensor, counted row by row from 0.",
        type="int",
        low=0,
        high=99_999,
        slider_high=255,
    )
    return tensor, index


PLANES = catalog(
    Entry(
        kind="path",
        label="Through the paths",
        help="The two directions in which the weights of all variants together vary most: principal components of the "
        "snapshots. The plane that shows most of the paths.",
        make=path_plane,
        formula=r"w = \bar{w} + x\,v_1 + y\,v_2, \quad v_1, v_2:\ "
        r"\text{eigenvectors of } \textstyle\sum_i (w_i - \bar{w})(w_i - \bar{w})^\top",
        source="Li, Xu, Taylor, Studer, Goldstein (2018), Visualizing the loss landscape of neural nets, section 7.",
        parameters=(_MARGIN,),
    ),
    Entry(
        kind="random",
        label="Random directions",
        help="Two random directions around the end of the first variant, scaled row by row to its weights; biases "
        "stay. Shows how sharp the minimum is; of the paths it shows next to nothing.",
        make=random_plane,
        formula=r"w = w^* + x\,d_1 + y\,d_2, \quad "
        r"d_{k,r} \leftarrow \frac{d_{k,r}}{\lVert d_{k,r} \rVert} \lVert w^*_r \rVert \ \text{for every row } r",
        source="Li, Xu, Taylor, Studer, Goldstein (2018), Visualizing the loss landscape of neural nets, section 4.",
        parameters=(
            Parameter("seed", "Seed", 0, "Decides the directions.", type="int", low=0, high=2**32 - 1, slider_high=20),
            Parameter(
                "reach",
                "Reach",
                1.0,
                "How far the picture goes at least; at 1 every row of weights is changed by its own length.",
                low=0.01,
                high=100.0,
                scale="log",
                slider_low=0.1,
                slider_high=10.0,
            ),
        ),
    ),
    Entry(
        kind="weights",
        label="Two weights",
        help="Two single weights along the axes, all others as they were at the end of the first variant.",
        make=weights_plane,
        formula=r"w = w^* + (x - w^*_i)\,e_i + (y - w^*_j)\,e_j",
        source="Pascanu, Mikolov, Bengio (2013), On the difficulty of training recurrent neural networks, figure 6.",
        parameters=(*_weight("first", 0), *_weight("second", 1), _MARGIN),
    ),
)

__all__ = ["PLANES", "TENSORS", "Fit", "Path", "Plane", "PlaneKind", "fit"]
