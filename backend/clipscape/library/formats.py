"""The files that a scenario can be written as, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from clipscape.library.results import Result
from clipscape.library.scenarios import Scenario

FORMATS: Mapping[str, str] = {
    "csv": "every recorded quantity as a table",
    "json": "scenario and run",
    "html": "the run as a page that plays, without a connection",
    "gif": "an animation of it",
    "figure": "the figure, on a page that needs no network",
    "numpy": "a script that takes the same steps with numpy alone",
    "pytorch": "a script that takes them with PyTorch",
    "lines": "clip and optimizer as PyTorch, Keras and Optax write them",
    "scenario": "the scenario alone, with every default",
    "link": "the link that carries it",
}


def render(scenario: Scenario, form: str, run: Callable[[Scenario], Result]) -> bytes:
    """Return a scenario in the format called `form`; it is `run` only where that is needed."""
    match form:
        case "csv":
            return run(scenario).to_csv().encode()
        case "json":
            return run(scenario).to_json() + b"\n"
        case "html":
            return run(scenario).to_page()
        case "gif":
            return run(scenario).to_gif()
        case "figure":
            return run(scenario).to_html().encode()
        case "numpy" | "pytorch" | "lines":
            return scenario.code(form).encode()
        case "scenario":
            return scenario.to_json().encode() + b"\n"
        case "link":
            return scenario.link().encode() + b"\n"
    raise ValueError(f"no such format: {form}")
