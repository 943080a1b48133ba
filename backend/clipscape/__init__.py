"""Clipscape: see what gradient clipping does."""

ENGINE_VERSION = "1"
"""Changes whenever the same experiment may give different numbers; part of every ETag and cache key."""

__version__ = "0.1.0"
