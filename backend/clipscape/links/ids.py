"""The id of a link is made of its content: same document, same id. No vowels, so no words; no look-alikes."""

from __future__ import annotations

import hashlib

ALPHABET = "23456789bcdfghjkmnpqrstvwxz"
SHORTEST = 12
LONGEST = 54
"""27^54 > 2^256: the whole hash."""

_BITS = 256


def digest_of(body: bytes) -> str:
    """SHA-256 (hexadecimal) of a document's canonical bytes, under a label that keeps it apart from other hashes."""
    return hashlib.sha256(b"clipscape-state\n" + body).hexdigest()


def id_of(digest: str, length: int = SHORTEST) -> str:
    """Return the first `length` digits in base 27 of the digest, read as a fraction between 0 and 1.

    Every digit carries log2(27) = 4.75 bits; a longer id begins with the shorter one.
    """
    rest, letters = int(digest, 16), []
    for _ in range(length):
        rest *= len(ALPHABET)
        letters.append(ALPHABET[rest >> _BITS])
        rest &= (1 << _BITS) - 1
    return "".join(letters)


def is_id(text: str) -> bool:
    """Say whether a text can be the id of a link."""
    return SHORTEST <= len(text) <= LONGEST and set(text) <= set(ALPHABET)
