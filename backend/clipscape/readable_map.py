"""What a readable link says of the Map tab: `?tab=map&x=variants.*.threshold,0.01,100&resolution=128`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import ValidationError

from clipscape.readable_base import Data
from clipscape.scenario import MapView


def read_axis(text: str, number: Callable[[str], float]) -> Data:
    """Read `variants.*.threshold,0.01,100`, and `,linear` where an axis is not logarithmic."""
    path, low, high, *scale = [*(part.strip() for part in text.split(",")), "", ""][: max(3, text.count(",") + 1)]
    axis: Data = {"path": path, "low": number(low), "high": number(high)}
    return {**axis, "scale": ",".join(scale)} if scale else axis


def with_map(document: Data, key: str, value: Any) -> Data | None:
    """Return the document with one thing of its map changed; None where it shows no map, or the value is no good."""
    view = document["view"]
    if view["tab"] != "map":
        return None
    try:
        changed = MapView.model_validate({**view.get("map", {}), key: value})
    except ValidationError:
        return None
    return {**document, "view": {**view, "map": changed.as_data()}}
