"""`/docs`: the API reference as one page without scripts, written from the OpenAPI document. Works offline."""

from __future__ import annotations

from fastapi import FastAPI


def add_docs(app: FastAPI) -> None:
    """placeholder"""
