"""Arrays survive the wire, and no NaN gets into JSON."""

from __future__ import annotations

import json

import numpy as np
import pytest

from clipscape.wire import decode_array, dump_json, encode_array, server_sent_event

TINY, HUGE = 1e-40, 1e200


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ([0.0, 1.5, -2.25], "f4"),
        ([np.nan, np.inf, 1.0], "f4"),
        ([], "f4"),
        ([0.0, HUGE], "f8"),
        ([1.0, TINY], "f8"),
        ([9e36, 2e-37], "f4"),
        ([2e37], "f8"),
        ([True, False], "u1"),
    ],
)
def test_the_smallest_type_that_holds_the_numbers_is_sent(values: list[float], dtype: str) -> None:
    array = np.array(values)
    block = encode_array(array, "base64")
    assert block["dtype"] == dtype
    assert np.allclose(decode_array(block), array, rtol=1e-7, atol=0, equal_nan=True)


def test_shape_and_order_are_kept_whatever_the_memory_layout() -> None:
    array = np.arange(24.0).reshape(2, 3, 4)
    for view in (array, array.T, array[:, ::-1], array[0, :, 1]):
        block = encode_array(view, "base64")
        assert block["shape"] == list(view.shape)
        assert np.array_equal(decode_array(block), view)
        assert json.loads(dump_json(encode_array(view, "list"))) == view.tolist()


def test_the_block_is_little_endian_as_the_page_expects() -> None:
    block = encode_array(np.array([1.0], dtype=">f8"), "base64")
    assert block == {"dtype": "f4", "shape": [1], "bdata": "AACAPw=="}


def test_what_is_not_finite_is_null_in_lists() -> None:
    array = np.array([[1.0, np.nan], [np.inf, -np.inf]])
    assert json.loads(dump_json({"a": encode_array(array, "list"), "b": float("nan")})) == {
        "a": [[1.0, None], [None, None]],
        "b": None,
    }


def test_an_event_is_two_lines_and_a_blank_one() -> None:
    assert server_sent_event("end", {"text": "a\nb"}) == b'event: end\ndata: {"text":"a\\nb"}\n\n'
