"""A question as an address, in the form of a link: `1.<base64url(raw deflate(JSON))>`, and how long its answer keeps.

An address that names the release it was made for has the same answer for ever, so any cache on the way may keep it: a
lecture hall that opens one link then asks the server once. Another release refuses it and names its own.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import Query
from starlette.responses import Response

from clipscape.addresses import unpacked
from clipscape.api.bodies import parse_json
from clipscape.api.problems import ProblemError
from clipscape.complaints import Complaint, ScenarioError
from clipscape.release import release

IMMUTABLE = "public, max-age=31536000, immutable"
_PREFIX = "1."
_FORM = re.compile(r"[A-Za-z0-9_-]+")

Packed = Annotated[
    str,
    Query(
        alias="s",
        min_length=3,
        description="The body of the POST in the form of a link: 1.<base64url(raw deflate(JSON))>.",
        examples=["1.qlYqSy0qzszPU7Iy1FFKrShILcpMzSvJzEtVsqpWKijKT8pJzVWyUkrOyUxNU6qtBQA"],
    ),
]
Engine = Annotated[
    str | None,
    Query(
        max_length=60,
        description="The release that answers, as the catalogue names it; then the answer may be kept for ever.",
    ),
]


def unpack(text: str, max_bytes: int) -> Any:
    """Read the JSON of an address; never inflates more than `max_bytes`."""
    payload = text.removeprefix(_PREFIX)
    if payload == text or not _FORM.fullmatch(payload):
        raise _damaged("is not a packed question", "begin with 1. and use the letters of base64url")
    try:
        body = unpacked(payload, max_bytes)
    except OverflowError:
        raise _damaged(f"holds more than {max_bytes} bytes (CLIPSCAPE_MAX_BODY_BYTES)", "ask for less") from None
    except ValueError:
        raise _damaged("is damaged", "copy the whole address") from None
    return parse_json(body)


def _damaged(what: str, remedy: str) -> ScenarioError:
    return ScenarioError([Complaint("query.s", what, remedy)])


def check_release(engine: str | None) -> None:
    """Refuse an address that was made for another release."""
    if engine is not None and engine != release():
        detail = "The address was made for another release. Ask again with the one named here, or by POST."
        raise ProblemError("other_engine", detail, engine=release())


def keep_for_ever(engine: str | None, response: Response) -> Response:
    """Let every cache keep the answer if the address names the release; otherwise it is asked about every time."""
    if engine is not None:
        response.headers["Cache-Control"] = IMMUTABLE
    return response
