"""Every notch of a slider in one small answer: no step is left out, numbers are rounded finer than a pixel can show.

A packed answer is `length (u4) | head (JSON) | blocks`. The head says of every quantity how it is coded and where its
blocks begin. Numbers become whole numbers, these their differences from step to step, and those are sent byte by byte
(all lowest bytes of a row, then all second ones, as many as the row needs), which compresses well and lets a reader
decode one row alone. `unpack` reads it back; whatever it would get wrong by more than is promised travels exactly.

Promised for every step of every row:
- a place on the map: half a unit of 1 / 65,536 of the window; outside of it 2^-15 of the distance from its centre, and
  nothing where a step leads across the map from afar to afar;
- a loss: 2^-17 of itself, and where losses are not all positive and drawn on a linear axis, 1 / 4,096 of that axis;
- entries of gradients: 2^-13 of themselves; angles: 1 / 1,024 degree;
- zero, signs, numbers that are not finite, whether the clip fired, where a row stopped: exactly.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from clipscape.records import Run
from clipscape.wire import dump_json

Array = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int32]

MEDIA_TYPE = "application/octet-stream"
BYTES_PER_STEP = 26.0
"""At most, before compression: three bytes for each number, four for the loss; signs and `fired` are bits."""
BYTES_OF_CLIP_INPUT = 6.25
"""More, where what the clip receives is not the gradient."""

_PLACE_UNITS = 2.0**15
_ANGLE_UNITS = 2.0**9
_LOSS_DROP, _FINE_LOSS_DROP, _VECTOR_DROP = 4, 0, 8
_AXIS_PARTS = 4096
_AFAR = 8.0
"""Half windows from the centre: beyond, a step across the map has to be known exactly."""
_ALIGNMENT = 8


@dataclass(frozen=True)
class Coding:
    """How numbers become whole ones. `floats`: the upper half of a double, without its lowest `drop` bits."""

    kind: str
    """"place", "angle" or "float"."""
    centre: float = 0.0
    half: float = 1.0
    drop: int = 0

    def encode(self, values: Array) -> IntArray:
        """Return the code of every number; of one that is not finite, some code."""
        with np.errstate(all="ignore"):
            if self.kind == "float":
                bits = np.abs(values).view(np.uint64) + np.uint64(1 << (31 + self.drop))
                return np.asarray((bits >> np.uint64(32 + self.drop)).astype(np.int32))
            if self.kind == "angle":
                return _whole(values * _ANGLE_UNITS)
            away = (values - self.centre) / self.half
            far = np.abs(away)
            return _whole(np.where(far <= 1, away, np.copysign(1 + np.log(far), away)) * _PLACE_UNITS)

    def decode(self, codes: IntArray, negative: BoolArray | None = None) -> Array:
        """Return the numbers that codes, and for floats their signs, stand for."""
        if self.kind == "float":
            magnitude = (codes.astype(np.uint64) << np.uint64(32 + self.drop)).view(np.float64)
            return magnitude if negative is None else np.where(negative, -magnitude, magnitude)
        if self.kind == "angle":
            return np.asarray(codes / _ANGLE_UNITS)
        part = codes / _PLACE_UNITS
        with np.errstate(over="ignore"):
            away = np.where(np.abs(part) <= 1, part, np.copysign(np.exp(np.abs(part) - 1), part))
        return np.asarray(self.centre + self.half * away)

    def bound(self, values: Array) -> Array:
        """Return how far from the truth a decoded number may be."""
        with np.errstate(over="ignore", invalid="ignore"):
            if self.kind == "float":
                return np.asarray(np.abs(values) * 2.0 ** (self.drop - 21))
            if self.kind == "angle":
                return np.full(values.shape, 1.01 / (2 * _ANGLE_UNITS))
            away = np.abs(values - self.centre) / self.half
            return np.asarray(self.half * np.maximum(1.0, away) * (1.01 / (2 * _PLACE_UNITS)))


def pack(head: Mapping[str, Any], run: Run, window: Array, notches: int) -> bytes:
    """Pack all steps of a run whose rows are `notches` for each variant; `head` is what else the answer says.

    `window` is `((x low, x high), (y low, y high))`.
    """
    writer = _Writer()
    steps = run.n_steps
    layout = [writer.quantity(line, steps) for line in _quantities(run, window, notches)]
    fired = writer.add(np.packbits(run.fired.T, axis=1, bitorder="little"))
    text = dump_json({**head, "packed": {"layout": layout, "fired": fired}})
    text += b" " * (-(len(text) + 4) % _ALIGNMENT)
    return struct.pack("<I", len(text)) + text + writer.blocks()


@dataclass(frozen=True)
class _Quantity:
    """What is packed row by row."""

    name: str
    coding: Coding
    values: Array
    """(length, rows)."""
    extra: int = 0
    """How many entries more than steps a row has."""
    bound: Array | None = None
    """How exact it has to be besides, `(rows, 1)`; then signs are exact, too."""
    exact: BoolArray | None = None
    """(length, rows): which entries travel exactly in any case."""


def _quantities(run: Run, window: Array, notches: int) -> Iterator[_Quantity]:
    """Yield everything that is packed."""
    exact = _crossings(run.params, window)
    for index, (low, high) in enumerate(window):
        place = Coding("place", centre=float(low + high) / 2, half=float(high - low) / 2)
        yield _Quantity(f"params.{index}", place, run.params[:, :, index], 1, exact=exact)
    bound = _loss_bound(run.loss, notches)
    loss = Coding("float", drop=_LOSS_DROP if bound is None else _FINE_LOSS_DROP)
    yield _Quantity("loss", loss, run.loss, 1, bound)
    vectors = {"grad": run.grad}
    if run.clip_input is not run.grad and not np.array_equal(run.clip_input, run.grad, equal_nan=True):
        vectors["clip_input"] = run.clip_input
    vectors["clipped"] = np.where(run.fired[:, :, None], run.clipped, 0.0)
    for name, vector in vectors.items():
        for index in range(vector.shape[2]):
            yield _Quantity(f"{name}.{index}", Coding("float", drop=_VECTOR_DROP), vector[:, :, index])
    yield _Quantity("angle", Coding("angle"), run.angle)


def _crossings(params: Array, window: Array) -> BoolArray:
    """Which points are ends of a step from afar to afar that may cross the map, `(length, rows)`."""
    low, high = window.T
    with np.errstate(invalid="ignore"):
        away = (params - (low + high) / 2) / ((high - low) / 2)
        afar = np.any(np.abs(away) > _AFAR, axis=-1)
        same_side = np.any((away[1:] > 1.1) & (away[:-1] > 1.1) | (away[1:] < -1.1) & (away[:-1] < -1.1), axis=-1)
    crosses = afar[1:] & afar[:-1] & ~same_side
    ends = np.zeros(afar.shape, dtype=bool)
    ends[1:] |= crosses
    ends[:-1] |= crosses
    return ends


def _loss_bound(loss: Array, notches: int) -> Array | None:
    """How exact losses have to be for a linear axis, `(rows, 1)`; None where every notch has a logarithmic one."""
    shaped = loss.reshape(len(loss), -1, notches)
    known = np.isfinite(shaped)
    low = np.min(shaped, axis=(0, 1), where=known, initial=np.inf)
    high = np.max(shaped, axis=(0, 1), where=known, initial=-np.inf)
    if np.all(low > 0):
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        span = np.where(low > 0, np.inf, (high - low) / _AXIS_PARTS)
    return np.tile(span, shaped.shape[1])[:, None]


class _Writer:
    """Collects blocks and says where they begin, counted from the end of the head."""

    def __init__(self) -> None:
        self._blocks: list[bytes] = []
        self._size = 0

    def add(self, array: npt.NDArray[Any]) -> int:
        """Add a block; return where it begins."""
        begin = self._size
        data = array.tobytes()
        self._blocks.append(data + bytes(-len(data) % _ALIGNMENT))
        self._size += len(self._blocks[-1])
        return begin

    def blocks(self) -> bytes:
        """Return all of them."""
        return b"".join(self._blocks)

    def quantity(self, quantity: _Quantity, n_steps: npt.NDArray[np.int64]) -> dict[str, Any]:
        """Add a quantity of rows that made `n_steps` steps; return its line of the layout."""
        name, coding, values = quantity.name, quantity.coding, np.ascontiguousarray(quantity.values.T)
        there = np.arange(values.shape[1]) < (n_steps + quantity.extra)[:, None]
        codes = coding.encode(values)
        negative = np.signbit(values) if coding.kind == "float" else None
        wrong = _wrong(values, coding.decode(codes, negative), coding.bound(values), quantity.bound)
        if quantity.exact is not None:
            wrong |= quantity.exact.T
        wrong &= there
        steps = np.diff(codes, axis=1, prepend=np.int32(0))
        folded = np.where(there, (steps << 1) ^ (steps >> 31), 0).astype("<u4")
        planes = _planes(folded)
        rows = folded.view(np.uint8).reshape(*folded.shape, 4).transpose(0, 2, 1)
        line = {
            "name": name,
            "kind": coding.kind,
            "length": values.shape[1],
            "planes": self.add(planes),
            "bytes": self.add(rows[np.arange(4) < planes[:, None]]),
        }
        if negative is not None:
            line |= {"drop": coding.drop, "signs": self.add(np.packbits(negative & there, axis=1, bitorder="little"))}
        if coding.kind == "place":
            line |= {"centre": coding.centre, "half": coding.half}
        if wrong.any():
            where = np.flatnonzero(wrong).astype("<u4")
            line["exact"] = {
                "count": len(where),
                "where": self.add(where),
                "values": self.add(values.reshape(-1)[where].astype("<f8")),
            }
        return line


def _whole(values: Array) -> IntArray:
    """Nearest whole numbers, those that cannot be any being 0."""
    rounded = np.rint(values)
    return np.where(np.abs(rounded) < 2**22, rounded, 0).astype(np.int32)


def _wrong(values: Array, decoded: Array, bound: Array, own_bound: Array | None) -> BoolArray:
    """Which numbers do not come back as near as promised."""
    with np.errstate(invalid="ignore"):
        right = np.abs(decoded - values) <= (bound if own_bound is None else np.minimum(bound, own_bound))
    return np.asarray(~right | (np.sign(decoded) != np.sign(values)) if own_bound is not None else ~right)


def _planes(folded: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint8]:
    """How many bytes the largest number of every row needs."""
    largest = folded.max(axis=1)
    return np.asarray(np.sum([largest >= limit for limit in (1, 1 << 8, 1 << 16, 1 << 24)], axis=0, dtype=np.uint8))


def unpack(answer: bytes) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    """Read a packed answer: its head, and arrays `(rows, length)` by name; nothing counts after a stop."""
    (size,) = struct.unpack_from("<I", answer)
    head = orjson.loads(answer[4 : 4 + size])
    blocks = answer[4 + size :]
    rows = sum(len(variant["notches"]) for variant in head["variants"])
    arrays: dict[str, npt.NDArray[Any]] = {}
    for line in head["packed"]["layout"]:
        arrays[line["name"]] = _read(line, blocks, rows)
    n_steps = arrays["angle"].shape[1]
    arrays["fired"] = _bits(blocks, head["packed"]["fired"], rows, n_steps)
    for name in list(arrays):
        if name.startswith("clipped."):
            index = name.partition(".")[2]
            received = arrays.get(f"clip_input.{index}", arrays[f"grad.{index}"])
            arrays[name] = np.where(arrays["fired"], arrays[name], received)
    return head, arrays


def _read(line: dict[str, Any], blocks: bytes, rows: int) -> Array:
    length = line["length"]
    planes = np.frombuffer(blocks, np.uint8, rows, line["planes"])
    data = np.zeros((rows, 4, length), dtype=np.uint8)
    sent = np.frombuffer(blocks, np.uint8, int(planes.sum()) * length, line["bytes"])
    data[np.arange(4) < planes[:, None]] = sent.reshape(-1, length)
    folded = np.ascontiguousarray(data.transpose(0, 2, 1)).view("<u4")[:, :, 0]
    steps = (folded >> 1).astype(np.int32) ^ -(folded & 1).astype(np.int32)
    codes = np.cumsum(steps, axis=1, dtype=np.int32)
    coding = Coding(line["kind"], line.get("centre", 0.0), line.get("half", 1.0), line.get("drop", 0))
    negative = _bits(blocks, line["signs"], rows, length) if "signs" in line else None
    values = coding.decode(codes, negative)
    if "exact" in line:
        count = line["exact"]["count"]
        where = np.frombuffer(blocks, "<u4", count, line["exact"]["where"])
        values.reshape(-1)[where] = np.frombuffer(blocks, "<f8", count, line["exact"]["values"])
    return values


def _bits(blocks: bytes, begin: int, rows: int, length: int) -> BoolArray:
    size = (length + 7) // 8
    packed = np.frombuffer(blocks, np.uint8, rows * size, begin).reshape(rows, size)
    return np.unpackbits(packed, axis=1, count=length, bitorder="little").astype(bool)
