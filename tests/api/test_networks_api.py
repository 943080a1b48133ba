"""Networks over HTTP: streams and plain answers carry the same training, planes belong to it, bad asks are refused."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import numpy as np
import pytest
from fastapi.testclient import TestClient
from test_hostile_bodies import check_problem
from test_stream import events

from clipscape.api.app import create_app
from clipscape.plan import make_plan
from clipscape.settings import load_settings
from clipscape.training import heat_steps, probe_steps, train
from clipscape.understanding import read_scenario
from clipscape.wire import NETWORK_FIELDS, VECTOR_FIELDS, decode_array
from conftest import experiment

SIMULATE = "/api/v1/simulate"
SURFACE = "/api/v1/surface"
PROBED = ("held_out_loss", "held_out_accuracy", "spectral_radius", "largest_singular_value", "outputs")
SCHEMAS = create_app(load_settings({})).openapi()["components"]["schemas"]


def network(kind: str = "tanh_rnn", **changes: Any) -> dict[str, Any]:
    """Return a training small enough to take some ten milliseconds."""
    variants = [
        {"name": "None", "clip": {"kind": "none"}},
        {"name": "Norm", "clip": {"kind": "norm", "params": {"max_norm": 0.1}}},
    ]
    return {
        "problem": {"kind": kind, "params": {"hidden_size": 3}},
        "task": {"kind": "adding", "params": {"sequence_length": 6, "batch_size": 4}},
        "optimizer": {"kind": "sgd", "params": {"learning_rate": 0.1}},
        "n_steps": 70,
        "variants": variants,
        **changes,
    }


EXPLODING = network(
    "relu_rnn",
    optimizer={"kind": "sgd", "params": {"learning_rate": 100.0}},
    task={"kind": "sine", "params": {"sequence_length": 40, "batch_size": 2}},
    seed=1,
)
ASKED = [network(), network("lstm", seed=2), network("gru", task={"kind": "copying"}, n_steps=5), EXPLODING]


def conforms(value: Any, schema: str) -> None:
    document = {"$ref": f"#/components/schemas/{schema}", "components": {"schemas": SCHEMAS}}
    jsonschema_rs.validate(document, value)


def simulate(client: TestClient, body: dict[str, Any], query: str = "") -> Any:
    answer = client.post(f"{SIMULATE}{query}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def same(blocks: list[dict[str, Any]], whole: dict[str, Any]) -> bool:
    """Say whether blocks put together are the whole; each may have been sent in single or in double precision."""
    glued = np.concatenate([decode_array(block) for block in blocks])
    with np.errstate(over="ignore"):
        return np.array_equal(glued.astype("f4"), decode_array(whole).astype("f4"), equal_nan=True)


@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: str(asked["problem"]["kind"]))
def test_the_chunks_put_together_are_the_plain_answer(client: TestClient, asked: dict[str, Any]) -> None:
    received = events(client, {"experiment": asked}, "?arrays=base64")
    plain = simulate(client, {"experiment": asked}, "?arrays=base64")
    chunks = [data for name, data in received if name == "chunk"]
    for index, variant in enumerate(plain["variants"]):
        parts = [chunk["variants"][index] for chunk in chunks]
        for name in NETWORK_FIELDS:
            assert same([part["series"][name] for part in parts], variant["series"][name]), name
        for group, names in (("heat", ("hidden",)), ("probes", PROBED)):
            assert [step for part in parts for step in part[group]["steps"]] == variant[group]["steps"]
            for name in names:
                blocks = [part[group][name] for part in parts if part[group]["steps"]]
                assert same(blocks, variant[group][name]), name
    end = received[-1][1]["variants"]
    record = ("series", "heat", "probes")
    assert end == [{k: v for k, v in variant.items() if k not in record} for variant in plain["variants"]]


@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: str(asked["problem"]["kind"]))
def test_the_answer_is_what_the_library_computes(client: TestClient, asked: dict[str, Any]) -> None:
    plan = make_plan(read_scenario({"experiment": asked}).experiment)
    run = train(plan.problem, plan.chain, plan.start, plan.experiment.n_steps, seeds=plan.seeds)
    answer = simulate(client, {"experiment": asked})
    assert answer["probe_steps"] == probe_steps(asked["n_steps"]).tolist()
    assert answer["heat_steps"] == heat_steps(asked["n_steps"]).tolist()
    for row, variant in enumerate(answer["variants"]):
        made = int(run.n_steps[row])
        for name in NETWORK_FIELDS:
            extra = name in ("loss", "accuracy", "param_norm")
            sent = np.array(variant["series"][name], dtype=np.float64)
            computed = np.asarray(getattr(run, name)[: made + extra, row], dtype=np.float64)
            assert np.array_equal(sent, np.where(np.isfinite(computed), computed, np.nan), equal_nan=True), name
        assert max(variant["probes"]["steps"]) <= made
        assert variant["summary"]["n_steps"] == made


def test_an_exploding_run_is_a_result_and_ends_where_it_stopped(client: TestClient) -> None:
    received = events(client, {"experiment": EXPLODING, "plane": {"kind": "path"}})
    assert [name for name, _ in received][-2:] == ["end", "plane"]
    first = received[-2][1]["variants"][0]
    assert first["outcome"]["status"] == "diverged"
    assert first["summary"]["n_steps"] < EXPLODING["n_steps"]
    plane = received[-1][1]
    assert plane["paths"][0]["steps"][-1] <= first["summary"]["n_steps"]
    assert all(np.isfinite(row).all() for row in plane["z"])


@pytest.mark.parametrize("kind", ["path", "random", "weights"])
def test_the_plane_of_a_stream_is_that_of_the_surface_route(client: TestClient, kind: str) -> None:
    body = {"experiment": network(seed=5), "plane": {"kind": kind}}
    received = events(client, body)
    assert [name for name, _ in received][-2:] == ["end", "plane"]
    answer = client.post(SURFACE, json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json() == received[-1][1]
    conforms(answer.json(), "PlaneAnswer")
    steps = received[-1][1]["paths"][0]["steps"]
    assert steps == probe_steps(70).tolist()


def test_a_plane_is_the_same_whether_the_run_is_remembered_or_made_again(client: TestClient) -> None:
    """The first request finds nothing; then a stream has left its snapshots; both planes differ in resolution only."""
    ask = {"experiment": network(seed=6), "resolution": 5}
    cold = client.post(SURFACE, json=ask).json()
    events(client, {"experiment": network(seed=6)})
    warm = client.post(SURFACE, json={**ask, "resolution": 9}).json()
    assert warm["paths"] == cold["paths"]
    assert warm["window"] == cold["window"]
    assert [row[::2] for row in warm["z"][::2]] == cold["z"]


@pytest.mark.parametrize("query", ["", "?arrays=base64"])
def test_everything_sent_is_as_described(client: TestClient, query: str) -> None:
    body = {"experiment": network("lstm", seed=7), "plane": {"kind": "random"}}
    parts = {"start": "NetworkHead", "plane": "PlaneAnswer"}
    for name, data in events(client, body, query):
        if name in parts:
            conforms(data, parts[name])
        for variant in data["variants"] if name == "chunk" else ():
            conforms(variant, "NetworkRecord")
    conforms(simulate(client, {"experiment": network("lstm", seed=7)}, query), "RunAnswer")


def test_the_start_says_what_is_trained(client: TestClient) -> None:
    task = {"kind": "copying", "params": {"sequence_length": 23}}
    ((_, start), *_) = events(client, {"experiment": network("lstm", task=task, n_steps=3)})
    facts = start["problem"]
    assert [block["name"] for block in facts["blocks"]][:2] == ["weight_ih", "weight_hh"]
    assert facts["blocks"][1]["shape"] == [12, 3]
    assert sum(int(np.prod(block["shape"])) for block in facts["blocks"]) == facts["dim"]
    assert (facts["task"], facts["readout"], facts["loss"]) == ("copying", "every", "cross_entropy")
    inputs = np.array(start["examples"]["inputs"])
    assert inputs.shape == (facts["sequence_length"], 3, len(facts["input_labels"]))
    assert np.array(start["examples"]["targets"]).shape == inputs.shape[:2]
    assert len(start["examples"]["counts"]) == facts["sequence_length"]


def test_every_notch_of_an_axis_is_trained(client: TestClient) -> None:
    axes = {"path": "variants.1.threshold", "values": [0.01, 0.1, 1.0]}
    answer = simulate(client, {"experiment": network(n_steps=10), "axes": axes})
    conforms(answer, "RunAnswer")
    assert np.array(answer["arrays"]["loss"]).shape == (2, 3, 11)
    alone = simulate(client, {"experiment": network(n_steps=10)})
    assert np.array(answer["arrays"]["loss"])[1, 1].tolist() == alone["variants"][1]["series"]["loss"]


REFUSED = {
    "a vector of a network": ({"experiment": network(), "fields": ["loss", "grad"]}, SIMULATE, "fields.1"),
    "an accuracy of a landscape": ({"experiment": experiment(), "fields": ["accuracy"]}, SIMULATE, "fields.0"),
    "a plane of a landscape": ({"experiment": experiment(), "plane": {"kind": "path"}}, f"{SIMULATE}/stream", "plane"),
    "a plane without a stream": ({"experiment": network(), "plane": {"kind": "path"}}, SIMULATE, "plane"),
    "a surface of a landscape's experiment": ({"experiment": experiment()}, SURFACE, "plane"),
    "an unknown plane": ({"experiment": network(), "plane": {"kind": "x"}}, SURFACE, "plane.kind"),
    "a tensor that is not there": (
        {"experiment": network(), "plane": {"kind": "weights", "params": {"first_tensor": "norm_gain"}}},
        SURFACE,
        "plane.params.first_tensor",
    ),
    "an index that is not there": (
        {"experiment": network(), "plane": {"kind": "weights", "params": {"second_index": 9}}},
        f"{SIMULATE}/stream",
        "plane.params.second_index",
    ),
    "a network as a landscape": ({"problem": {"kind": "lstm"}}, SURFACE, "problem.kind"),
    "a start": ({"experiment": network(start=[0.0])}, SIMULATE, "experiment.start"),
    "an axis in a stream": (
        {"experiment": network(), "axes": {"path": "seed", "values": [1]}},
        f"{SIMULATE}/stream",
        "axes",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_is_refused_with_its_place(client: TestClient, name: str) -> None:
    body, path, where = REFUSED[name]
    problem = check_problem(client.post(path, json=body), 422, "invalid")
    assert [error["where"] for error in problem["errors"]] == [where]
    assert problem["errors"][0]["remedy"]


def test_all_number_fields_may_be_asked_for_and_only_they_are_sent(client: TestClient) -> None:
    answer = simulate(client, {"experiment": network(n_steps=3), "fields": list(NETWORK_FIELDS)})
    assert list(answer["variants"][0]["series"]) == list(NETWORK_FIELDS)
    assert not set(VECTOR_FIELDS) & set(NETWORK_FIELDS)
    few = simulate(client, {"experiment": network(n_steps=3), "fields": ["angle", "loss"]})
    assert list(few["variants"][0]["series"]) == ["loss", "angle"]


def test_lists_hold_nothing_that_json_cannot(client: TestClient) -> None:
    def refuse(word: str) -> None:
        raise AssertionError(word)

    answer = client.post(SIMULATE, json={"experiment": EXPLODING})
    json.loads(answer.text, parse_constant=refuse)
