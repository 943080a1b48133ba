"""Bodies that are meant to break a server get a 4xx problem that repeats nothing of them; never a 5xx."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from conftest import experiment

ROUTES = ("/api/v1/simulate", "/api/v1/simulate/stream", "/api/v1/surface")
JSON = {"Content-Type": "application/json"}
MARK = "zqxjkv"
"""Stands in the hostile bodies and must not stand in any answer."""


def _text(**changes: Any) -> str:
    return json.dumps({"experiment": experiment(**changes)})


def _with_number(number: str) -> str:
    return _text(n_steps="@").replace('"@"', number)


def _with_param(value: str) -> str:
    optimizer = {"kind": "sgd", "params": {"learning_rate": "@"}}
    return _text(optimizer=optimizer).replace('"@"', value)


def _with_name(name: str) -> str:
    return _text(variants=[{"name": "@", "clip": {"kind": "none"}}]).replace('"@"', name)


NOT_JSON = {
    "empty": b"",
    "blank": b"  \n",
    "NaN": _with_param("NaN").encode(),
    "Infinity": _with_param("-Infinity").encode(),
    "1e999": _with_param("1e999").encode(),
    "5000 digits": _with_number("1" * 5000).encode(),
    "hex": _with_number("0x10").encode(),
    "leading zero": _with_number("010").encode(),
    "plus": _with_number("+1").encode(),
    "bare dot": _with_number("1.").encode(),
    "30k brackets": b"[" * 30_000 + b"]" * 30_000,
    "10k objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "1000 deep": b"[" * 1000 + b"]" * 1000,
    "33 deep": b"[" * 33 + b"]" * 33,
    "open bracket": b'{"experiment": {',
    "trailing comma": b'{"experiment": {},}',
    "trailing text": b"{} {}",
    "comment": b"{/* no */}",
    "single quotes": b"{'experiment': {}}",
    "lone high surrogate": _with_name('"\\ud800"').encode(),
    "lone low surrogate": _with_name('"\\udfff"').encode(),
    "surrogate pair reversed": _with_name('"\\udc00\\ud800"').encode(),
    "raw control character": _with_name('"\x01"').encode(),
    "bad escape": _with_name('"\\x41"').encode(),
    "bad utf-8": _with_name('"@@"').encode().replace(b"@@", b"\xff\xfe"),
    "overlong utf-8": _with_name('"@@"').encode().replace(b"@@", b"\xc0\xaf"),
    "utf-8 surrogate": _with_name('"@@"').encode().replace(b"@@", b"\xed\xa0\x80"),
    "utf-8 bom": b"\xef\xbb\xbf" + _text().encode(),
    "utf-16": _text().encode("utf-16"),
    "utf-16-be": _text().encode("utf-16-be"),
    "utf-32": _text().encode("utf-32"),
    "duplicate key": b'{"version": 1, "version": 1, ' + _text().encode()[1:],
    "duplicate key deep": _text().replace('"kind": "cliff"', f'"kind": "{MARK}", "kind": "cliff"').encode(),
    "duplicate key escaped": b'{"version": 1, "\\u0076ersion": 1, ' + _text().encode()[1:],
    "gzip": b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03",
    "form": b"experiment=1&n_steps=2",
    "html": f"<script>{MARK}</script>".encode(),
    "zero bytes": b"\x00" * 100,
}

UNUSABLE = {
    "null": b"null",
    "true": b"true",
    "list": b"[]",
    "number": b"1",
    "text": f'"{MARK}"'.encode(),
    "empty object": b"{}",
    "huge whole number": _with_number("9" * 300).encode(),
    "2**64": _with_number(str(2**64)).encode(),
    "2**53": _with_number(str(2**53)).encode(),
    "negative": _with_number("-1").encode(),
    "zero steps": _with_number("0").encode(),
    "fraction": _with_number("1.5").encode(),
    "1e308": _with_number("1e308").encode(),
    "true as number": _with_number("true").encode(),
    "number as text": _with_number('"300"').encode(),
    "inf as text": _with_param('"inf"').encode(),
    "nan as text": _with_param('"nan"').encode(),
    "param 1e300": _with_param("1e300").encode(),
    "param null": _with_param("null").encode(),
    "param list": _with_param("[1]").encode(),
    "param object": _with_param("{}").encode(),
    "param true": _with_param("true").encode(),
    "denormal": _with_param("5e-324").encode(),
    "nul in name": _with_name('"a\\u0000b"').encode(),
    "line break in name": _with_name('"a\\nb"').encode(),
    "line separator in name": _with_name('"a\\u2028b"').encode(),
    "escape in name": _with_name('"\\u001b[31m"').encode(),
    "long name": _with_name(json.dumps("a" * 61)).encode(),
    "blank name": _with_name('" "').encode(),
    "name as number": _with_name("1").encode(),
    "name twice": _text(variants=[{"name": MARK, "clip": {"kind": "none"}}] * 2).encode(),
    "17 variants": _text(variants=[{"name": str(n), "clip": {"kind": "none"}} for n in range(17)]).encode(),
    "no variants": _text(variants=[]).encode(),
    "variants as object": _text(variants={}).encode(),
    "unknown key": _text(**{f"<{MARK}>": 1}).encode(),
    "unknown key with control characters": _text(**{MARK + "\n\x00": 1}).encode(),
    "proto": _text(__proto__={"a": 1}).encode(),
    "unknown problem": _text(problem={"kind": MARK}).encode(),
    "unknown parameter": _text(problem={"kind": "cliff", "params": {f"{MARK}é": 1}}).encode(),
    "many parameters": _text(problem={"kind": "cliff", "params": {f"{MARK}{n}": 1 for n in range(40)}}).encode(),
    "start too short": _text(start=[1.0]).encode(),
    "start too long": _text(start=[1.0] * 3).encode(),
    "start far away": _text(start=[1e7, 0]).encode(),
    "start of text": _text(start=["0", "1"]).encode(),
    "start of nothing": _text(start=[]).encode(),
    "start of 1000 dimensions": _text(start=[1.0] * 1001).encode(),
    "seed too large": _text(seed=2**32).encode(),
    "negative threshold": _text(
        variants=[{"name": "a", "clip": {"kind": "norm", "params": {"max_norm": -1}}}]
    ).encode(),
    "per example on a landscape": _text(variants=[{"name": "a", "clip": {"kind": "per_example"}}]).encode(),
    "impossible position": _text(variants=[{"name": "a", "clip": {"kind": "none", "position": MARK}}]).encode(),
    "newer version": f'{{"version": 99, "experiment": {{"{MARK}": 1}}}}'.encode(),
    "version 0": b'{"version": 0}',
    "version 1.5": b'{"version": 1.5}',
    "version text": b'{"version": "1"}',
    "version null": b'{"version": null}',
    "version huge": b'{"version": 1e300}',
    "version true": b'{"version": true}',
    "axis to nothing": json.dumps({"experiment": experiment(), "axes": {"path": MARK, "values": [1]}}).encode(),
    "axis without values": json.dumps({"experiment": experiment(), "axes": {"path": "seed", "values": []}}).encode(),
    "axis of 102": json.dumps({"experiment": experiment(), "axes": {"path": "seed", "values": [1] * 102}}).encode(),
    "axis of text": json.dumps({"experiment": experiment(), "axes": {"path": "seed", "values": [MARK]}}).encode(),
    "axis of points of text": json.dumps(
        {"experiment": experiment(), "axes": {"path": "start", "values": [[MARK, MARK]]}}
    ).encode(),
    "axis of long points": json.dumps(
        {"experiment": experiment(), "axes": {"path": "start", "values": [[1] * 9999]}}
    ).encode(),
    "axis index": json.dumps({"experiment": experiment(), "axes": {"path": "start.²", "values": [1]}}).encode(),
    "axis out of range": json.dumps(
        {"experiment": experiment(), "axes": {"path": "variants.*.threshold", "values": [1, 0]}}
    ).encode(),
    "unknown field": json.dumps({"experiment": experiment(), "fields": [MARK]}).encode(),
    "window upside down": json.dumps({"problem": {"kind": "cliff"}, "window": [[1, -1], [0, 1]]}).encode(),
    "window of a point": json.dumps({"problem": {"kind": "cliff"}, "window": [[1, 1], [0, 1]]}).encode(),
    "window of one": json.dumps({"problem": {"kind": "cliff"}, "window": [[0, 1]]}).encode(),
    "resolution too high": json.dumps({"problem": {"kind": "cliff"}, "resolution": 257}).encode(),
    "resolution 1": json.dumps({"problem": {"kind": "cliff"}, "resolution": 1}).encode(),
}


def cases() -> Iterator[Any]:
    for expected, bodies in ((400, NOT_JSON), (422, UNUSABLE)):
        for name, body in bodies.items():
            for route in ROUTES:
                yield pytest.param(route, body, expected, id=f"{route.rsplit('/', 1)[1]}-{name}")


def check_problem(answer: Any, status: int, code: str | None = None) -> Any:
    """Check that an answer is a well-formed problem that repeats nothing of the request."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert {"type", "title", "status", "code", "detail", "errors"} <= set(problem)
    assert problem["status"] == status
    assert code is None or problem["code"] == code
    assert all(set(error) == {"where", "what", "remedy"} for error in problem["errors"])
    assert MARK not in answer.text
    assert "Traceback" not in answer.text
    return problem


@pytest.mark.parametrize(("route", "body", "expected"), list(cases()))
def test_a_hostile_body_gets_a_problem(client: TestClient, route: str, body: bytes, expected: int) -> None:
    check_problem(client.post(route, content=body, headers=JSON), expected)


@pytest.mark.parametrize(
    "media_type", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", MARK]
)
def test_a_body_of_another_type_is_refused(client: TestClient, media_type: str) -> None:
    answer = client.post(ROUTES[0], content=_text(), headers={"Content-Type": media_type} if media_type else {})
    check_problem(answer, 415, "not_json_type")


@pytest.mark.parametrize("query", ["arrays=nan", "arrays=", f"arrays={MARK}", "arrays=list&arrays=%ff", "arrays=%00"])
def test_a_hostile_query_gets_a_problem(client: TestClient, query: str) -> None:
    check_problem(client.post(f"{ROUTES[0]}?{query}", content=_text(), headers=JSON), 422, "invalid")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/v1/sweep", 405, "method_not_allowed"),
        ("DELETE", "/api/v1/catalog", 405, "method_not_allowed"),
        ("PROPFIND", "/livez", 405, "method_not_allowed"),
        ("POST", f"/api/v1/{MARK}", 404, "not_found"),
        ("GET", f"/api/v1/{MARK}", 404, "not_found"),
        ("GET", "/api/v1/simulate/", 404, "not_found"),
        ("GET", f"/{MARK}.js", 404, "not_found"),
        ("GET", "/%2e%2e/%2e%2e/pyproject.toml", 404, "not_found"),
        ("GET", "/js/%00", 404, "not_found"),
        ("GET", "/" + "a/" * 300, 404, "not_found"),
        ("GET", "/" + "a" * 300, 404, "not_found"),
        ("GET", "/css", 404, "not_found"),
        ("POST", "/", 404, "not_found"),
        ("GET", "/api/v1/presets/%00", 404, "not_found"),
        ("GET", "/api/v1/presets/" + "a" * 61, 422, "invalid"),
    ],
)
def test_a_wrong_address_or_method_gets_a_problem(
    client: TestClient, method: str, path: str, status: int, code: str
) -> None:
    answer = client.request(method, path)
    check_problem(answer, status, code)
    assert (status == 405) == ("allow" in answer.headers)


def test_a_problem_names_the_place_the_fault_and_the_remedy(client: TestClient) -> None:
    clip = {"kind": "norm", "params": {"max_norm": 0}}
    body = {"experiment": experiment(variants=[{"name": "a", "clip": {"kind": "none"}}, {"name": "b", "clip": clip}])}
    problem = check_problem(client.post(ROUTES[0], json=body), 422, "invalid")
    (error,) = problem["errors"]
    assert error["where"] == "experiment.variants.1.clip.params.max_norm"
    assert error["what"] == "max_norm must be greater than 0: PyTorch would silently reverse the gradient"
    assert "positive" in error["remedy"]


def test_an_unknown_key_is_named_if_it_is_a_plain_name(client: TestClient) -> None:
    for key, where in (
        ("learning_rat", "experiment.learning_rat"),
        ("<b>", "experiment.?"),
        ("a" * 41, "experiment.?"),
    ):
        problem = check_problem(client.post(ROUTES[0], json={"experiment": experiment(**{key: 1})}), 422, "invalid")
        assert [error["where"] for error in problem["errors"]] == [where]


def test_a_newer_document_says_so(client: TestClient) -> None:
    problem = check_problem(client.post(ROUTES[0], json={"version": 2, "anything": 1}), 422, "newer_version")
    assert "newer version" in problem["detail"]
