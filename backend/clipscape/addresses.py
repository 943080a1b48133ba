"""The addresses of a scenario: `#1.…` holds the document itself, `?…` is typed by hand, `/s/…` names a stored one."""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import orjson

from clipscape.canonical import canonical_json
from clipscape.complaints import Complaint, ScenarioError

CODEC = 1
_MAX_LINK, _MAX_DOCUMENT = 32_768, 65_536
_HASH = re.compile(r"#(\d{1,6})\.([A-Za-z0-9_-]*)", re.ASCII)
_STORED = re.compile(r"(?P<site>.*?)/(?:s|embed)/(?P<name>[^/]*)/?")
_ID = re.compile(r"[A-Za-z0-9]{12,54}", re.ASCII)
_SITE = re.compile(r"https?://", re.IGNORECASE)
_OF_THE_FRAME = ("controls", "show", "panels", "autoplay", "loop")
"""What the query of `/embed` asks for that is no part of a document."""


@dataclass(frozen=True)
class HashLink:
    """An address that carries the document: `text` is what stands in it from the # on."""

    text: str

    def document(self) -> Any:
        """Return the JSON data in the link; raise `ScenarioError` if there is none. Bounded in time and memory."""
        return read_hash(self.text)


@dataclass(frozen=True)
class QueryLink:
    """A readable address: `text` is the query, from the ? on."""

    text: str


@dataclass(frozen=True)
class StoredLink:
    """A short address: the document called `name` is kept by the server at `site` ("": not said which)."""

    site: str
    name: str

    def check(self) -> None:
        """Raise `ScenarioError` where the name can be no id, or nobody knows whom to ask for it."""
        if not _ID.fullmatch(self.name):
            what = (
                f"has no id of a short link: that has 12 to 54 letters and digits, this one {len(self.name)} characters"
            )
            raise _refused(what, "copy it again, the whole of it")
        if not self.site:
            raise _refused("does not say which server keeps it", "write the whole address: https://…/s/…")


Address = HashLink | QueryLink | StoredLink


def as_address(text: str) -> Address | None:
    """Read any form of link, whole or from its `#`, `?` or `/s/` on; None where `text` is no link at all."""
    text = text.strip()
    if text.startswith("#"):
        return HashLink(text)
    if text.startswith("?"):
        return QueryLink(text.partition("#")[0])
    if not _SITE.match(text) and not text.startswith("/s/"):
        start = re.search(r"/(?=[#?])", text)
        return as_address(text[start.end() :]) if start and not text[: start.start()] else None
    parts = urlsplit(text)
    stored = _STORED.fullmatch(parts.path)
    if stored and (stored["name"] or parts.path.endswith("/s/")):
        site = f"{parts.scheme}://{parts.netloc}{stored['site']}" if parts.netloc else ""
        return StoredLink(site, stored["name"])
    if parts.fragment:
        return HashLink(f"#{parts.fragment}")
    framed = parts.path.rstrip("/").endswith("/embed")
    if parts.query or framed or not parts.path or parts.path.endswith("/"):
        return QueryLink(f"?{_without_frame(parts.query) if framed else parts.query}")
    return None


def _without_frame(query: str) -> str:
    pairs = parse_qsl(query, keep_blank_values=True)
    return urlencode([(name, value) for name, value in pairs if name not in _OF_THE_FRAME])


def hash_of(document: Any) -> str:
    """Return the hash that carries a document: `#1.<base64url(raw deflate(canonical JSON))>`."""
    deflater = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = deflater.compress(canonical_json(document).encode()) + deflater.flush()
    return f"#{CODEC}." + base64.urlsafe_b64encode(packed).decode().rstrip("=")


def read_hash(text: str) -> Any:
    """Return the JSON data that a hash carries; raise `ScenarioError` where it is damaged, too long or too new."""
    match = _HASH.fullmatch(text)
    if len(text) > _MAX_LINK:
        raise _refused("is too long to be one of ours")
    if match is None or int(match[1]) < CODEC:
        raise _damaged()
    if int(match[1]) > CODEC:
        raise _refused("was made by a newer version of Clipscape", "open it on a newer Clipscape")
    try:
        return orjson.loads(unpacked(match[2], _MAX_DOCUMENT))
    except OverflowError:
        raise _refused("holds more than a comparison can") from None
    except ValueError:
        raise _damaged() from None


def unpacked(payload: str, limit: int) -> bytes:
    """Return what base64url and raw deflate hold; `OverflowError` above `limit` bytes, `ValueError` when damaged."""
    try:
        packed = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        content = inflater.decompress(packed, limit + 1)
    except (binascii.Error, zlib.error) as error:
        raise ValueError("damaged") from error
    if len(content) > limit:
        raise OverflowError("too large")
    if not inflater.eof or inflater.unused_data:
        raise ValueError("damaged")
    return content


def _damaged() -> ScenarioError:
    return _refused("is damaged or was cut off on its way", "copy it again, the whole of it")


def _refused(what: str, remedy: str = "ask for the link again") -> ScenarioError:
    return ScenarioError([Complaint("link", what, remedy)])
