"""Errors as `application/problem+json` (RFC 9457) with a stable `code`. They never repeat anything of the input."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from clipscape.complaints import Complaint, ScenarioError
from clipscape.cost import CostError
from clipscape.farm.faults import FarmError
from clipscape.processes import BusyError, DeadlineError, PoolError, RefusedError, SlowReaderError, WorkerLostError

MEDIA_TYPE = "application/problem+json"
CODE = "clipscape.code"
"""Where the scope of a request keeps the code of its problem, for the log and the metrics."""

TITLES = {
    "not_json": (400, "The body is not JSON"),
    "bad_request": (400, "The request cannot be read"),
    "not_found": (404, "There is nothing at this address"),
    "method_not_allowed": (405, "This address does not answer this method"),
    "superseded": (409, "A newer request has taken its place"),
    "link_removed": (410, "This link was removed"),
    "other_engine": (409, "Made for another release of the engine"),
    "body_timeout": (408, "The body took too long to arrive"),
    "too_large": (413, "The body is too large"),
    "uri_too_long": (414, "The address is too long"),
    "not_json_type": (415, "The body must be sent as application/json"),
    "invalid": (422, "The request cannot be used as it is"),
    "newer_version": (422, "Made by a newer version"),
    "cost": (422, "This would take too long"),
    "too_many_links": (429, "Too many new links"),
    "gone": (499, "The client closed the connection"),
    "internal": (500, "Something broke on the server"),
    "busy": (503, "The server is busy"),
    "deadline": (503, "The computation took too long"),
    "slow_reader": (503, "The answer was taken too slowly"),
    "worker_lost": (503, "The computation was interrupted"),
    "not_ready": (503, "The server is not ready"),
    "farm_unavailable": (503, "The workers for maps cannot be used now"),
    "links_unavailable": (503, "Short links cannot be used now"),
    "links_full": (507, "There is no room for another short link"),
}
"""Every code with its status and title; the codes are part of the API and never change."""

_CODE_OF_STATUS = {400: "bad_request", 404: "not_found", 405: "method_not_allowed", 413: "too_large"}


class ProblemError(Exception):
    """An answer other than the one asked for."""

    def __init__(
        self,
        code: str,
        detail: str,
        errors: list[dict[str, str]] | None = None,
        headers: Mapping[str, str] | None = None,
        **extra: Any,
    ) -> None:
        self.code = code
        self.status, self.title = TITLES[code]
        self.headers = dict(headers or {})
        self.body = {
            "type": "about:blank" if code == "internal" else f"urn:clipscape:problem:{code}",
            "title": self.title,
            "status": self.status,
            "code": code,
            "detail": detail,
            "errors": errors or [],
            **extra,
        }
        super().__init__(detail)

    def response(self) -> Response:
        """Return the answer."""
        headers = {"Cache-Control": "no-store", **self.headers}
        return ProblemResponse(self.code, orjson.dumps(self.body), self.status, headers, MEDIA_TYPE)


class ProblemResponse(Response):
    """An answer that leaves its code in the scope of the request."""

    def __init__(self, code: str, *args: Any) -> None:
        super().__init__(*args)
        self._code = code

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[CODE] = self._code
        await super().__call__(scope, receive, send)


def as_problem(error: Exception) -> ProblemError:
    """Translate any exception; one that nobody foresaw becomes `internal`, without details."""
    match error:
        case ProblemError():
            return error
        case CostError():
            complaints = [c.as_dict() for c in error.complaints]
            return ProblemError("cost", error.detail, complaints, estimate=error.estimate, limit=error.limit)
        case ScenarioError():
            return ProblemError(error.code, error.detail, [c.as_dict() for c in error.complaints])
        case RequestValidationError():
            return _invalid_query(error)
        case HTTPException():
            return _from_http(error)
        case RefusedError():
            return ProblemError(error.problem["code"], error.problem["detail"], error.problem["errors"])
        case FarmError():
            detail = f"Maps cannot be computed now: {error.reason} (CLIPSCAPE_DASK_SCHEDULER). Everything else works."
            return ProblemError("farm_unavailable", detail, headers={"Retry-After": "5"})
        case BusyError():
            detail = "Too many computations are waiting. Try again in a moment (CLIPSCAPE_QUEUE_PER_WORKER)."
            return ProblemError("busy", detail, headers={"Retry-After": "1"})
        case DeadlineError():
            settings = "CLIPSCAPE_DEADLINE, of streams CLIPSCAPE_STREAM_DEADLINE, of maps CLIPSCAPE_SWEEP_DEADLINE"
            detail = f"The computation was stopped at its deadline ({settings}). Ask for less."
            return ProblemError("deadline", detail, headers={"Retry-After": "5"})
        case SlowReaderError():
            detail = "Too much waits for clients that read slowly (CLIPSCAPE_UNREAD_BYTES). Ask again: it is kept."
            return ProblemError("slow_reader", detail, headers={"Retry-After": "1"})
        case WorkerLostError():
            detail = "The process that computed this ended unexpectedly. Try again."
            return ProblemError("worker_lost", detail, headers={"Retry-After": "1"})
    return ProblemError("internal", "The error has been logged.")


def _from_http(error: HTTPException) -> ProblemError:
    code = _CODE_OF_STATUS.get(error.status_code, "bad_request" if error.status_code < 500 else "internal")
    details = {
        "not_found": "Addresses of the API are listed at /docs.",
        "method_not_allowed": "The header Allow says which methods are answered.",
    }
    return ProblemError(code, details.get(code, TITLES[code][1] + "."), headers=error.headers)


def _invalid_query(error: RequestValidationError) -> ProblemError:
    """Say what is wrong with a part of the address or a header; its place is named by us, not by the input."""
    complaints = []
    for item in error.errors()[:10]:
        what = f"must be {item['ctx']['expected']}" if "expected" in item.get("ctx", {}) else "is not acceptable"
        complaints.append(Complaint(".".join(map(str, item["loc"])), what, "see /docs").as_dict())
    return ProblemError("invalid", "A part of the address or a header is not acceptable.", complaints)


async def _answer(_request: Request, error: Exception) -> Response:
    return as_problem(error).response()


def install(app: FastAPI) -> None:
    """Answer every foreseen exception with its problem; the unforeseen ones are left to `middleware.Shell`."""
    for kind in (ProblemError, ScenarioError, RequestValidationError, HTTPException, PoolError):
        app.add_exception_handler(kind, _answer)
