"""Check docker-compose.scale.yml as it starts: `make docker-scale-smoke` runs it, with real containers.

Page and API through the proxy, what it keeps and what it refuses; rights; a link made by one replica and opened by the
other; a map by Dask, its bytes compared with this process; a replica killed under load, and one stopped in order; the
database gone and back. It has a project of its own, which is taken down again at the end with its volumes. `NGINX_TAG`
names another proxy image than the file does.
"""

from __future__ import annotations

import asyncio
import http.client
import itertools
import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from benchmarks.load.wire import Connection, Taken, post

from clipscape.addresses import hash_of
from clipscape.canonical import canonical_json
from clipscape.links.database import Database
from clipscape.links.store import LinkStore
from clipscape.migrations import CURRENT_VERSION
from clipscape.settings import load_settings
from clipscape.sweeps import compute_tile, read_sweep_ask, tiles
from clipscape.understanding import read_scenario

ROOT = Path(__file__).resolve().parent.parent
PORT = int(os.environ.get("CHECK_PORT", "8240"))
COMPOSE = ["docker", "compose", "-f", "docker-compose.scale.yml", "--project-name", "clipscape-scale-check"]
ENVIRONMENT = {**os.environ, "POSTGRES_PASSWORD": secrets.token_hex(16), "CLIPSCAPE_PUBLISH": f"127.0.0.1:{PORT}"}
VARIANTS = [{"name": kind, "clip": {"kind": kind}} for kind in ("none", "norm", "value")]

REPLICAS = ("replica-1", "replica-2")
PATIENCE = 180.0
CLIENTS, PAUSE = 16, 0.2
BEFORE, AFTER = 4.0, 12.0
"""Seconds of load before a replica goes and after."""
MOST_FAILED, NONE_AFTER = 0.01, 5.0
HEADER_SECONDS = 10.0
LARGEST_IMAGE = 300_000_000


class CheckError(AssertionError):
    """Something is not as it should be."""


def demand(condition: bool, otherwise: str) -> None:
    """Stop unless it is so."""
    if not condition:
        raise CheckError(otherwise)


def passed(text: str) -> None:
    """Say what is all right."""
    print(f"ok   {text}", flush=True)


def compose(*words: str, check: bool = True, given: str | None = None) -> str:
    """Run a command of Docker Compose and return what it prints."""
    done = subprocess.run(
        [*COMPOSE, *words], cwd=ROOT, env=ENVIRONMENT, input=given, capture_output=True, text=True, check=False
    )
    demand(done.returncode == 0 or not check, f"docker compose {' '.join(words)}\n{done.stderr[-3000:]}")
    return done.stdout


def inside(service: str, *command: str, check: bool = True) -> str:
    """Run a command in a container and return what it prints."""
    return compose("exec", "--no-TTY", service, *command, check=check)


def wait_until(what: str, happens: Callable[[], bool], seconds: float = PATIENCE) -> float:
    """Return after how many seconds it happens."""
    started = time.monotonic()
    while not happens():
        demand(time.monotonic() - started < seconds, f"does not happen: {what}")
        time.sleep(0.2)
    return time.monotonic() - started


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body's JSON."""
        return json.loads(self.body)


def ask(
    method: str, path: str, data: Any = None, body: bytes | None = None, headers: dict[str, str] | None = None
) -> Answer:
    """Ask through the proxy, as a visitor."""
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=120)
    content = json.dumps(data).encode() if data is not None else body
    given = {"Content-Type": "application/json", **(headers or {})} if content is not None else headers or {}
    connection.request(method, path, content, given)
    answer = connection.getresponse()
    found = Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    connection.close()
    return found


def document(**changes: Any) -> dict[str, Any]:
    """Return a scenario."""
    return {"version": 1, "experiment": {"problem": {"kind": "cliff"}, "variants": VARIANTS, **changes}}


def healthy(service: str) -> bool:
    """Say what the container's own check says."""
    return "healthy" in compose("ps", "--format", "{{.Health}}", service).split()


@contextmanager
def running() -> Iterator[None]:
    """Start everything and wait until it is healthy; take it down again, volumes too."""
    started = time.monotonic()
    try:
        compose("up", "--detach", "--build", "--wait", "--quiet-pull")
        passed(f"built, started and healthy after {time.monotonic() - started:.0f} s")
        yield
    except BaseException:
        print(compose("ps", "--all", check=False), compose("logs", "--tail", "15", check=False), file=sys.stderr)
        raise
    finally:
        compose("down", "--timeout", "5", "--volumes", check=False)


def check_rights() -> None:
    """Nobody is root where that can be helped, nothing can be written but what must be."""
    for service in ("proxy", "replica-1", "scheduler", "worker"):
        demand(inside(service, "id", "-u").strip() == "10001", f"{service} does not run as user 10001")
        status = inside(service, "cat", "/proc/self/status")
        demand("CapEff:\t0000000000000000" in status, f"{service} has capabilities")
        for place in ("/", "/usr/local", "/var"):
            inside_failed = inside(service, "sh", "-c", f"touch {place}/x 2>/dev/null && echo written", check=False)
            demand("written" not in inside_failed, f"{service}: {place} can be written")
    demand("postgres" in inside("database", "sh", "-c", "stat -c %U /proc/1"), "PostgreSQL runs as root")
    size = subprocess.run(
        ["docker", "image", "inspect", "--format", "{{.Size}}", "clipscape-scale"], capture_output=True, check=True
    )
    demand(int(size.stdout) <= LARGEST_IMAGE, f"the image has {int(size.stdout) / 1e6:.0f} MB")
    passed(f"no rights, read-only; image has {int(size.stdout) / 1e6:.0f} MB")


def check_proxy() -> None:
    """What the proxy passes on, keeps, refuses and hides."""
    page = ask("GET", "/")
    demand(page.status == 200 and b"Clipscape" in page.body, "the page does not come")
    demand("content-security-policy" in page.headers, "the page has no policy")
    release = ask("GET", "/api/v1/catalog").json()["release"]
    question = f"/api/v1/simulate?engine={quote(release)}&s={hash_of(document(seed=1))[1:]}"
    kept = [ask("GET", question, headers={"Accept-Encoding": coding}) for coding in ("gzip", "deflate, gzip", "br")]
    demand([answer.headers.get("x-cache") for answer in kept] == ["MISS", "HIT", "MISS"], "answers are not kept")
    demand(kept[0].body == kept[1].body, "what is kept is not what was answered")
    demand(
        ask("GET", question, headers={"X-Request-ID": "my-own"}).headers["x-request-id"] == "my-own", "the id is lost"
    )
    too_large = ask("POST", "/api/v1/simulate", body=b" " * 200_000)
    demand(too_large.status == 413, f"200 kB are answered with {too_large.status}")
    demand(ask("GET", "/statusz").status == 404 and ask("GET", "/metrics").status == 404, "internals are public")
    passed("the page, the API, kept answers, the limits through the proxy")


def check_links() -> None:
    """A link of one replica is opened by the other, at once."""
    there = "http://127.0.0.1:8000"
    code = (
        "import sys, urllib.request as u; "
        f"r = u.Request('{there}/api/v1/links', sys.argv[1].encode(), {{'content-type': 'application/json'}}); "
        "print(u.urlopen(r).read().decode())"
    )
    made = json.loads(inside("replica-1", "python", "-c", code, json.dumps(document(seed=2))))
    code = f"import urllib.request as u; print(u.urlopen('{there}/api/v1/links/{made['id']}').read().decode())"
    found = json.loads(inside("replica-2", "python", "-c", code))
    demand(found["document"]["experiment"]["seed"] == 2, "the other replica has another document")
    page = ask("GET", f"/s/{made['id']}", headers={"Host": "clip.example", "X-Forwarded-Proto": "https"})
    demand(f'content="https://clip.example/s/{made["id"]}"' in page.body.decode(), "the page has another address")
    demand("1" in inside("database", "psql", "-U", "clipscape", "-tAc", "SELECT count(*) FROM links"), "no row")
    passed("a link made by one replica is opened by the other")


def check_map() -> None:
    """A map computed by the Dask workers has the bytes that this process computes; without workers there is none."""
    body = {**document(), "resolution": 96}
    answer = ask("POST", "/api/v1/sweep?arrays=base64", body)
    demand(answer.status == 200, answer.body.decode())
    came = [event[len(b"event: tile\ndata: ") :] for event in answer.body.split(b"\n\n") if b"event: tile" in event]
    here = [compute_tile(request) for request in tiles(read_sweep_ask(body, "base64"))]
    demand(sorted(came) == sorted(here), "the bytes of the map differ")
    passed(f"a map of 96 x 96 by Dask: {len(came)} tiles, {sum(map(len, came))} bytes, all as computed here")
    compose("stop", "--timeout", "2", "worker")
    other = {**document(seed=9), "resolution": 16}
    wait_until("maps are refused", lambda: ask("POST", "/api/v1/sweep", other).status == 503)
    demand(ask("POST", "/api/v1/sweep", other).json()["code"] == "farm_unavailable", "another reason")
    demand(ask("POST", "/api/v1/simulate", document(seed=10)).status == 200, "runs need the workers for maps")
    compose("start", "worker")
    wait_until("maps are computed again", lambda: ask("POST", "/api/v1/sweep", other).status == 200)
    passed("without Dask workers maps are refused and runs go on; with them again, maps too")


_SEEDS = itertools.count(1000)


@dataclass
class Load:
    """Many tabs, each with its own questions, one after the other."""

    taken: list[Taken] = field(default_factory=list)
    stopped: bool = False

    async def _client(self) -> None:
        connection, tab = Connection(PORT, patience=20), secrets.token_hex(8)
        while not self.stopped:
            body = json.dumps(document(seed=next(_SEEDS))).encode()
            self.taken.append(await connection.ask(post("/api/v1/simulate?arrays=base64", body, tab)))
            await asyncio.sleep(PAUSE)
        connection.close()

    async def play(self, *deed: str) -> float:
        """Run the load; in its middle do a deed of Compose. Return when that was (monotonic clock)."""
        clients = [asyncio.create_task(self._client()) for _ in range(CLIENTS)]
        await asyncio.sleep(BEFORE)
        then = time.monotonic()
        await asyncio.to_thread(compose, *deed)
        await asyncio.sleep(AFTER)
        self.stopped = True
        await asyncio.gather(*clients)
        return then


def under_load(name: str, most_failed: float, *deed: str) -> None:
    """Do something to a replica under load and count what fails."""
    load = Load()
    then = asyncio.run(load.play(*deed))
    failed = [taken for taken in load.taken if taken.status != 200]
    late = [taken for taken in failed if taken.sent > then + NONE_AFTER]
    longest = max(taken.milliseconds for taken in load.taken if taken.sent > then)
    text = f"{len(failed)} of {len(load.taken)} requests failed, {len(late)} of them {NONE_AFTER:.0f} s after"
    statuses = sorted({taken.status for taken in failed})
    demand(len(failed) <= most_failed * len(load.taken) and not late, f"{name}: {text} {statuses}")
    demand(any(taken.sent > then + NONE_AFTER for taken in load.taken), "the load ended too soon")
    passed(f"{name}: {text}; the slowest took {longest:.0f} ms")


def requests_of(replica: str) -> float:
    """Return how many simulations a replica has answered, by its own metrics."""
    code = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:9464/metrics').read().decode())"
    lines = inside(replica, "python", "-c", code).splitlines()
    name = 'clipscape_requests_total{method="POST",route="/api/v1/simulate",status="200"}'
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))


def check_replicas() -> None:
    """One is killed under load, comes back and is used again; the other is stopped in order."""
    for replica, name, deed, most in (
        ("replica-2", "a replica killed under load", ("kill", "--signal", "KILL", "replica-2"), MOST_FAILED),
        ("replica-1", "a replica stopped under load", ("stop", "replica-1"), 0.0),
    ):
        under_load(name, most, *deed)
        compose("start", replica)
        seconds = wait_until(f"{replica} is healthy again", lambda replica=replica: healthy(replica))  # type: ignore[misc]

        def used(replica: str = replica) -> bool:
            body = document(seed=next(_SEEDS))
            ask("POST", "/api/v1/simulate", body, headers={"Clipscape-Tab": secrets.token_hex(8)})
            return requests_of(replica) > 0

        wait_until(f"{replica} is used again", used)
        passed(f"{replica} started again, healthy after {seconds:.0f} s, used again")


def check_database() -> None:
    """Without the database runs go on and links say why; it recovers without a restart, and nothing is lost."""
    made = ask("POST", "/api/v1/links", document(seed=3)).json()["id"]
    compose("stop", "database")
    answer = ask("POST", "/api/v1/links", document(seed=4))
    demand((answer.status, answer.json()["code"]) == (503, "links_unavailable"), answer.body.decode())
    demand(ask("POST", "/api/v1/simulate", document(seed=5)).status == 200, "runs need the database")
    compose("start", "database")
    wait_until("links are stored again", lambda: ask("POST", "/api/v1/links", document(seed=4)).status == 201)
    demand(ask("GET", f"/api/v1/links/{made}").status == 200, "a link is lost")
    passed("without the database runs go on; with it again links are stored, and none is lost")


def check_operator() -> None:
    """What docs/self-hosting.md tells: another store is taken over, a dump is made, replicas are renewed in turn."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {"CLIPSCAPE_DATA_DIR": folder}
        body = canonical_json(read_scenario(document(seed=77)).as_data()).encode()
        database = Database(load_settings(environment).link_backend)
        link = LinkStore(database).put(body, CURRENT_VERSION).id
        database.close()
        command = [sys.executable, "-m", "clipscape", "links", "export", "-"]
        done = subprocess.run(command, env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True, check=True)
        exported = done.stdout
    for option in ("--dry-run", "--verify"):
        demand(ask("GET", f"/s/{link}").status == 404, "the link was there before")
        compose("exec", "--no-TTY", "replica-1", "clipscape", "links", "import", option, "-", given=exported)
    demand(ask("GET", f"/s/{link}").status == 200, "the link was not taken over")
    dump = inside("database", "pg_dump", "--username", "clipscape", "clipscape")
    demand(link in dump, "the dump lacks a link")
    for replica in REPLICAS:
        compose("up", "--detach", "--no-deps", "--wait", "--force-recreate", replica)
        demand(ask("GET", f"/s/{link}").status == 200, "the page is away while a replica is renewed")
    passed("links taken over from SQLite, a dump, replicas renewed one after the other")


def check_slow_visitors() -> None:
    """A header and a body that do not arrive are given up; nobody else waits for them."""
    lines = (
        b"GET / HTTP/1.1\r\nHost: x\r\n",
        b"POST /api/v1/simulate HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{",
    )
    slow = [socket.create_connection(("127.0.0.1", PORT)) for _ in range(200)]
    started = time.monotonic()
    for number, connection in enumerate(slow):
        connection.sendall(lines[number % 2])
    demand(ask("POST", "/api/v1/simulate", document(seed=6)).status == 200, "others wait for slow visitors")
    for connection in slow:
        connection.settimeout(max(1.0, started + 3 * HEADER_SECONDS - time.monotonic()))
        while connection.recv(4096):
            continue
        connection.close()
    passed(f"200 visitors who send half a request are closed after {time.monotonic() - started:.0f} s")


def main() -> None:
    """Check all of it."""
    with running():
        check_rights()
        check_proxy()
        check_links()
        check_map()
        check_slow_visitors()
        check_replicas()
        check_database()
        check_operator()
        page = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "tests/smoke"],
            cwd=ROOT,
            env={**os.environ, "CLIPSCAPE_BASE_URL": f"http://127.0.0.1:{PORT}"},
            check=False,
        )
        demand(page.returncode == 0, "the page does not work in a browser")


if __name__ == "__main__":
    try:
        main()
    except CheckError as error:
        raise SystemExit(f"FAIL {error}") from None
