"""The kinds of planes: through the paths, along two random directions, along two weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from clipscape.planes.geometry import Array, Path, Plane, lengths, on_map, scaled
from clipscape.problems.training import Block

Blocks = tuple[Block, ...]
Flaw = tuple[str, str, str]
"""Parameter, what is wrong with it, what to do."""

_RANDOM_TAG = 7
"""Keeps the random directions apart from all other random numbers of the same seed."""

_ROUNDING = 1e-13
"""What is left of paths on a straight line after taking the line away, relative to them, is rounding."""


def _no_flaws(_blocks: Blocks) -> Iterator[Flaw]:
    return iter(())


@dataclass(frozen=True)
class PlaneKind:
    """How a plane is laid through `paths` (finite snapshots only), and what is wrong with it for given tensors."""

    through: Callable[[Sequence[Path], Blocks], Plane]
    flaws: Callable[[Blocks], Iterator[Flaw]] = _no_flaws


def path_plane(margin: float) -> PlaneKind:
    """The two directions in which the snapshots of all variants together vary most (principal components).

    Snapshots off the map (see `on_map`) are left out. The signs are such that the runs end towards plus.
    """

    def through(paths: Sequence[Path], _blocks: Blocks) -> Plane:
        points = np.concatenate([path.points[kept] for path, kept in zip(paths, on_map(paths), strict=True)])
        centre = points.mean(axis=0)
        deviations, _ = scaled(points - centre)
        size = float(np.linalg.norm(deviations))
        first = _leading(deviations, size, [])
        second = _leading(deviations - np.outer(deviations @ first, first), size, [first])
        shares = [float(np.square(deviations @ way).sum()) / size**2 if size else 0.0 for way in (first, second)]
        labels = [f"principal direction {place}, {100 * share:.0f} %" for place, share in enumerate(shares, start=1)]
        trend = sum((path.points[-1] - path.points[0] for path in paths if len(path.points)), np.zeros_like(centre))
        directions = np.stack([_towards(trend, first), _towards(trend, second)])
        return Plane(centre, directions, (labels[0], labels[1]), margin=margin)

    return PlaneKind(through)


def _leading(deviations: Array, size: float, others: list[Array]) -> Array:
    """Return the unit vector `(dim,)` along which the rows vary most, at right angles to `others`.

    From the eigenvectors of the smaller of the two Gram matrices. The caller has taken the earlier directions away, so
    that a direction is as exact as an SVD's even where it holds 1e-12 of what the first one holds.
    """
    if np.linalg.norm(deviations) <= _ROUNDING * size:
        return _any_direction(deviations.shape[1], others)
    if len(deviations) <= deviations.shape[1]:
        direction = np.linalg.eigh(deviations @ deviations.T)[1][:, -1] @ deviations
    else:
        direction = np.linalg.eigh(deviations.T @ deviations)[1][:, -1]
    for other in others:
        direction = direction - (direction @ other) * other
    return np.asarray(direction / np.linalg.norm(direction))


def _any_direction(dim: int, others: list[Array]) -> Array:
    """Return a unit vector at right angles to `others`: the coordinate that they use least, made orthogonal."""
    used = sum((np.abs(other) for other in others), np.zeros(dim))
    direction = np.zeros(dim)
    direction[int(np.argmin(used))] = 1.0
    for other in others:
        direction -= (direction @ other) * other
    return np.asarray(direction / np.linalg.norm(direction))


def _towards(trend: Array, direction: Array) -> Array:
    along = float(trend @ direction) or float(direction[np.argmax(np.abs(direction))])
    return direction if along > 0 else -direction


def random_plane(seed: int, reach: float) -> PlaneKind:
    """Two filter-normalised random directions around the last finite weights of the first variant. Li et al. 2018.

    Every row of a weight matrix, that is all weights into one unit, gets a Gaussian direction of the row's own length;
    biases and gains stay, as in the paper's pictures. The two directions are nearly, not exactly, at right angles.
    """

    def through(paths: Sequence[Path], blocks: Blocks) -> Plane:
        centre = next(path.points[-1] for path in paths if len(path.points))
        generator = np.random.default_rng((seed, _RANDOM_TAG))
        directions = np.stack([filter_normalised(generator, centre, blocks) for _ in range(2)])
        labels = ("random direction 1", "random direction 2")
        return Plane(centre, directions, labels, reach=reach)

    return PlaneKind(through)


def filter_normalised(generator: np.random.Generator, weights: Array, blocks: Blocks) -> Array:
    """Return a random direction `(dim,)` whose part in every matrix row is as long as that row of `weights`.

    Where every row is zero there is nothing to go by, and the direction is Gaussian of length 1.
    """
    direction = np.zeros_like(weights)
    for block in blocks:
        if len(block.shape) == 2:
            drawn = generator.standard_normal(block.shape)
            wanted = lengths(weights[block.place].reshape(block.shape))
            direction[block.place] = (drawn * (wanted / lengths(drawn))[:, np.newaxis]).ravel()
    if direction.any():
        return direction
    drawn = generator.standard_normal(len(weights))
    return np.asarray(drawn / np.linalg.norm(drawn))


def weights_plane(
    first_tensor: str, first_index: int, second_tensor: str, second_index: int, margin: float
) -> PlaneKind:
    """Two single weights, all others as they were in the last finite snapshot of the first variant.

    An index counts the entries of a tensor row by row from 0.
    """
    chosen = (("first", first_tensor, first_index), ("second", second_tensor, second_index))

    def flaws(blocks: Blocks) -> Iterator[Flaw]:
        sizes = {block.name: block.size for block in blocks}
        for place, tensor, index in chosen:
            if tensor not in sizes:
                yield f"{place}_tensor", "is not a tensor of this network", f"use one of: {', '.join(sizes)}"
            elif index >= sizes[tensor]:
                remedy = f"use 0 to {sizes[tensor] - 1}"
                yield f"{place}_index", f"is beyond the last of the {sizes[tensor]} entries of {tensor}", remedy
        if (first_tensor, first_index) == (second_tensor, second_index):
            yield "second_index", "is the same weight as the first", "choose another one"

    def through(paths: Sequence[Path], blocks: Blocks) -> Plane:
        centre = next(path.points[-1] for path in paths if len(path.points)).copy()
        by_name = {block.name: block for block in blocks}
        places = [by_name[tensor].start + index for _, tensor, index in chosen]
        labels = [entry_label(by_name[tensor], index) for _, tensor, index in chosen]
        centre[places] = 0.0
        directions = np.zeros((2, len(centre)))
        directions[[0, 1], places] = 1.0
        return Plane(centre, directions, (labels[0], labels[1]), margin=margin)

    return PlaneKind(through, flaws)


def entry_label(block: Block, index: int) -> str:
    """Name one entry of a tensor as numpy would: `weight_hh[2, 0]`."""
    place = ", ".join(str(int(number)) for number in np.unravel_index(index, block.shape))
    return f"{block.name}[{place}]"
