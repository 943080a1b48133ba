"""What the routes answer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from clipscape import ENGINE_VERSION
from clipscape.families import FAMILIES
from clipscape.fans import unpack
from clipscape.wire import FIELDS, NOTCH_FIELDS, decode_array
from conftest import experiment

EXPLODING = {
    "problem": {"kind": "quadratic"},
    "optimizer": {"kind": "sgd", "params": {"learning_rate": 100.0}},
    "n_steps": 200,
    "variants": [{"name": "No clipping", "clip": {"kind": "none"}}],
}


def simulate(client: TestClient, body: dict[str, Any], query: str = "") -> Any:
    answer = client.post(f"/api/v1/simulate{query}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_catalogue_lists_everything_with_its_formula_as_mathml(client: TestClient) -> None:
    answer = client.get("/api/v1/catalog").json()
    assert answer["engine"] == ENGINE_VERSION
    for family in FAMILIES.values():
        assert [entry["kind"] for entry in answer[family.plural]] == list(family.catalog)
        for entry in answer[family.plural]:
            assert entry["formula_mathml"].startswith("<math"), entry["kind"]
            assert "\\" not in entry["formula_mathml"], f"{entry['kind']} has LaTeX that is not understood"
    assert answer["limits"] == client.get("/api/v1/limits").json()


def test_the_catalogue_without_formulas_is_the_same_but_for_them(client: TestClient) -> None:
    whole, short = client.get("/api/v1/catalog").json(), client.get("/api/v1/catalog?formulas=false").json()
    for family in FAMILIES.values():
        for entry, left in zip(whole[family.plural], short[family.plural], strict=True):
            dropped = {name: entry.pop(name) for name in ("formula", "formula_mathml", "source")}
            assert all(dropped.values())
            assert left == entry


def test_a_catalogue_problem_knows_its_default_start_and_window(client: TestClient) -> None:
    problems = client.get("/api/v1/catalog").json()["problems"]
    landscapes = [entry for entry in problems if entry["traits"].get("group") != "network"]
    assert len(landscapes) > 10
    for entry in landscapes:
        assert len(entry["start"]) == entry["dim"] == len(entry["window"]) == len(entry["axis_labels"])


def test_a_run_answers_every_variant_in_the_order_asked(client: TestClient) -> None:
    answer = simulate(client, {"experiment": experiment()})
    assert [variant["name"] for variant in answer["variants"]] == ["None", "Norm", "Value"]
    assert answer["experiment"]["optimizer"]["params"]["learning_rate"] == 0.1
    assert answer["experiment"]["start"] == pytest.approx(answer["variants"][0]["series"]["params"][0])
    assert answer["problem"]["kind"] == "cliff"
    for variant in answer["variants"]:
        steps = variant["summary"]["n_steps"]
        lengths = {name: len(values) for name, values in variant["series"].items()}
        assert lengths == {name: steps + (name in ("params", "loss")) for name in FIELDS}
        assert variant["outcome"]["sentence"].endswith(".")


def test_the_answer_is_what_the_library_computes(client: TestClient) -> None:
    from clipscape.plan import make_plan
    from clipscape.simulation import simulate as run_plan
    from clipscape.understanding import read_scenario

    plan = make_plan(read_scenario({"experiment": experiment()}).experiment)
    run = run_plan(plan.problem, plan.chain, plan.start, 50, seeds=plan.seeds)
    answer = simulate(client, {"experiment": experiment()}, "?arrays=base64")
    for row, variant in enumerate(answer["variants"]):
        for name in FIELDS:
            block = variant["series"][name]
            expected = getattr(run, name)[:, row]
            assert np.array_equal(decode_array(block), expected.astype(block["dtype"])), name


def test_fields_limit_what_is_sent(client: TestClient) -> None:
    answer = simulate(client, {"experiment": experiment(), "fields": ["loss", "params"]})
    assert set(answer["variants"][0]["series"]) == {"params", "loss"}


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("variants.*.threshold", [0.1, 1.0, 10.0]),
        ("variants.1.clip.params.max_norm", [0.5, 2.0]),
        ("optimizer.params.learning_rate", [0.01, 0.1]),
        ("start.0", [-1.0, 0.5]),
        ("start", [[-1.0, 0.5], [0.25, 1.5]]),
        ("seed", [1, 2, 3]),
    ],
)
def test_a_notch_equals_the_run_with_that_value(client: TestClient, path: str, values: list[float]) -> None:
    body = {"experiment": experiment(start=[-1.29, 1.95]), "axes": {"path": path, "values": values}}
    answer = simulate(client, body, "?arrays=base64")
    assert set(answer["arrays"]) == set(NOTCH_FIELDS)
    assert answer["axes"] == body["axes"]
    paths = decode_array(answer["arrays"]["params"])
    assert paths.shape == (3, len(values), 51, 2)
    single = experiment(start=[-1.29, 1.95])
    _set(single, path, values[-1])
    alone = simulate(client, {"experiment": single}, "?arrays=base64")
    for index, variant in enumerate(alone["variants"]):
        notch = answer["variants"][index]["notches"][-1]
        assert notch["summary"] == variant["summary"]
        assert notch["outcome"] == variant["outcome"]
        own = decode_array(variant["series"]["params"])
        assert np.array_equal(paths[index, -1, : len(own)].astype("f4"), own.astype("f4"))


def test_packed_notches_are_those_of_the_plain_answer(client: TestClient) -> None:
    axes = {"path": "variants.*.threshold", "values": [0.1, 1.0, 10.0]}
    body = {"experiment": experiment(), "axes": axes}
    plain = simulate(client, {**body, "fields": ["loss", "fired"]}, "?arrays=base64")
    response = client.post("/api/v1/simulate?arrays=packed", json=body)
    assert response.headers["content-type"] == "application/octet-stream"
    head, arrays = unpack(response.content)
    assert {name: head[name] for name in ("engine", "experiment", "problem", "axes", "variants")} == {
        name: plain[name] for name in ("engine", "experiment", "problem", "axes", "variants")
    }
    rows = 3 * len(axes["values"])
    loss = decode_array(plain["arrays"]["loss"]).reshape(rows, -1)
    assert np.allclose(arrays["loss"], loss, rtol=2**-17 + 1e-7, atol=0, equal_nan=True)
    assert np.array_equal(arrays["fired"], decode_array(plain["arrays"]["fired"]).reshape(rows, -1))
    again = client.post(
        "/api/v1/simulate?arrays=packed", json=body, headers={"if-none-match": response.headers["etag"]}
    )
    assert again.status_code == 304


NETWORK = {"problem": {"kind": "lstm"}, "n_steps": 2, "variants": [{"name": "a", "clip": {"kind": "none"}}]}


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"axes": None}, "axes"),
        ({"fields": ["loss"]}, "fields"),
        ({"experiment": NETWORK}, "experiment.problem"),
    ],
)
def test_what_cannot_be_packed_is_refused(client: TestClient, change: dict[str, Any], where: str) -> None:
    body = {"experiment": experiment(), "axes": {"path": "seed", "values": [1, 2]}} | change
    refused = client.post("/api/v1/simulate?arrays=packed", json=body)
    assert refused.status_code == 422
    assert where in [error["where"] for error in refused.json()["errors"]]


def _set(body: dict[str, Any], path: str, value: float) -> None:
    match path.split("."):
        case ["variants", "*", "threshold"]:
            body["variants"][1]["clip"]["params"] = {"max_norm": value}
            body["variants"][2]["clip"]["params"] = {"clip_value": value}
        case ["variants", index, "clip", "params", name]:
            body["variants"][int(index)]["clip"]["params"] = {name: value}
        case ["optimizer", "params", name]:
            body["optimizer"] = {"kind": "sgd", "params": {name: value}}
        case ["start", index]:
            body["start"][int(index)] = value
        case ["start"]:
            body["start"] = value
        case ["seed"]:
            body["seed"] = value


def test_a_diverging_run_is_an_answer_and_has_no_nan_in_it(client: TestClient) -> None:
    raw = client.post("/api/v1/simulate", json={"experiment": EXPLODING})
    assert raw.status_code == 200
    assert "NaN" not in raw.text
    assert "Infinity" not in raw.text
    variant = raw.json()["variants"][0]
    assert variant["outcome"]["status"] == "diverged"
    assert variant["outcome"]["step"] == variant["summary"]["n_steps"] < 200
    assert len(variant["series"]["loss"]) == variant["summary"]["n_steps"] + 1


def test_notches_after_a_stop_are_null(client: TestClient) -> None:
    axes = {"path": "optimizer.params.learning_rate", "values": [0.01, 100.0]}
    answer = simulate(client, {"experiment": EXPLODING, "axes": axes})
    assert [notch["outcome"]["status"] == "diverged" for notch in answer["variants"][0]["notches"]] == [False, True]
    assert answer["arrays"]["loss"][0][1][-1] is None
    assert answer["arrays"]["loss"][0][0][-1] is not None


def test_a_surface_is_the_loss_on_the_grid(client: TestClient) -> None:
    body = {"problem": {"kind": "quadratic"}, "window": [[-1, 1], [0, 2]], "resolution": 5}
    lists = client.post("/api/v1/surface", json=body).json()
    assert lists["x"] == [-1, -0.5, 0, 0.5, 1]
    assert lists["y"] == [0, 0.5, 1, 1.5, 2]
    problem = FAMILIES["problem"].catalog["quadratic"]
    made = problem.make(**problem.defaults())
    assert lists["z"][1][3] == pytest.approx(float(made.value(np.array([0.5, 0.5]))))
    blocks = client.post("/api/v1/surface?arrays=base64", json=body).json()
    assert decode_array(blocks["z"]).shape == (5, 5)
    assert np.allclose(decode_array(blocks["z"]), lists["z"])


def test_a_surface_takes_the_problems_own_window(client: TestClient) -> None:
    answer = client.post("/api/v1/surface", json={"problem": {"kind": "cliff"}}).json()
    assert len(answer["x"]) == len(answer["z"]) == 121
    assert [answer["x"][0], answer["x"][-1]] == answer["window"][0]


def test_every_example_of_the_openapi_document_is_answered(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    answered = 0
    for path, operations in paths.items():
        content = operations.get("post", {}).get("requestBody", {}).get("content", {})
        for example in content.get("application/json", {}).get("examples", {}).values():
            answer = client.post(path.replace("{form}", "json"), json=example["value"])
            assert answer.is_success, (path, answer.text)
            answered += 1
    assert answered >= 5


def test_presets_are_scenarios_with_a_small_picture(client: TestClient) -> None:
    presets = client.get("/api/v1/presets").json()["presets"]
    assert len(presets) >= 10
    for preset in presets:
        assert set(preset) == {"name", "title", "idea", "scenario", "thumbnail"}
        if preset["scenario"]["view"]["tab"] == "recurrent":
            assert preset["thumbnail"]["baseline"] > 0
        else:
            assert decode_array(preset["thumbnail"]["z"]).shape == (24, 32)
            simulate(client, {"experiment": preset["scenario"]["experiment"], "fields": []})
        names = [variant["name"] for variant in preset["scenario"]["experiment"]["variants"]]
        assert [path["name"] for path in preset["thumbnail"]["paths"]] == names
        assert client.get(f"/api/v1/presets/{preset['name']}").json() == preset


def test_an_unknown_preset_is_not_found(client: TestClient) -> None:
    answer = client.get("/api/v1/presets/nothing-like-it")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert "nothing-like-it" not in answer.text


def test_health_checks_answer(client: TestClient) -> None:
    assert client.get("/livez").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ready"}
