"""`/docs`: the API reference as one page without scripts, written from the OpenAPI document. Works offline."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from typing import Any

from fastapi import FastAPI
from starlette.responses import Response

from clipscape.api.docs_style import STYLE

Schema = dict[str, Any]

_CACHED = {"Cache-Control": "no-cache"}


def add_docs(app: FastAPI) -> None:
    """Serve the page and its style sheet."""

    @app.get("/docs", include_in_schema=False)
    async def docs() -> Response:
        return Response("".join(page(app.openapi())), headers=_CACHED, media_type="text/html")

    @app.get("/docs.css", include_in_schema=False)
    async def style() -> Response:
        return Response(STYLE, headers=_CACHED, media_type="text/css")


def page(document: Schema) -> Iterator[str]:
    """Write the page piece by piece."""
    info = document["info"]
    yield f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(info["title"])} API</title>'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield '<link rel="icon" href="data:,"><link rel="stylesheet" href="docs.css"></head><body><main>'
    yield f"<h1>{escape(info['title'])} API {escape(info['version'])}</h1><p>{escape(info['description'])}</p>"
    yield '<p><a href="openapi.json">openapi.json</a> · <a href="./">the page</a></p><h2 id="routes">Routes</h2>'
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            yield from _route(method.upper(), path, operation)
    yield '<h2 id="schemas">Schemas</h2>'
    for name, schema in document["components"]["schemas"].items():
        yield f'<section id="{escape(name)}"><h3>{escape(name)}</h3>{"".join(_described(schema))}</section>'
    yield "</main></body></html>"


def _route(method: str, path: str, operation: Schema) -> Iterator[str]:
    yield f'<section id="{escape(operation["operationId"])}"><h3><code>{method} {escape(path)}</code></h3>'
    yield f"<p>{escape(operation.get('description', ''))}</p>"
    if parameters := operation.get("parameters"):
        yield "<h4>In the address</h4>"
        rows = [(p["name"], p["schema"], p.get("description", ""), p["required"]) for p in parameters]
        yield from _table(rows)
    body = operation.get("requestBody", {}).get("content", {})
    for media_type, content in body.items():
        yield f"<h4>Body: {escape(media_type)}</h4><p>{_type(content['schema'])}</p>"
        for name, example in content.get("examples", {}).items():
            shown = escape(json.dumps(example["value"], indent=2))
            title = escape(example.get("summary", name))
            yield f"<details><summary>Example: {title}</summary><pre>{shown}</pre></details>"
    yield "<h4>Answers</h4><dl>"
    for status, answer in operation["responses"].items():
        types = ", ".join(f"{escape(kind)} {_type(c['schema'])}" for kind, c in answer.get("content", {}).items())
        yield f"<dt>{status}</dt><dd>{escape(answer['description'])} {types}</dd>"
    yield "</dl></section>"


def _described(schema: Schema) -> Iterator[str]:
    """Describe a named schema: its text, its choices, its properties."""
    yield f"<p>{escape(schema.get('description', ''))}</p>"
    for option in schema.get("oneOf", ()):
        yield f"<details><summary>{escape(_title(option))}</summary>{''.join(_described(option))}</details>"
    properties = schema.get("properties", {})
    required = schema.get("required", ())
    if set(properties) >= {"kind", "params"} and "const" in properties["kind"]:
        params = properties["params"]["properties"]
        yield from _table([(name, value, value.get("description", ""), False) for name, value in params.items()])
    elif properties:
        yield from _table([(n, v, v.get("description", ""), n in required) for n, v in properties.items()])


def _title(schema: Schema) -> str:
    kind = schema.get("properties", {}).get("kind", {}).get("const")
    title = str(schema.get("title", schema.get("type", "")))
    return f"{kind}: {title}" if kind else title


def _table(rows: list[tuple[str, Schema, str, bool]]) -> Iterator[str]:
    if not rows:
        return
    yield '<div class="scroll" tabindex="0"><table><thead><tr><th>name</th><th>value</th><th></th></tr></thead><tbody>'
    for name, schema, help_text, required in rows:
        need = " <em>required</em>" if required else ""
        yield f"<tr><th><code>{escape(name)}</code></th><td>{_type(schema)}{need}</td><td>{escape(help_text)}</td></tr>"
    yield "</tbody></table></div>"


def _type(schema: Schema) -> str:
    """Say in a few words which values a schema allows."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rsplit("/", 1)[1])
        return f'<a href="#{name}">{name}</a>'
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " or ".join(_type(option) for option in schema[several])
    if "enum" in schema:
        return " | ".join(f"<code>{escape(json.dumps(value))}</code>" for value in schema["enum"])
    if "const" in schema:
        return f"<code>{escape(json.dumps(schema['const']))}</code>"
    return escape(_plain_type(schema)) + (f" of {_type(schema['items'])}" if schema.get("items") else "")


def _plain_type(schema: Schema) -> str:
    kind = schema.get("type", "anything")
    words = " or ".join(kind) if isinstance(kind, list) else str(kind)
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None or high is not None:
        words += f" {low if low is not None else '…'} to {high if high is not None else '…'}"
    return f"{words}, default {json.dumps(schema['default'])}" if "default" in schema else words
