"""What is allowed: the bounds of the document and of the settings, in one answer."""

from __future__ import annotations

from typing import Any

from clipscape.asks import DEFAULT_RESOLUTION, MAX_RESOLUTION
from clipscape.axes import MAX_NOTCHES
from clipscape.scenario import MAX_COORDINATE, MAX_NAME, MAX_SEED, MAX_STEPS, MAX_VARIANTS
from clipscape.settings import Settings
from clipscape.sweeps.ask import LARGEST, MAX_SEEDS


def limits(settings: Settings) -> dict[str, Any]:
    """Return every limit by name; those that end in `_bytes` or `_seconds` are settings of this server."""
    return {
        "n_steps": MAX_STEPS,
        "variants": MAX_VARIANTS,
        "notches": MAX_NOTCHES,
        "coordinate": MAX_COORDINATE,
        "seed": MAX_SEED,
        "name_length": MAX_NAME,
        "resolution": MAX_RESOLUTION,
        "default_resolution": DEFAULT_RESOLUTION,
        "sweep_resolution": LARGEST,
        "sweep_seeds": MAX_SEEDS,
        "body_bytes": settings.max_body_bytes,
        "url_bytes": settings.max_url_bytes,
        "answer_bytes": settings.max_answer_bytes,
        "cost_seconds": settings.max_cost,
        "stream_cost_seconds": settings.max_stream_cost,
        "sweep_cost_seconds": settings.max_sweep_cost,
        "deadline_seconds": settings.deadline,
        "stream_deadline_seconds": settings.stream_deadline,
        "sweep_deadline_seconds": settings.sweep_deadline,
        "body_seconds": settings.body_seconds,
        "new_links_per_tab": settings.new_links_per_tab,
        "new_links": settings.new_links,
        "links_bytes": settings.max_links_bytes,
        "workers": settings.workers,
        "requests_per_tab": settings.requests_per_tab,
        "queue": settings.queue_per_worker * settings.workers,
    }
