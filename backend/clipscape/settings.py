"""Everything an operator can set: one table, read from `CLIPSCAPE_*` variables. An unknown name is an error."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from clipscape.compute import PoolLimits
from clipscape.links.database import Backend, check_address, make_backend
from clipscape.links.keeper import KeeperLimits
from clipscape.page_files import page_folder

PREFIX = "CLIPSCAPE_"
FOR_TESTS = {"CLIPSCAPE_CHROMIUM", "CLIPSCAPE_BASE_URL"}
"""Variables that tell the tests which browser and which server to use; the server ignores them."""


class SettingsError(ValueError):
    """The environment holds something that cannot be used; the message says which variable and why."""


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Settings(BaseSettings):
    """The server's options. Every field is the variable `CLIPSCAPE_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    host: str = Field("127.0.0.1", description="Address to listen on; 0.0.0.0 opens it to the network.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 picks a free one.")
    root_path: str = Field(
        "",
        max_length=200,
        pattern=r"^/?(?:[A-Za-z0-9._~-]+(?:/[A-Za-z0-9._~-]+)*/?)?$",
        description="Prefix below which a proxy serves the page, such as /tools/clipscape.",
    )
    trusted_proxies: str = Field(
        "127.0.0.1", description="Addresses whose X-Forwarded-* headers are believed, separated by commas."
    )
    data_dir: Path = Field(Path("data"), description="Folder for what the server keeps, such as compressed files.")
    frontend_dir: Path = Field(default_factory=page_folder, description="Folder with index.html, css and js.")
    assets_dir: Path | None = Field(
        None, description="Folder with the compressed Plotly made by `clipscape compress`; default: assets in DATA_DIR."
    )
    workers: int = Field(
        default_factory=_cores, ge=1, le=256, description="Worker processes for simulations; default: one per core."
    )
    worker_memory: int = Field(2**31, ge=0, description="Address space one worker may use, in bytes; 0 sets no limit.")
    spare_workers: int = Field(
        1, ge=0, le=16, description="Warm processes that wait to take the place of a worker that had to be stopped."
    )
    jobs_per_worker: int = Field(
        10_000, ge=1, le=10**9, description="Jobs after which a worker process is replaced by a fresh one."
    )
    queue_per_worker: int = Field(64, ge=0, le=10_000, description="Requests that may wait per worker; above it: 503.")
    requests_per_tab: int = Field(
        2, ge=1, le=100, description="Requests of one kind that a tab may have under way; a newer one stops the oldest."
    )
    refusal_delay: float = Field(
        1.0, ge=0, le=10, description="Seconds a refusal for a full queue is held back, so that clients slow down."
    )
    held_refusals: int = Field(
        1000, ge=0, le=100_000, description="Refusals held back at a time; above it they are sent at once."
    )
    max_body_bytes: int = Field(65_536, ge=1024, le=2**26, description="Largest request body; above it: 413.")
    max_url_bytes: int = Field(8192, ge=256, le=60_000, description="Longest address; above it: 414.")
    body_seconds: float = Field(10.0, gt=0, le=600, description="Seconds in which a body must have arrived; else 408.")
    max_cost: float = Field(
        2.0, gt=0, le=3600, description="Largest estimated cost of one request in CPU seconds; above it: 422."
    )
    max_stream_cost: float = Field(20.0, gt=0, le=3600, description="The same for a streamed run.")
    max_sweep_cost: float = Field(
        120.0, gt=0, le=86_400, description="The same for a map, all its tiles and workers together."
    )
    max_answer_bytes: int = Field(
        4_000_000,
        ge=10_000,
        le=2**30,
        description="Largest estimated answer in bytes before compression; above it: 422.",
    )
    deadline: float = Field(
        5.0, gt=0, le=3600, description="Seconds a request may compute once it has begun; else 503."
    )
    stream_deadline: float = Field(60.0, gt=0, le=3600, description="The same for a streamed run.")
    sweep_deadline: float = Field(
        300.0, gt=0, le=86_400, description="The same for a map, waiting for workers included."
    )
    dask_scheduler: str = Field(
        "",
        pattern=r"^$|^(tcp|tls)://[^/\s]+:[0-9]{1,5}$",
        description="Dask scheduler whose workers compute maps, such as tcp://host:8786; default: the workers here.",
    )
    cancel_grace: float = Field(
        0.25,
        gt=0,
        le=10,
        description="Seconds a worker has to stop when asked; then a spare takes its place (without one: 8 times).",
    )
    cache_bytes: int = Field(64_000_000, ge=0, description="Memory for answers that were asked for before; 0: none.")
    database_url: SecretStr = Field(
        SecretStr(""),
        description="Database for short links, such as postgresql://user:password@host/name; "
        "default: the SQLite file links.db in DATA_DIR.",
    )
    link_seconds: float = Field(
        5.0, gt=0, le=60, description="Seconds a short link may wait for a locked or slow database; else 503."
    )
    new_links_per_tab: int = Field(
        60, ge=0, le=100_000, description="New short links a minute from one tab of a browser; above it: 429."
    )
    new_links: int = Field(
        2000, ge=0, le=1_000_000, description="New short links a minute in all; above it: 429. Known ones cost nothing."
    )
    max_links_bytes: int = Field(
        2_000_000_000, ge=100_000, le=2**45, description="Largest size of the store of short links; above it: 507."
    )
    min_free_bytes: int = Field(
        100_000_000,
        ge=0,
        le=2**45,
        description="Free space on the disk of links.db below which no new link is stored (507); 0: no such limit.",
    )
    unread_bytes: int = Field(
        128_000_000,
        ge=1_000_000,
        description="Memory for answers that clients take slowly; above it the slowest of them is cut off.",
    )
    cors_origins: str = Field(
        "", description="Sites whose pages may use the API, separated by commas; * for all. Cookies are never involved."
    )
    keep_alive: int = Field(75, ge=1, le=3600, description="Seconds an idle connection stays open.")
    log_level: str = Field("info", pattern="^(debug|info|warning|error)$", description="How much is logged.")
    log_format: str = Field(
        "line", pattern="^(line|json)$", description="Lines for people, or json: one object per line for programs."
    )
    metrics_port: int = Field(
        0, ge=0, le=65535, description="Port of its own for Prometheus metrics, never to be published; 0: none."
    )

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, url: SecretStr) -> SecretStr:
        check_address(url.get_secret_value())
        return url

    @field_validator("dask_scheduler")
    @classmethod
    def _dask_installed(cls, address: str) -> str:
        if address and find_spec("distributed") is None:
            raise ValueError("needs Dask: pip install 'clipscape[dask]'")
        return address

    @property
    def prefix(self) -> str:
        """`root_path` with a slash before it and none behind it; empty at the root."""
        path = self.root_path.strip("/")
        return f"/{path}" if path else ""

    @property
    def pool_limits(self) -> PoolLimits:
        """What the compute pool needs to know."""
        return PoolLimits(
            workers=self.workers,
            queue=self.queue_per_worker * self.workers,
            deadline=self.deadline,
            cancel_grace=self.cancel_grace,
            refusal_delay=self.refusal_delay,
            worker_memory=self.worker_memory,
            spares=self.spare_workers,
            jobs_per_worker=self.jobs_per_worker,
            unread=self.unread_bytes,
            held=self.held_refusals,
        )

    @property
    def keeper_limits(self) -> KeeperLimits:
        """What the keeper of short links needs to know."""
        return KeeperLimits(
            patience=self.link_seconds,
            new_per_tab=self.new_links_per_tab,
            new_in_all=self.new_links,
        )

    @property
    def link_backend(self) -> Backend:
        """Where short links are kept."""
        url = self.database_url.get_secret_value()
        return make_backend(url, self.data_dir, self.max_links_bytes, self.min_free_bytes, self.link_seconds)

    @property
    def allowed_origins(self) -> list[str]:
        """The sites of `cors_origins`."""
        return [origin.strip() for origin in self.cors_origins.split(",") if origin.strip()]

    @property
    def compressed_dir(self) -> Path:
        """Where compressed files are kept."""
        return self.assets_dir or self.data_dir / "assets"


def load_settings(environ: Mapping[str, str] = os.environ, **overrides: Any) -> Settings:
    """Read the settings; raise `SettingsError` for a variable that is misspelt or has an impossible value."""
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    for name in environ:
        if name.upper().startswith(PREFIX) and name.upper() not in known | FOR_TESTS:
            close = difflib.get_close_matches(name.upper(), known, n=1, cutoff=0.8)
            hint = f"did you mean {close[0]}?" if close else "`clipscape config` lists all of them."
            raise SettingsError(f"{name} is not a setting: {hint}")
    given = {
        name: environ[variable] for name in Settings.model_fields if (variable := f"{PREFIX}{name.upper()}") in environ
    }
    try:
        return Settings.model_validate({**given, **overrides})
    except ValidationError as error:
        problems = [f"{PREFIX}{str(item['loc'][0]).upper()}: {item['msg']}" for item in error.errors()]
        raise SettingsError("; ".join(problems)) from None


def settings_table(settings: Settings) -> list[tuple[str, str, str]]:
    """Return (variable, value in force, help) for every setting, in the order of the documentation."""
    return [
        (f"{PREFIX}{name.upper()}", str(getattr(settings, name)), field.description or "")
        for name, field in Settings.model_fields.items()
    ]
