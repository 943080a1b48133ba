"""The document: what is accepted, what is refused and how, and that its canonical form never changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from clipscape.asks import read_run_ask
from clipscape.catalog import Parameter
from clipscape.complaints import Complaint, ScenarioError
from clipscape.families import FAMILIES
from clipscape.migrations import CURRENT_VERSION, migrate
from clipscape.scenario import Experiment, Scenario
from clipscape.understanding import read_scenario
from conftest import experiment
from scenarios import documents

LINKS = sorted((Path(__file__).parent / "links").glob("v1-*.json"))


def complaints_about(document: object) -> list[Complaint]:
    with pytest.raises(ScenarioError) as caught:
        read_scenario(document)
    return list(caught.value.complaints)


def read(**changes: Any) -> Experiment:
    return read_scenario({"experiment": experiment(**changes)}).experiment


def one_variant(**variant: Any) -> dict[str, Any]:
    return {"experiment": experiment(variants=[{"name": "a", "clip": {"kind": "none"}, **variant}])}


def test_missing_parts_have_their_defaults() -> None:
    understood = read()
    assert understood.optimizer.params == {"learning_rate": 0.1}
    assert (understood.schedule.kind, understood.noise.kind, understood.weight_decay.kind) == (
        "constant",
        "none",
        "none",
    )
    assert understood.seed == 0
    assert understood.variants[1].clip.params == {"max_norm": 1.0, "epsilon": 0}
    cliff = FAMILIES["problem"].catalog["cliff"]
    assert understood.start == cliff.make(**cliff.defaults()).start
    assert understood.problem.params == cliff.defaults()


def test_a_document_needs_a_problem_and_variants_and_nothing_else() -> None:
    shortest = {"experiment": {"problem": {"kind": "cliff"}, "variants": [{"name": "a", "clip": {"kind": "none"}}]}}
    assert read_scenario(shortest).version == CURRENT_VERSION
    for key in ("problem", "variants"):
        lacking = {"experiment": {k: v for k, v in shortest["experiment"].items() if k != key}}
        assert complaints_about(lacking) == [Complaint(f"experiment.{key}", "is missing", "add it")]


@given(documents())
@settings(max_examples=60, derandomize=True, deadline=None)
def test_an_understood_document_reads_back_as_itself(document: dict[str, Any]) -> None:
    scenario = read_scenario(document)
    again = read_scenario(json.loads(scenario.canonical_json()))
    assert again == scenario
    assert again.canonical_json() == scenario.canonical_json()
    assert again.experiment.content_hash() == scenario.experiment.content_hash()


def test_the_hash_is_of_the_experiment_as_understood() -> None:
    base = read(n_steps=50).content_hash()
    assert read(n_steps=50.0, noise={"kind": "none", "params": {}}).content_hash() == base
    assert read(optimizer={"kind": "sgd", "params": {"learning_rate": 0.1}}).content_hash() == base
    assert read(n_steps=51).content_hash() != base
    assert read(start=[-0.0, 1]).content_hash() == read(start=[0, 1.0]).content_hash()


def test_only_what_was_given_to_a_variant_is_in_its_canonical_form() -> None:
    text = read_scenario(one_variant()).canonical_json()
    assert '"optimizer":null' not in text
    assert '"schedule":null' not in text
    own = read_scenario(one_variant(optimizer={"kind": "adam"}))
    assert own.experiment.as_data()["variants"][0]["optimizer"]["params"]["beta_2"] == 0.999


def test_what_only_networks_have_is_absent_from_other_documents() -> None:
    data = read_scenario({"experiment": experiment()}).as_data()
    assert not {"task", "init"} & set(data["experiment"])
    assert "plane" not in data["view"]
    view = {"tab": "recurrent", "plane": {"kind": "random", "params": {"seed": 3, "reach": 1.0}}}
    assert read_scenario({"experiment": experiment(), "view": view}).as_data()["view"]["plane"] == view["plane"]


def network(**changes: Any) -> dict[str, Any]:
    return experiment(problem={"kind": "tanh_rnn"}, **changes)


def test_a_network_has_a_task_and_first_weights_and_no_start() -> None:
    understood = read_scenario({"experiment": network()}).experiment
    assert understood.start is None
    assert understood.task is not None
    assert understood.init is not None
    assert (understood.task.kind, understood.init.kind) == ("adding", "uniform")
    assert understood.task.params == FAMILIES["task"].catalog["adding"].defaults()
    given = network(task={"kind": "echo", "params": {"delay": 3}}, init={"kind": "identity"})
    again = read_scenario({"experiment": given}).experiment
    assert again.as_data()["task"]["params"]["delay"] == 3
    assert again.content_hash() != understood.content_hash()
    assert read_scenario(json.loads(json.dumps({"experiment": again.as_data()}))).experiment == again


def test_what_does_not_belong_together_is_refused_with_the_remedy() -> None:
    (complaint,) = complaints_about({"experiment": network(start=[0.0, 0.0])})
    assert complaint.where == "experiment.start"
    assert "leave it out" in complaint.remedy
    for key, kind in (("task", "adding"), ("init", "uniform")):
        (complaint,) = complaints_about({"experiment": experiment(**{key: {"kind": kind}})})
        assert complaint.where == f"experiment.{key}"
        assert complaint.what == "is for networks only, and cliff is a landscape"
        (complaint,) = complaints_about({"experiment": network(**{key: {"kind": "nothing"}})})
        assert complaint.where == f"experiment.{key}.kind"
    clip = {"name": "a", "clip": {"kind": "per_example"}}
    (complaint,) = complaints_about({"experiment": network(variants=[clip])})
    assert complaint.where == "experiment.variants.0.clip.kind"


@pytest.mark.parametrize("path", LINKS, ids=lambda path: path.stem)
def test_published_documents_are_read_as_ever(path: Path) -> None:
    """These files are added to, never edited: each is a document as it was sent, and its canonical form."""
    published = json.loads(path.read_text())
    scenario = read_scenario(published["document"])
    assert scenario.canonical_json() == published["canonical"]
    assert scenario.experiment.content_hash() == published["hash"]


def test_there_are_published_documents() -> None:
    assert len(LINKS) >= 10


def test_the_model_is_frozen() -> None:
    scenario = read_scenario({"experiment": experiment()})
    with pytest.raises(ValueError, match="frozen"):
        scenario.version = 2  # type: ignore[assignment]


def test_a_threshold_that_is_not_positive_is_refused_with_the_reason() -> None:
    for kind, entry in FAMILIES["clip"].catalog.items():
        parameter = entry.with_role("threshold")
        if parameter is None:
            continue
        where = f"experiment.variants.0.clip.params.{parameter.name}"
        for value in (0, -1, -1e-9):
            document = one_variant(clip={"kind": kind, "params": {parameter.name: value}})
            (complaint,) = complaints_about(document)
            assert complaint.where == where
            assert complaint.what == (
                f"{parameter.name} must be greater than 0: PyTorch would silently reverse the gradient"
            )


def outside(parameter: Parameter) -> list[Any]:
    if parameter.type == "choice":
        return ["no such choice", True, -1]
    if parameter.type == "bool":
        return [0, "true"]
    wrong: list[Any] = [True, "1"]
    if parameter.low is not None:
        wrong.append(parameter.low - max(1e-9, abs(parameter.low) * 1e-9))
    if parameter.high is not None:
        wrong.append(parameter.high * 1.001 + 1)
    return [*wrong, 1.5] if parameter.type == "int" else wrong


@pytest.mark.parametrize("key", ["problem", "task", "init", "optimizer", "schedule", "noise", "weight_decay"])
def test_every_parameter_of_the_catalogue_is_checked(key: str) -> None:
    for kind, entry in FAMILIES[key].catalog.items():
        for parameter in entry.parameters:
            for value in outside(parameter):
                choice = {"kind": kind, "params": {parameter.name: value}}
                make = network if key in ("task", "init") else experiment
                (complaint,) = complaints_about({"experiment": make(**{key: choice})})
                assert complaint.where == f"experiment.{key}.params.{parameter.name}", (kind, value)
                assert parameter.name in complaint.what
                assert str(parameter.default).lower() in complaint.remedy.lower()


def test_the_plane_of_the_view_is_checked_and_filled_in() -> None:
    document = {"experiment": experiment(), "view": {"plane": {"kind": "random", "params": {"seed": 3}}}}
    assert read_scenario(document).as_data()["view"]["plane"] == {"kind": "random", "params": {"seed": 3, "reach": 1.0}}
    for kind, entry in FAMILIES["plane"].catalog.items():
        for parameter in entry.parameters:
            for value in outside(parameter):
                wrong = {"kind": kind, "params": {parameter.name: value}}
                (complaint,) = complaints_about({"experiment": experiment(), "view": {"plane": wrong}})
                assert complaint.where == f"view.plane.params.{parameter.name}", (kind, value)


def test_an_unknown_kind_is_answered_with_the_known_ones() -> None:
    (complaint,) = complaints_about({"experiment": experiment(optimizer={"kind": "sdg"})})
    assert complaint.where == "experiment.optimizer.kind"
    assert complaint.remedy == f"use one of: {', '.join(FAMILIES['optimizer'].catalog)}"


def test_an_unknown_parameter_is_answered_with_the_known_ones() -> None:
    (complaint,) = complaints_about(one_variant(clip={"kind": "norm", "params": {"threshold": 1}}))
    assert complaint == Complaint(
        "experiment.variants.0.clip.params.threshold", "norm has no such parameter", "its parameters: max_norm, epsilon"
    )


def test_all_faults_are_reported_at_once() -> None:
    clips = [{"name": "a", "clip": {"kind": "x"}}, {"name": "b", "clip": {"kind": "norm", "params": {"max_norm": -1}}}]
    found = complaints_about({"experiment": experiment(variants=clips, noise={"kind": "y"})})
    assert [complaint.where for complaint in found] == [
        "experiment.noise.kind",
        "experiment.variants.0.clip.kind",
        "experiment.variants.1.clip.params.max_norm",
    ]


def test_a_thousand_faults_are_not_a_thousand_complaints() -> None:
    assert len(complaints_about({"experiment": experiment(start=["x"] * 1000)})) <= 10


def test_clashes_are_found() -> None:
    (start,) = complaints_about({"experiment": experiment(start=[1, 2, 3])})
    assert (start.where, start.what) == ("experiment.start", "must have 2 numbers for this problem")
    twice = [{"name": "a", "clip": {"kind": "none"}}] * 2
    (name,) = complaints_about({"experiment": experiment(variants=twice)})
    assert name.where == "experiment.variants.1.name"
    (examples,) = complaints_about(one_variant(clip={"kind": "per_example"}))
    assert examples.where == "experiment.variants.0.clip.kind"
    positions = one_variant(clip={"kind": "per_example", "position": "after"})
    positions["experiment"]["problem"] = {"kind": "finite_sum"}
    (position,) = complaints_about(positions)
    assert position.where == "experiment.variants.0.clip.position"


@pytest.mark.parametrize(
    "view",
    [
        {"tab": "nothing"},
        {"step": -1},
        {"speed": 0},
        {"slow": 1},
        {"paused": "true"},
        {"theme": "blue"},
        {"hide": ["a\nb"]},
        {"hide": "a"},
        {"camera": {"eye": {"x": 1, "y": 2}}},
        {"camera": {"eye": {"x": 1e300, "y": 2, "z": 3}}},
        {"zoom": 1},
        {"map": {"x": {"path": "seed", "low": 2, "high": 1}}},
        {"map": {"y": {"path": "seed", "low": 0, "high": 1}}},
        {"map": {"x": {"path": "seed", "low": 0, "high": float("inf"), "scale": "linear"}}},
        {"map": {"x": {"low": 1, "high": 2}}},
        {"map": {"resolution": 1}},
        {"map": {"resolution": 257}},
        {"map": {"seeds": 65}},
        {"map": {"measure": "beauty"}},
        {"map": {"zoom": 1}},
    ],
)
def test_an_impossible_view_is_refused(view: dict[str, Any]) -> None:
    (complaint,) = complaints_about({"experiment": experiment(), "view": view})
    assert complaint.where.startswith("view.")


@pytest.mark.parametrize(
    "question",
    [
        {"about": "outcome", "variant": 1},
        {"about": "lowest_loss", "text": "Who ends <b>lowest</b>?"},
        {"about": "first"},
        {"about": "own", "text": "Why?", "choices": ["a", "b"]},
        {"about": "own", "text": "W" * 200, "choices": [f"{n}" * 80 for n in range(5)], "right": 4},
    ],
)
def test_a_question_travels_and_changes_no_number(question: dict[str, Any]) -> None:
    plain = read_scenario({"experiment": experiment()})
    scenario = read_scenario({"experiment": experiment(), "question": question})
    assert scenario.as_data() == {**plain.as_data(), "question": question}
    assert read_scenario(scenario.as_data()) == scenario
    assert scenario.experiment.content_hash() == plain.experiment.content_hash()
    assert read_scenario({"experiment": experiment(), "question": None}).canonical_json() == plain.canonical_json()


@pytest.mark.parametrize(
    "question",
    [
        {"about": "weather"},
        {"about": "outcome"},
        {"about": "outcome", "variant": 3},
        {"about": "outcome", "variant": 0, "right": 0},
        {"about": "first", "choices": ["a", "b"]},
        {"about": "lowest_loss", "text": "x" * 201},
        {"about": "lowest_loss", "text": "a\nb"},
        {"about": "own", "text": "Why?"},
        {"about": "own", "choices": ["a", "b"]},
        {"about": "own", "text": "Why?", "choices": ["a"]},
        {"about": "own", "text": "Why?", "choices": list("abcdef")},
        {"about": "own", "text": "Why?", "choices": ["a", "a"]},
        {"about": "own", "text": "Why?", "choices": ["a", "b" * 81]},
        {"about": "own", "text": "Why?", "choices": ["a", "b"], "right": 2},
        {"about": "own", "text": "Why?", "choices": ["a", "b"], "votes": 2},
    ],
)
def test_an_impossible_question_is_refused(question: dict[str, Any]) -> None:
    (complaint,) = complaints_about({"experiment": experiment(), "question": question})
    assert complaint.where.startswith("question") or "question" in complaint.what
    assert complaint.remedy


def test_one_variant_alone_cannot_end_lowest() -> None:
    (complaint,) = complaints_about({**one_variant(), "question": {"about": "lowest_loss"}})
    assert complaint.what == "question must be about variants that there are"


def test_a_camera_survives() -> None:
    camera = {"eye": {"x": 1.25, "y": -0.5, "z": 2}, "up": {"x": 0, "y": 0, "z": 1}}
    scenario = read_scenario({"experiment": experiment(), "view": {"camera": camera, "hide": ["optimizer"], "step": 7}})
    assert scenario.as_data()["view"]["camera"] == camera
    assert read_scenario(scenario.as_data()) == scenario


def test_slow_motion_and_standing_still_travel_and_leave_no_trace_where_they_are_off() -> None:
    on = read_scenario({"experiment": experiment(), "view": {"slow": True, "paused": True}})
    assert (on.as_data()["view"]["slow"], on.as_data()["view"]["paused"]) == (True, True)
    assert read_scenario(on.as_data()) == on
    off = read_scenario({"experiment": experiment(), "view": {"slow": False, "paused": False}})
    assert not {"slow", "paused"} & set(off.as_data()["view"])
    assert off.canonical_json() == read_scenario({"experiment": experiment()}).canonical_json()


def test_a_map_travels_and_leaves_no_trace_of_what_was_not_chosen() -> None:
    axis = {"path": "variants.*.threshold", "low": 0.01, "high": 100.0}
    chosen = {"x": axis, "y": {"path": "seed", "low": 0.0, "high": 9.0, "scale": "linear"}, "measure": "steps"}
    for told in ({}, chosen, {"resolution": 128, "seeds": 8}):
        scenario = read_scenario({"experiment": experiment(), "view": {"tab": "map", "map": told}})
        assert scenario.as_data()["view"]["map"] == told
        assert read_scenario(scenario.as_data()) == scenario
    plain = {"x": axis | {"scale": "log"}, "resolution": None, "seeds": 1, "measure": "outcome"}
    scenario = read_scenario({"experiment": experiment(), "view": {"map": plain}})
    assert scenario.as_data()["view"]["map"] == {"x": axis}
    assert "map" not in read_scenario({"experiment": experiment()}).as_data()["view"]


class TestMigrations:
    """Old documents are brought up to date step by step; newer ones say what they are."""

    def test_a_document_without_a_version_is_version_1(self) -> None:
        assert migrate({"experiment": {}})["version"] == 1

    def test_steps_are_taken_one_after_the_other_and_the_original_is_left_alone(self) -> None:
        old = {"version": 1, "experiment": {"lr": 0.1}}
        steps = {
            1: lambda document: {**document, "experiment": {"learning_rate": document["experiment"]["lr"]}},
            2: lambda document: {**document, "experiment": {**document["experiment"], "unit": "step"}},
        }
        new = migrate(old, steps, current=3)
        assert new == {"version": 3, "experiment": {"learning_rate": 0.1, "unit": "step"}}
        assert old == {"version": 1, "experiment": {"lr": 0.1}}

    def test_a_newer_version_says_so(self) -> None:
        with pytest.raises(ScenarioError, match="newer version") as caught:
            migrate({"version": CURRENT_VERSION + 1})
        assert caught.value.code == "newer_version"

    @pytest.mark.parametrize("version", [0, -1, 1.5, "1", None, True, 1e300, [1]])
    def test_an_impossible_version_is_refused(self, version: object) -> None:
        with pytest.raises(ScenarioError) as caught:
            migrate({"version": version})
        assert caught.value.code in ("invalid", "newer_version")
        assert caught.value.complaints[0].where == "version"

    @pytest.mark.parametrize("document", [None, [], "text", 1])
    def test_what_is_no_object_is_refused(self, document: object) -> None:
        with pytest.raises(ScenarioError):
            migrate(document)


def test_the_whole_scenario_is_plain_data() -> None:
    scenario = read_scenario({"experiment": experiment()})
    assert Scenario.model_validate(json.loads(json.dumps(scenario.as_data()))) == scenario


def test_refused_coordinates_do_not_also_make_the_start_too_short() -> None:
    with pytest.raises(ScenarioError) as caught:
        read_scenario({"version": 1, "experiment": {**experiment(), "start": [1e308, -1e308]}})
    assert [complaint.where for complaint in caught.value.complaints] == ["experiment.start.0", "experiment.start.1"]


def test_the_plane_of_a_view_is_checked_in_documents_and_requests() -> None:
    body = {"experiment": experiment(), "view": {"plane": {"kind": "weights", "params": {"nothing": 1}}}}
    for read_it in (read_scenario, lambda document: read_run_ask(document, "list")):
        with pytest.raises(ScenarioError) as caught:
            read_it(body)
        assert caught.value.complaints[0].where == "view.plane.params.nothing"
