"""How arrays and answers travel: JSON lists, or base64 blocks that Plotly and numpy both read. No NaN ever in JSON."""

from __future__ import annotations

import base64
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import orjson

ArrayForm = Literal["list", "base64"]
ARRAY_FORMS: tuple[ArrayForm, ...] = ("list", "base64")

VECTOR_FIELDS = ("params", "grad", "clip_input", "clipped", "update")
"""What is recorded of a run and has one number per coordinate."""

NUMBER_FIELDS = ("loss", "grad_norm", "clip_input_norm", "clipped_norm", "update_norm", "clip_coef", "angle", "fired")
"""What is recorded of a run and is one number per step."""

ARITHMETIC_VECTORS = ("noise_free", "optimizer_input", "direction", "descent")
"""What the arithmetic of a run adds, beside the learning rate in force and the optimizer's memory."""

FIELDS = VECTOR_FIELDS + NUMBER_FIELDS
TENSOR_FIELDS = ("tensor_grad_norm", "tensor_clipped_norm")
"""What is recorded of a network and has one number per tensor and step."""

NETWORK_FIELDS = (*NUMBER_FIELDS, "accuracy", "param_norm", "update_ratio", *TENSOR_FIELDS)
"""What can be sent of a network: its vectors have one number per weight, which is too much."""

NETWORK_NOTCH_FIELDS = ("loss", "accuracy", "grad_norm", "clipped_norm", "angle")

POINT_FIELDS = ("params", "loss", "accuracy", "param_norm")
"""What belongs to a point and not to a step: these have an entry before the first step."""

NOTCH_FIELDS = ("params", "loss", "grad_norm", "clipped_norm", "angle")
"""What is sent of every notch of an axis unless other fields are asked for."""

_SINGLE_LOW, _SINGLE_HIGH = 1e-37, 1e37
"""Outside of this, single precision overflows or loses digits, and both are the subject here: double is sent."""

BYTES_PER_NUMBER = {"list": 19.0, "base64": 16 / 3}


def encode_array(array: npt.NDArray[Any], form: ArrayForm) -> Any:
    """Return what stands for `array` in the answer.

    "list": nested lists, in which numbers that are not finite are null. "base64": `{"dtype", "shape", "bdata"}`, little
    endian, C order; NaN and Infinity are possible inside.
    """
    if form == "list":
        return np.ascontiguousarray(array)
    typed = np.ascontiguousarray(array, dtype=_wire_type(array))
    return {
        "dtype": typed.dtype.str[1:],
        "shape": list(typed.shape),
        "bdata": base64.b64encode(typed.tobytes()).decode(),
    }


def _wire_type(array: npt.NDArray[Any]) -> npt.DTypeLike:
    if array.dtype in (np.bool_, np.uint8):
        return "|u1"
    if array.dtype == np.int32:
        return "<i4"
    magnitude = np.abs(array[np.isfinite(array) & (array != 0)])
    fits = magnitude.size == 0 or (magnitude.min() >= _SINGLE_LOW and magnitude.max() <= _SINGLE_HIGH)
    return "<f4" if fits else "<f8"


def decode_array(block: dict[str, Any]) -> npt.NDArray[Any]:
    """Read a base64 block back."""
    dtype = np.dtype(block["dtype"]).newbyteorder("<")
    return np.frombuffer(base64.b64decode(block["bdata"]), dtype=dtype).reshape(block["shape"])


def dump_json(value: Any) -> bytes:
    """Write JSON; numpy arrays become lists, numbers that are not finite become null."""
    return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY)


def server_sent_event(name: str, value: Any) -> bytes:
    """Write one event of a `text/event-stream`."""
    return b"event: " + name.encode() + b"\ndata: " + dump_json(value) + b"\n\n"
