"""What can be asked for as a file: a scenario's run as a table or a document, or the scenario as code."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_args

from clipscape.addresses import hash_of
from clipscape.asks import RunAsk
from clipscape.complaints import Complaint
from clipscape.cost import Estimate, estimate_surface
from clipscape.exports.animation.timing import moments
from clipscape.exports.code import LANGUAGES
from clipscape.exports.document import document_of
from clipscape.exports.table import csv_lines
from clipscape.finished import Finished, steps_of
from clipscape.lowering import Fits
from clipscape.plan import make_plan
from clipscape.scenario import Experiment, Scenario
from clipscape.understanding import is_network, make_problem, read_scenario
from clipscape.wire import FIELDS, NETWORK_FIELDS, dump_json, server_sent_event

Theme = Literal["light", "dark"]
Form = Literal["csv", "json", "code", "html", "gif"]
PAGE_RESOLUTION = 121
"""Points per side of the surface of a page that plays."""
_FRAME_SECONDS = 0.02
"""To draw a frame of an animation."""
_TOLD = 4
"""Every so many frames it is told how far an animation is."""
_ANIMATION_BYTES = 2_000_000
FORMS: tuple[Form, ...] = get_args(Form)
MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "code": "text/plain; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "gif": "image/gif",
}


@dataclass(frozen=True)
class ExportAsk:
    """An export as understood; its data form is the cache key and what a worker receives."""

    scenario: Scenario
    form: Form
    language: str
    """Of the code; "" for the other forms."""
    site: str = ""
    """Of the page: the address that its link opens at."""
    theme: Theme | Literal[""] = ""
    """Of the animation; "" for the other forms."""

    job = "export"
    topic = None

    @property
    def experiment(self) -> Experiment:
        """What is run."""
        return self.scenario.experiment

    def as_data(self) -> dict[str, Any]:
        """Return plain JSON data that `from_data` reads back."""
        return {
            "scenario": self.scenario.as_data(),
            "form": self.form,
            "language": self.language,
            "site": self.site,
            "theme": self.theme,
        }

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> ExportAsk:
        """Read what `as_data` wrote; it has been checked before."""
        return cls(
            Scenario.model_validate(data["scenario"]), data["form"], data["language"], data["site"], data["theme"]
        )

    def estimate(self) -> Estimate:
        """Say what it will cost."""
        if self.form == "code":
            return Estimate(0.01, 100_000)
        run = _run_ask(self.experiment).estimate()
        if self.form == "gif":
            drawn = len(moments(self.experiment.n_steps)) * _FRAME_SECONDS
            return Estimate(run.seconds + drawn, _ANIMATION_BYTES)
        if self.form != "html" or is_network(self.experiment.problem):
            return run
        ground = estimate_surface(PAGE_RESOLUTION**2, make_problem(self.experiment.problem).cost, "base64")
        return Estimate(run.seconds + ground.seconds, run.answer_bytes + ground.answer_bytes)

    def lower(self, fits: Fits) -> Complaint:
        """Name the number to lower, and to what."""
        return _run_ask(self.experiment).lower(fits)


def read_export_ask(body: object, form: Form, language: str, site: str = "", theme: Theme = "light") -> ExportAsk:
    """Read the body of a request for a file; raise `ScenarioError` with every complaint."""
    scenario = read_scenario(body)
    own = {"code": ("language", language), "html": ("site", site), "gif": ("theme", theme)}
    options = {"language": "", **dict([own[form]])} if form in own else {"language": ""}
    return ExportAsk(scenario, form, **options)  # type: ignore[arg-type]


def _run_ask(experiment: Experiment) -> RunAsk:
    fields = NETWORK_FIELDS if is_network(experiment.problem) else FIELDS
    return RunAsk(experiment, None, fields, "list")


def link_to(scenario: Scenario, site: str) -> str:
    """Return the link that carries a scenario, at an address where there is one."""
    return f"{site}{hash_of(scenario.as_data())}"


def export_job(request: dict[str, Any]) -> Iterator[bytes | None]:
    """Write the file: yields None where it may be stopped, and pieces of it. Of a page, only what goes into it."""
    ask = ExportAsk.from_data(request)
    if ask.form == "code":
        yield LANGUAGES[ask.language][1](ask.experiment).encode()
        return
    finished = yield from _finished(ask.experiment)
    if ask.form == "gif":
        from clipscape.exports.animation.gif import draw

        drawing = draw(ask.scenario, finished, ask.theme)
        while True:
            try:
                next(drawing)
            except StopIteration as end:
                yield end.value
                return
            yield None
    if ask.form == "html":
        from clipscape.exports.page import page_data

        yield page_data(ask.scenario, finished, link_to(ask.scenario, ask.site))
        return
    if ask.form == "json":
        yield dump_json(document_of(ask.scenario, finished))
        return
    for piece in csv_lines(finished):
        yield piece.encode()


def _finished(experiment: Experiment) -> Any:
    steps = steps_of(make_plan(experiment))
    while True:
        try:
            next(steps)
        except StopIteration as end:
            finished: Finished = end.value
            return finished
        yield None


def animation_job(request: dict[str, Any]) -> Iterator[bytes | None]:
    """Draw an animation as server-sent events: `progress` {done, total, remaining_seconds} and `end` with the file."""
    from clipscape.exports.animation.gif import draw

    ask = ExportAsk.from_data(request)
    finished = yield from _finished(ask.experiment)
    drawing, started = draw(ask.scenario, finished, ask.theme), time.monotonic()
    while True:
        try:
            done, total = next(drawing)
        except StopIteration as end:
            file = base64.b64encode(end.value).decode()
            yield server_sent_event("end", {"media_type": MEDIA_TYPES["gif"], "base64": file})
            return
        left = (time.monotonic() - started) * (total - done) / done
        progress = {"done": done, "total": total, "remaining_seconds": round(left, 3)}
        yield server_sent_event("progress", progress) if done % _TOLD == 0 else None
