"""Canonical JSON (RFC 8785): the same document gives the same bytes here and in any JavaScript client.

Sorted keys, no white space, numbers as ECMAScript writes them, -0 as 0. The bytes are what a link carries and what the
content hash and the cache key are made of.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from math import isfinite
from typing import Any

import orjson


def canonical_json(value: Any) -> str:
    """Write plain JSON data (dict, list, tuple, str, numbers, bool, None) in its one canonical form."""
    if value is None or isinstance(value, bool | str):
        return orjson.dumps(value).decode()
    if isinstance(value, int):
        return str(value) if abs(value) < 2**53 else canonical_number(float(value))
    if isinstance(value, float):
        return canonical_number(value)
    if isinstance(value, Mapping):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return "{" + ",".join(f"{canonical_json(key)}:{canonical_json(value[key])}" for key in keys) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(canonical_json, value)) + "]"
    raise TypeError(f"{type(value).__name__} has no JSON form")


def canonical_number(number: float) -> str:
    """Write a double as ECMAScript's Number::toString does (ECMA-262, 6.1.6.1.20): shortest digits that read back."""
    if not isfinite(number):
        raise ValueError("only finite numbers have a JSON form")
    if number == 0:
        return "0"
    sign = "-" if number < 0 else ""
    mantissa, exponent_text = f"{abs(number)!r}e0".split("e")[:2]
    whole, _, fraction = mantissa.partition(".")
    point = len(whole) + int(exponent_text)
    digits = (whole + fraction).lstrip("0")
    point -= len(whole + fraction) - len(digits)
    return sign + _place_point(digits.rstrip("0"), point)


def _place_point(digits: str, point: int) -> str:
    """Write 0.`digits` x 10^`point` with the decimal point, or the exponent, where ECMAScript puts it."""
    count = len(digits)
    if count <= point <= 21:
        return digits + "0" * (point - count)
    if 0 < point <= 21:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return "0." + "0" * -point + digits
    tail = f".{digits[1:]}" if count > 1 else ""
    return f"{digits[0]}{tail}e{'+' if point > 0 else '-'}{abs(point - 1)}"


def content_hash(label: str, value: Any) -> str:
    """SHA-256 (hexadecimal) of `label` and the canonical form of `value`; the label keeps different uses apart."""
    return hashlib.sha256(f"{label}\n{canonical_json(value)}".encode()).hexdigest()
