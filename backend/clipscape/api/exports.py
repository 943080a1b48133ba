"""`POST /export/{csv,json,code,html,gif}`: a run, or a scenario, as a file to keep."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi import Path as InPath
from starlette.responses import Response

from clipscape.api.links import site
from clipscape.api.openapi import documented
from clipscape.api.routes import body_of, service_of
from clipscape.api.tabs import ASKED_BY_TAB
from clipscape.exports.asks import MEDIA_TYPES, Form, Theme, read_export_ask
from clipscape.exports.page import page_of, title_of_page
from clipscape.scenario import Scenario

router = APIRouter(prefix="/api/v1", redirect_slashes=False)

Language = Annotated[
    Literal["numpy", "pytorch", "lines"],
    Query(description="Of the code: a script for numpy or PyTorch, or the lines of PyTorch, Keras and Optax."),
]
Shades = Annotated[Theme, Query(description="Of the animation: its colours.")]
FormName = Annotated[
    Form,
    InPath(
        description="csv: a table; json: scenario and run; html: a page that plays; gif: an animation; code: a script."
    ),
]
SUFFIXES = {"csv": "csv", "json": "json", "code": "py", "html": "html", "gif": "gif"}


@router.post("/export/gif/stream", dependencies=[ASKED_BY_TAB], **documented("animation"))
async def post_animation(request: Request, theme: Shades = "light") -> Response:
    """An animation as events: how far it is, and at the end the file. Closing the connection stops the work."""
    ask = read_export_ask(await body_of(request), "gif", "", theme=theme)
    return service_of(request).stream(request, "animation", ask)


@router.post("/export/{form}", dependencies=[ASKED_BY_TAB], **documented("export"))
async def post_export(
    request: Request, form: FormName, language: Language = "numpy", theme: Shades = "light"
) -> Response:
    """Every recorded quantity as a table or as JSON, what plays it, or a script. The body is a scenario."""
    service = service_of(request)
    ask = read_export_ask(await body_of(request), form, language, site(request, service.settings), theme)
    finish = page_maker(service.settings.frontend_dir, ask.scenario) if form == "html" else None
    answer = await service.answer(request, "export", ask, patient=True, media_type=MEDIA_TYPES[form], finish=finish)
    name = f"clipscape-{ask.experiment.problem.kind}.{SUFFIXES[form]}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def page_maker(folder: Path, scenario: Scenario) -> Callable[[bytes], bytes]:
    """Return what makes a page of the data that a worker sends."""
    return lambda data: page_of(folder, title_of_page(scenario), data)
