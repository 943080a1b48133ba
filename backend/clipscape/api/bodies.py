"""Reading a request body: bounded in size and time, strict about JSON."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from typing import Any

import orjson
from fastapi import Request

from clipscape.api.doorkeeper import place_of, target_of
from clipscape.api.middleware import too_large
from clipscape.api.problems import ProblemError
from clipscape.gate import question_of

MAX_DEPTH = 32
"""Levels of lists and objects in a body; a scenario has eight. Fixed, because the limits of parsers differ."""


async def read_json(request: Request, max_bytes: int, seconds: float) -> Any:
    """Read and parse the body: RFC 8259, no NaN, no duplicate keys, no lone surrogates, UTF-8 without BOM."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise ProblemError("not_json_type", "Send the header Content-Type: application/json.")
    try:
        async with asyncio.timeout(seconds):
            body = await _read_bounded(request, max_bytes)
    except TimeoutError:
        detail = f"The body must arrive within {seconds:g} s (CLIPSCAPE_BODY_SECONDS)."
        raise ProblemError("body_timeout", detail, headers={"Connection": "close"}) from None
    place = place_of(request)
    if place is not None and place.question is None:
        place.question = question_of(target_of(request.scope), body)
    return parse_json(body)


async def _read_bounded(request: Request, max_bytes: int) -> bytes:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > max_bytes:
            raise too_large(max_bytes)
    return bytes(body)


def parse_json(body: bytes) -> Any:
    """Parse strict JSON; raise `ProblemError` with the place, never with the text, of what is wrong."""
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        what = error.msg.partition(":")[0]
        detail = f"Line {error.lineno}, column {error.colno}: {what}." if body else "The body is empty."
        raise ProblemError("not_json", detail) from None
    if _is_deeper(parsed, MAX_DEPTH):
        raise ProblemError("not_json", f"It is nested more than {MAX_DEPTH} levels deep.")
    _refuse_duplicate_keys(body)
    return parsed


def _is_deeper(parsed: Any, levels: int) -> bool:
    """Tell whether lists and objects are nested more than `levels` deep, without recursion."""
    level = [parsed]
    for _ in range(levels):
        level = [child for item in level for child in _children(item) if isinstance(child, list | dict)]
        if not level:
            return False
    return True


def _children(item: Any) -> Iterable[Any]:
    if isinstance(item, dict):
        return item.values()
    return item if isinstance(item, list) else ()


class _DuplicateKeyError(ValueError):
    pass


def _refuse_duplicate_keys(body: bytes) -> None:
    """orjson keeps the last of two equal keys; readers differ on which one counts, so neither does here.

    The text has passed orjson; the standard parser cannot fail on it but for its own limits on depth and digits.
    """
    try:
        json.loads(body, object_pairs_hook=_unique)
    except _DuplicateKeyError:
        raise ProblemError("not_json", "A key appears twice in one object.") from None
    except (RecursionError, ValueError):
        raise ProblemError("not_json", "It is nested too deeply, or a number has too many digits.") from None


def _unique(pairs: list[tuple[str, Any]]) -> None:
    if len({key for key, _ in pairs}) < len(pairs):
        raise _DuplicateKeyError
