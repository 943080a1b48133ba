"""Requests made from the OpenAPI document: whatever it allows or forbids, the answer is one that it describes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from clipscape.api.app import create_app
from clipscape.settings import load_settings
from conftest import RunningServer, running_server

EXAMPLES = int(os.environ.get("SCHEMA_EXAMPLES", "12"))
"""Random requests per route and phase; a nightly run may ask for thousands."""

SHORT = "0.05"
"""CPU seconds that a request may cost here: small networks fit in, the default one does not."""

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
]


@pytest.fixture(scope="module")
def server(data_dir: Path) -> Iterator[RunningServer]:
    """A server that refuses long work, because hundreds of the requests ask for the training of a network."""
    with running_server(data_dir, MAX_COST=SHORT, MAX_STREAM_COST=SHORT, MAX_SWEEP_COST=SHORT) as server:
        yield server


DOCUMENT = create_app(load_settings({})).openapi()
BOUNDED = settings(
    max_examples=EXAMPLES, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
FULL = {"/api/v1/simulate"}
OTHER_FORMS = [
    path for path, ways in DOCUMENT["paths"].items() if "requestBody" in ways.get("post", {}) and path not in FULL
]
"""Their bodies hold the experiment of /simulate, and little more: the phase that tries every keyword tries it there."""

schema = schemathesis.openapi.from_dict(DOCUMENT)
stream_schema = schemathesis.openapi.from_dict(DOCUMENT)
stream_schema.config.phases.coverage.enabled = False


@schema.exclude(path=OTHER_FORMS).parametrize()
@BOUNDED
def test_every_route_keeps_to_its_description(case: schemathesis.Case, server: RunningServer) -> None:
    case.call_and_validate(base_url=server.url, checks=CHECKS)


@stream_schema.include(path=OTHER_FORMS).parametrize()
@BOUNDED
def test_other_routes_take_the_same_bodies(case: schemathesis.Case, server: RunningServer) -> None:
    case.call_and_validate(base_url=server.url, checks=CHECKS)
