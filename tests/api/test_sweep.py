"""`POST /sweep`: a map as events, the price beforehand, and refusals that say what to change."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest
from fastapi.testclient import TestClient

from clipscape.api.app import create_app
from clipscape.api.schemas import components
from clipscape.processes import WorkerLostError
from clipscape.settings import Settings
from conftest import experiment
from sweeping import ask_for, assembled, whole_map

SWEEP, ESTIMATE = "/api/v1/sweep", "/api/v1/sweep/estimate"


def events(client: TestClient, body: dict[str, Any], query: str = "") -> list[tuple[str, Any]]:
    answer = client.post(f"{SWEEP}{query}", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/event-stream")
    blocks = [block.split("\n") for block in answer.text.removesuffix("\n\n").split("\n\n")]
    return [(name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for name, data in blocks]


def refusal(client: TestClient, path: str = SWEEP, **more: Any) -> dict[str, dict[str, str]]:
    answer = client.post(path, json={"experiment": experiment(), **more})
    assert answer.status_code == 422, answer.text
    return {error["where"]: error for error in answer.json()["errors"]}


def test_the_events_come_in_order_and_hold_the_whole_map(client: TestClient) -> None:
    body = {"experiment": experiment(n_steps=60), "resolution": [24, 16]}
    received = events(client, body, "?arrays=base64")
    names = [name for name, _ in received]
    assert (names[0], names[-1]) == ("start", "end")
    assert set(names[1:-1:2]) == {"tile"}
    assert set(names[2:-1:2]) == {"progress"}
    told = [data for name, data in received if name == "tile"]
    levels = [tile["level"] for tile in told]
    assert levels == sorted(levels, reverse=True)
    assert set(levels) == set(received[0][1]["levels"])
    ask = ask_for(experiment(n_steps=60), resolution=[24, 16])
    for left, right in zip(assembled(ask, told), whole_map(ask), strict=True):
        assert all(left[key].tobytes() == right[key].tobytes() for key in right)
    progress = [data for name, data in received if name == "progress"]
    assert [step["done"] for step in progress] == sorted(step["done"] for step in progress)
    assert progress[-1] == {"done": 24 * 16 * 3, "total": 24 * 16 * 3, "seconds_left": 0}


def conforms(value: Any, schema: str) -> None:
    document = {"$ref": f"#/components/schemas/{schema}", "components": {"schemas": components()}}
    jsonschema_rs.validate(document, value)


@pytest.mark.parametrize("query", ["", "?arrays=base64"])
@pytest.mark.parametrize("seeds", [1, 2])
def test_start_and_tiles_are_what_the_description_says(client: TestClient, query: str, seeds: int) -> None:
    exploding = experiment(n_steps=40, problem={"kind": "quadratic"}, noise={"kind": "gaussian"})
    rates = {"path": "variants.*.learning_rate", "low": 0.1, "high": 100.0}
    body = {"experiment": exploding, "y": rates, "resolution": [4, 3], "seeds": seeds}
    received = events(client, body, query)
    conforms(received[0][1], "SweepStart")
    assert received[0][1]["overlays"]
    for tile in (data for name, data in received if name == "tile"):
        conforms(tile, "SweepTile")
        assert all({"near", "shares"} <= set(variant) or seeds == 1 for variant in tile["variants"])
        assert not any({"near", "shares"} & set(variant) and seeds == 1 for variant in tile["variants"])
    conforms(client.post(ESTIMATE, json=body).json(), "SweepEstimate")


def test_the_start_says_what_the_map_shows(client: TestClient) -> None:
    x = {"path": "variants.*.threshold", "low": 0.1, "high": 10, "scale": "log"}
    start = events(client, {"experiment": experiment(seed=1), "x": x, "resolution": [3, 2]})[0][1]
    assert (start["x"]["values"], start["x"]["label"], start["x"]["scale"]) == ([0.1, 1.0, 10.0], "Threshold", "log")
    assert start["y"]["path"] == "variants.*.learning_rate"
    assert [variant["name"] for variant in start["variants"]] == ["None", "Norm", "Value"]
    assert [(own["x"], own["y"]) for own in start["variants"]] == [
        (False, True),
        (True, True),
        (True, True),
    ]
    assert start["variants"][0]["current"] == {"x": None, "y": 0.1}
    assert start["variants"][1]["current"] == {"x": 1.0, "y": 0.1}
    assert start["statuses"] == ["converged", "bounded", "stalled", "descending", "diverged"]
    assert (start["seeds"], start["estimate"]["runs"]) == (1, 18)
    assert start["problem"]["kind"] == "cliff"


def test_the_estimate_is_what_the_start_says_and_lists_the_axes(client: TestClient) -> None:
    body = {"experiment": experiment(n_steps=70), "resolution": 4, "seeds": 2}
    estimate = client.post(ESTIMATE, json=body).json()
    start = events(client, body)[0][1]
    assert {key: estimate[key] for key in ("runs", "seconds", "workers", "wait")} == start["estimate"]
    assert (estimate["cells"], estimate["resolution"], estimate["workers"]) == (16, [4, 4], 1)
    assert estimate["seeds"] == start["seeds"] == 1
    assert estimate["seeds_note"] == start["seeds_note"] is not None
    assert estimate["limit_seconds"] == 120
    assert not estimate["noisy"]
    assert [own["path"] for own in estimate["choices"]][:2] == [
        "variants.*.threshold",
        "variants.*.learning_rate",
    ]
    noisy = client.post(ESTIMATE, json={"experiment": experiment(noise={"kind": "gaussian"})}).json()
    assert noisy["noisy"]
    assert noisy["seeds_note"] is None


def test_a_map_of_networks_comes_in_the_same_events(client: TestClient) -> None:
    variants = [{"name": rule, "clip": {"kind": rule}} for rule in ("none", "norm")]
    task = {"kind": "adding", "params": {"sequence_length": 5, "batch_size": 2}}
    problem = {"kind": "gru", "params": {"hidden_size": 3}}
    network = {"problem": problem, "task": task, "n_steps": 8, "variants": variants}
    received = events(client, {"experiment": network, "seeds": 2}, "?arrays=base64")
    start = received[0][1]
    assert (start["problem"]["kind"], start["problem"]["task"], start["seeds"]) == ("gru", "adding", 2)
    assert len(start["x"]["values"]) == len(start["y"]["values"]) == 12
    told = [data for name, data in received if name == "tile"]
    ask = ask_for(network, seeds=2)
    for left, right in zip(assembled(ask, told), whole_map(ask), strict=True):
        assert all(left[key].tobytes() == right[key].tobytes() for key in right)
    assert set(told[0]["variants"][0]["shares"]) == set(start["statuses"])


def test_a_map_of_networks_that_is_too_dear_says_what_to_lower(client: TestClient) -> None:
    variants = [{"name": "Norm", "clip": {"kind": "norm"}}]
    network = {"problem": {"kind": "lstm"}, "n_steps": 400, "variants": variants}
    errors = refusal(client, experiment=network, resolution=64)
    fewer = int(errors["resolution"]["remedy"].removeprefix("lower it to "))
    assert 12 <= fewer < 64
    asked = {"experiment": network, "resolution": fewer}
    assert client.post(ESTIMATE, json=asked).json()["seconds"] <= 120
    assert client.post(ESTIMATE, json={**asked, "resolution": fewer + 1}).json()["seconds"] > 120


def test_a_map_that_was_sent_to_its_end_is_replayed_at_once(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {"experiment": experiment(seed=2), "resolution": 3}
    first = events(client, body)

    def refuse(*_arguments: Any, **_more: Any) -> Any:
        raise AssertionError("computed again")

    monkeypatch.setattr(client.app.state.service.pool, "call", refuse)  # type: ignore[attr-defined]
    assert events(client, body) == first


def test_a_worker_that_dies_costs_one_more_try_and_two_end_the_map(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = client.app.state.service.pool  # type: ignore[attr-defined]
    whole, deaths = pool.call, {"left": 1}

    async def call(job: str, *arguments: Any, **more: Any) -> bytes:
        if job == "tile" and deaths["left"]:
            deaths["left"] -= 1
            raise WorkerLostError
        answer: bytes = await whole(job, *arguments, **more)
        return answer

    monkeypatch.setattr(pool, "call", call)
    assert events(client, {"experiment": experiment(seed=3), "resolution": 2})[-1][0] == "end"
    assert deaths["left"] == 0
    deaths["left"] = 2
    name, problem = events(client, {"experiment": experiment(seed=4), "resolution": 2})[-1]
    assert (name, problem["code"]) == ("error", "worker_lost")
    assert events(client, {"experiment": experiment(seed=4), "resolution": 2})[-1][0] == "end"


@pytest.mark.parametrize("path", [SWEEP, ESTIMATE])
@pytest.mark.parametrize(
    ("where", "asked"),
    [
        ("x.path", {"x": {"path": "n_steps"}}),
        ("x.path", {"x": {"path": "problem.kind"}}),
        ("x.path", {"x": {"path": "variants.1.clip.params.epsilon"}}),
        ("x.path", {"x": {"path": "task.params.batch_size"}}),
        ("y.path", {"y": {"path": "__class__"}}),
        ("y.path", {"x": {"path": "variants.*.threshold"}, "y": {"path": "variants.1.clip.params.max_norm"}}),
        ("y.path", {"x": {"path": "start.0"}, "y": {"path": "start.0"}}),
        ("x.low", {"x": {"path": "variants.*.threshold", "low": 0.0}}),
        ("x.low", {"x": {"path": "variants.*.threshold", "low": 0.0, "scale": "linear"}}),
        ("x.low", {"x": {"path": "variants.*.threshold", "low": 2.0, "high": 1.0}}),
        ("x.low", {"x": {"path": "variants.*.threshold", "low": 1.0, "high": 1.0}}),
        ("x.high", {"x": {"path": "variants.*.threshold", "high": 1e300}}),
        ("x.high", {"x": {"path": "seed", "low": 0, "high": 1.5}}),
        ("y.high", {"y": {"path": "variants.*.learning_rate", "high": 1e5}}),
        ("x.low", {"x": {"path": "problem.params.height", "low": -1.0}}),
        ("x.scale", {"x": {"path": "start.0", "scale": "cubic"}}),
        ("x.values", {"x": {"path": "start.0", "values": [1, 2]}}),
        ("x.path", {"x": {"path": ""}}),
        ("resolution", {"resolution": 1}),
        ("resolution", {"resolution": 257}),
        ("resolution", {"resolution": [4, 4, 4]}),
        ("resolution", {"resolution": [4, 1e9]}),
        ("resolution", {"resolution": 4.5}),
        ("resolution", {"resolution": []}),
        ("resolution", {"resolution": True}),
        ("seeds", {"seeds": 0}),
        ("seeds", {"seeds": 65}),
        ("seeds", {"seeds": 2, "x": {"path": "seed", "low": 0, "high": 9}}),
        ("seeds", {"seeds": 2, "experiment": experiment(seed=2**32 - 1)}),
    ],
)
def test_what_cannot_be_drawn_is_said_where_it_stands(
    client: TestClient, path: str, where: str, asked: dict[str, Any]
) -> None:
    errors = refusal(client, path, **asked)
    assert set(errors) == {where}
    assert errors[where]["remedy"]


def test_a_wrong_path_is_answered_with_those_that_exist(client: TestClient) -> None:
    assert "problem.params.height" in refusal(client, x={"path": "n_steps"})["x.path"]["remedy"]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
def test_numbers_that_are_none_are_refused(client: TestClient, number: str) -> None:
    body = json.dumps({"experiment": experiment(), "x": {"path": "start.0", "low": -1}}).replace(
        '"low": -1', f'"low": {number}'
    )
    answer = client.post(SWEEP, content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422)
    assert number not in answer.text


def test_a_map_may_cost_as_much_as_is_allowed_and_no_more(settings: Settings) -> None:
    body = {"experiment": experiment(n_steps=300), "resolution": [40, 40]}
    price = ask_for(**body).estimate().seconds
    for limit, status in ((price, 200), (price * 0.999, 422)):
        with TestClient(create_app(settings.model_copy(update={"max_sweep_cost": limit}))) as strict:
            answer = strict.post(SWEEP, json=body)
            assert answer.status_code == status
            assert strict.post(ESTIMATE, json=body).json()["limit_seconds"] == limit
            if status == 422:
                (error,) = answer.json()["errors"]
                fewer = int(error["remedy"].removeprefix("lower it to "))
                assert (error["where"], fewer) == ("resolution", 39)
                assert strict.post(SWEEP, json={**body, "resolution": fewer}).status_code == 200


def test_a_map_that_takes_too_long_is_stopped_and_says_which_setting_it_was(settings: Settings) -> None:
    with TestClient(create_app(settings.model_copy(update={"sweep_deadline": 1e-3}))) as hasty:
        received = events(hasty, {"experiment": experiment(n_steps=300), "resolution": 64})
    assert received[0][0] == "start"
    name, problem = received[-1]
    assert (name, problem["code"], problem["status"]) == ("error", "deadline", 503)
    assert "CLIPSCAPE_SWEEP_DEADLINE" in problem["detail"]
