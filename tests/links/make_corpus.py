"""`python tests/links/make_corpus.py`: add what is new to corpus.json. What is in it already is never changed.

An entry is a link of a released form (the whole document in the hash, the short id), the document that it stands for,
and the curves that it draws: the loss of every variant over the first fifteen steps, before rounding can grow, and how
each run ended.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from clipscape import __version__
from clipscape.addresses import hash_of
from clipscape.explain import explain
from clipscape.explain_training import explain_training
from clipscape.links.ids import digest_of, id_of
from clipscape.plan import make_plan
from clipscape.presets import list_presets
from clipscape.readable import expand_query
from clipscape.simulation import simulate
from clipscape.training import train
from clipscape.understanding import read_scenario

FOLDER = Path(__file__).parent
FILE = FOLDER / "corpus.json"
READABLE_FILE = FOLDER / "readable.json"
STEPS = 15
LONGEST_TRAINING = 40
"""Updates of a network in the corpus: whole trainings would take minutes."""


QUERIES = (
    "?learning_rate=0.2",
    *(f"?preset={preset.name}" for preset in list_presets()),
    "?preset=pascanu-wall&learning_rate=0.2&threshold=0.7&n_steps=120&hide=optimizer,noise&theme=dark&step=5",
    "?preset=too-tight-too-loose&learning_rate=0.05&seed=7&start=0.5,1.25&optimizer=momentum&optimizer.momentum=0.7",
    "?slow&paused&surface=surface&learning_rate=0.2",
    "?problem=rosenbrock&clips=none,norm,value&threshold=2",
    "?tab=recurrent&problem=lstm&task=adding&hidden_size=32&threshold=1",
    "?preset=leash-or-cap&ask=outcome,2&hide=outcomes,curves",
)


def curves(document: Any) -> list[dict[str, Any]]:
    """Run a document: name, status and first losses of every variant."""
    plan = make_plan(read_scenario(document).experiment)
    rows = plan.problem, plan.chain, plan.start, plan.experiment.n_steps
    if plan.problem.training is None:
        run: Any = simulate(*rows, seeds=plan.seeds)
        verdicts: Any = explain(plan, run)
    else:
        run = train(*rows, seeds=plan.seeds)
        verdicts = explain_training(plan, run)
    return [
        {
            "name": variant.name,
            "status": verdicts[row].outcome.status,
            "loss": [float(f"{loss:.10g}") for loss in run.loss[: STEPS + 1, row].tolist() if loss == loss],
        }
        for row, variant in enumerate(plan.experiment.variants)
    ]


def entry(name: str, document: Any) -> dict[str, Any]:
    scenario = read_scenario(document)
    body = scenario.canonical_json().encode()
    return {
        "name": name,
        "release": __version__,
        "long": hash_of(scenario.as_data()),
        "short": id_of(digest_of(body)),
        "document": scenario.as_data(),
        "curves": curves(document),
    }


def documents() -> dict[str, Any]:
    """Everything that is to be in the corpus."""
    found = {path.stem: json.loads(path.read_text())["document"] for path in sorted(FOLDER.glob("v1-*.json"))}
    for preset in list_presets():
        scenario = json.loads(json.dumps(preset.scenario))
        if preset.is_network:
            scenario["experiment"]["n_steps"] = LONGEST_TRAINING
        found.setdefault(f"v1-preset-{preset.name}", scenario)
    first = found["v1-shortest"]
    found["v1-title-and-note"] = {**first, "meta": {"title": "Größe & <b>", "note": "Look at step 3."}}
    asked = {
        "outcome": {"about": "outcome", "variant": 0},
        "lowest": {"about": "lowest_loss", "text": "Wer endet am tiefsten?"},
        "own": {"about": "own", "text": "Who turns <b>most</b>?", "choices": ["Norm", "Größe", "nobody"], "right": 1},
    }
    shown = found["v1-preset-leash-or-cap"]
    for name, question in asked.items():
        found[f"v1-question-{name}"] = {**shown, "question": question}
    return found


def main() -> None:
    corpus = json.loads(FILE.read_text()) if FILE.exists() else []
    known = {item["name"] for item in corpus}
    corpus += [entry(name, document) for name, document in documents().items() if name not in known]
    readable = json.loads(READABLE_FILE.read_text()) if READABLE_FILE.exists() else {}
    for query in QUERIES:
        if query not in readable:
            readable[query] = read_scenario(expand_query(query).document).as_data()
    READABLE_FILE.write_text(json.dumps(readable, ensure_ascii=False, indent=1) + "\n")
    FILE.write_text(json.dumps(corpus, ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    main()
