"""Log lines: one for people, or one JSON object for programs (`CLIPSCAPE_LOG_FORMAT`), to standard output.

Of a request it is told which route it took, never its query, its body, the id of a link or where it came from.
"""

from __future__ import annotations

import json
import logging
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""Of the request on whose behalf something is done now; empty outside of requests."""

LINE = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def about_request(**fields: Any) -> dict[str, Any]:
    """Return the `extra` of a log call: fields of their own in JSON, left out of a line for people."""
    return {"fields": fields}


class LineFormatter(logging.Formatter):
    """For people; the id of the request stands at the end of the line."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (a name of the standard library)
        """Return the line without a traceback."""
        line = super().formatMessage(record)
        number = request_id.get()
        return f"{line} [{number}]" if number else line


class JsonFormatter(logging.Formatter):
    """One object per line: time (UTC), level, logger, message; of a request its fields; of an error its traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line of ASCII."""
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        entry: dict[str, Any] = {
            "time": time.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if number := request_id.get():
            entry["request_id"] = number
        entry |= getattr(record, "fields", {})
        if record.exc_info:
            entry["error"] = self.formatException(record.exc_info)
        return json.dumps(entry, default=str)


def log_config(level: str, style: str) -> dict[str, object]:
    """Return the set-up of Python's logging; `style` is "line" or "json"."""
    formatters = {"line": {"()": LineFormatter, "format": LINE}, "json": {"()": JsonFormatter}}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"chosen": formatters[style]},
        "handlers": {"out": {"class": "logging.StreamHandler", "formatter": "chosen", "stream": "ext://sys.stdout"}},
        "loggers": {
            name: {"handlers": ["out"], "level": level.upper(), "propagate": False} for name in ("clipscape", "uvicorn")
        },
    }
