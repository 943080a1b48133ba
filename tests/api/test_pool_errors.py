"""What a client sees when the pool gives no answer."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient
from test_hostile_bodies import check_problem

from clipscape.processes import BrokenJobError, BusyError, DeadlineError, PoolError, WorkerLostError
from conftest import experiment


@pytest.mark.parametrize(
    ("error", "status", "code", "retry_after"),
    [
        (BusyError, 503, "busy", "1"),
        (DeadlineError, 503, "deadline", "5"),
        (WorkerLostError, 503, "worker_lost", "1"),
        (BrokenJobError, 500, "internal", None),
    ],
)
def test_a_failure_of_the_pool_is_a_problem_that_says_when_to_try_again(
    client: TestClient,
    monkeypatch: pytest.MonkeyPatch,
    error: type[PoolError],
    status: int,
    code: str,
    retry_after: str | None,
) -> None:
    async def call(*_arguments: Any, **_keywords: Any) -> bytes:
        raise error("inner detail")

    monkeypatch.setattr(client.app.state.service.pool, "call", call)  # type: ignore[attr-defined]
    answer = client.post("/api/v1/simulate", json={"experiment": experiment(seed=status + len(code))})
    problem = check_problem(answer, status, code)
    assert answer.headers.get("retry-after") == retry_after
    assert "inner detail" not in problem["detail"]
    assert answer.headers["cache-control"] == "no-store"
    ready = check_problem(client.get("/readyz"), 503, "not_ready")
    assert ready["code"] == "not_ready"
