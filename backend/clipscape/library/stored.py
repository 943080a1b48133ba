"""Short links: the document is kept by a server, which is asked for it."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

from clipscape import __version__
from clipscape.complaints import Complaint, ScenarioError

_PATIENCE = 10.0
_LARGEST = 262_144


def fetch_stored(site: str, name: str) -> Any:
    """Return the document that the Clipscape at `site` keeps under `name`; `ScenarioError` where there is none.

    Raises OSError where the server cannot be reached.
    """
    address = f"{site}/api/v1/links/{name}"
    headers = {"Accept": "application/json", "User-Agent": f"clipscape/{__version__}"}
    try:
        with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=_PATIENCE) as answer:
            content = answer.read(_LARGEST + 1)
    except urllib.error.HTTPError as error:
        raise _refused(f"{site} keeps no such link (it answered {error.code})") from None
    except urllib.error.URLError as error:
        raise OSError(f"{site} cannot be reached to ask for the short link: {error.reason}") from None
    try:
        found = json.loads(content[:_LARGEST])
    except ValueError:
        raise _refused(f"{site} did not answer as a Clipscape does") from None
    if not isinstance(found, dict):
        raise _refused(f"{site} did not answer as a Clipscape does")
    return found.get("document", found)


def _refused(what: str) -> ScenarioError:
    return ScenarioError([Complaint("link", what, "check the address, or use the link that begins with #1.")])
