"""Canonical JSON gives the bytes that a JavaScript client gives."""

from __future__ import annotations

import json
import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipscape.canonical import canonical_json, canonical_number, content_hash

# RFC 8785, appendix B: the bits of a double and how ECMAScript writes it.
RFC_8785_NUMBERS = {
    "0000000000000000": "0",
    "8000000000000000": "0",
    "0000000000000001": "5e-324",
    "8000000000000001": "-5e-324",
    "7fefffffffffffff": "1.7976931348623157e+308",
    "ffefffffffffffff": "-1.7976931348623157e+308",
    "4340000000000000": "9007199254740992",
    "c340000000000000": "-9007199254740992",
    "4430000000000000": "295147905179352830000",
    "44b52d02c7e14af5": "9.999999999999997e+22",
    "44b52d02c7e14af6": "1e+23",
    "44b52d02c7e14af7": "1.0000000000000001e+23",
    "444b1ae4d6e2ef4e": "999999999999999700000",
    "444b1ae4d6e2ef4f": "999999999999999900000",
    "444b1ae4d6e2ef50": "1e+21",
    "3eb0c6f7a0b5ed8c": "9.999999999999997e-7",
    "3eb0c6f7a0b5ed8d": "0.000001",
    "41b3de4355555553": "333333333.3333332",
    "41b3de4355555554": "333333333.33333325",
    "41b3de4355555555": "333333333.3333333",
    "41b3de4355555556": "333333333.3333334",
    "41b3de4355555557": "333333333.33333343",
    "becbf647612f3696": "-0.0000033333333333333333",
    "43143ff3c1cb0959": "1424953923781206.2",
}

JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.integers(-(2**53), 2**53),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(("bits", "text"), RFC_8785_NUMBERS.items())
def test_numbers_are_written_as_rfc_8785_says(bits: str, text: str) -> None:
    assert canonical_number(struct.unpack(">d", bytes.fromhex(bits))[0]) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_reads_back_as_itself(number: float) -> None:
    assert float(canonical_number(number)) == number


@given(JSON_VALUES)
def test_the_text_is_json_and_means_the_same(value: object) -> None:
    text = canonical_json(value)
    read = json.loads(text, parse_int=float)
    assert read == value
    assert canonical_json(read) == text


def test_keys_are_sorted_by_utf_16_and_nothing_is_blank() -> None:
    # U+1F600 is a surrogate pair in UTF-16 and so comes before U+FB33 (RFC 8785, 3.2.3).
    value = {"\ufb33": 1, "\U0001f600": 2, "b": [1.0, -0.0, 0.5], "a": {"z": None, "y": True}}
    assert canonical_json(value) == '{"a":{"y":true,"z":null},"b":[1,0,0.5],"\U0001f600":2,"\ufb33":1}'


def test_text_is_escaped_as_ecmascript_does() -> None:
    assert canonical_json('\b\t\n\f\r"\\\x1f\x7f€/') == '"\\b\\t\\n\\f\\r\\"\\\\\\u001f\x7f€/"'


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_has_no_form(number: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        canonical_json([number])


def test_what_is_not_json_has_no_form() -> None:
    with pytest.raises(TypeError, match="set"):
        canonical_json({"a": {1, 2}})


def test_the_hash_depends_on_content_and_use_only() -> None:
    assert content_hash("a", {"x": 1.0, "y": -0.0}) == content_hash("a", {"y": 0, "x": 1})
    assert content_hash("a", {"x": 1}) != content_hash("b", {"x": 1})
    assert content_hash("a", {"x": 1}) != content_hash("a", {"x": 2})
