"""`POST /export/{csv,json,code}`: a run, or a scenario, as a file to keep."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from clipscape.api.openapi import documented
from clipscape.api.routes import body_of, service_of
from clipscape.api.tabs import ASKED_BY_TAB
from clipscape.exports.asks import MEDIA_TYPES, Form, read_export_ask

router = APIRouter(prefix="/api/v1", redirect_slashes=False)

Language = Annotated[
    Literal["numpy", "pytorch", "lines"],
    Query(description="Of the code: a script for numpy or PyTorch, or the lines of PyTorch, Keras and Optax."),
]
FormName = Annotated[Form, Path(description="csv: a table; json: scenario and run; code: see `language`.")]
SUFFIXES = {"csv": "csv", "json": "json", "code": "py"}


@router.post("/export/{form}", dependencies=[ASKED_BY_TAB], **documented("export"))
async def post_export(request: Request, form: FormName, language: Language = "numpy") -> Response:
    """Every recorded quantity as a table or as JSON, or a script that takes the same steps. The body is a scenario."""
    service = service_of(request)
    ask = read_export_ask(await body_of(request), form, language)
    answer = await service.answer(request, "export", ask, patient=True, media_type=MEDIA_TYPES[form])
    name = f"clipscape-{ask.experiment.problem.kind}.{SUFFIXES[form]}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
