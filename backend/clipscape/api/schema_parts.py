"""What JSON schemas are put together from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Schema = dict[str, Any]

TEMPLATE = "#/components/schemas/{model}"


def ref(name: str) -> Schema:
    """Point to a named schema."""
    return {"$ref": TEMPLATE.format(model=name)}


def closed(properties: Mapping[str, Schema], required: list[str] | None = None, **more: Any) -> Schema:
    """Describe an object with these keys and no others; all of them must be there unless `required` says which."""
    needed = list(properties) if required is None else required
    plain = {"type": "object", "properties": dict(properties), "required": needed, "additionalProperties": False}
    return {**plain, **more}


def list_of(item: Schema) -> Schema:
    """Describe a list."""
    return {"type": "array", "items": item}


TEXT: Schema = {"type": "string"}
NULLABLE_TEXT: Schema = {"type": ["string", "null"]}
COUNT: Schema = {"type": "integer", "minimum": 0}
NUMBER: Schema = {"type": ["number", "null"], "description": "null: not finite, or there is none"}
INTERVALS = list_of({"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2})
