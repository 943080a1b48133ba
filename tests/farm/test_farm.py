"""Maps on a Dask cluster: the same bits, also when a worker is killed; stopped work stops; what is wrong is said."""

from __future__ import annotations

import asyncio
import gc
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from cluster import PATIENCE, Cluster, running_cluster
from fastapi.testclient import TestClient

from clipscape.api.app import create_app
from clipscape.compute import Pool
from clipscape.farm import task
from clipscape.farm.faults import FarmError
from clipscape.farm.runner import DaskRunner, at_once
from clipscape.settings import Settings, SettingsError, load_settings
from clipscape.sweeps import TileRequest, compute_tile, tiles
from conftest import experiment
from sweeping import ask_for

NOWHERE = "tcp://127.0.0.1:1"
NETWORK = {
    "problem": {"kind": "gru", "params": {"hidden_size": 3}},
    "task": {"kind": "adding", "params": {"sequence_length": 5, "batch_size": 2}},
    "n_steps": 8,
    "variants": [{"name": "Norm", "clip": {"kind": "norm"}}],
}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with running_cluster(2) as cluster:
        yield cluster


async def computed(address: str, requests: list[TileRequest]) -> list[bytes]:
    found: dict[int, bytes] = {}
    async with aclosing(DaskRunner(address, PATIENCE).run(requests)) as results:
        async for index, answer in results:
            assert index not in found
            found[index] = answer
    return [found[index] for index in range(len(requests))]


@pytest.mark.parametrize(
    "asked",
    [
        {"experiment": experiment(), "resolution": 24},
        {"experiment": experiment(noise={"kind": "gaussian"}), "resolution": 8, "seeds": 3},
        {"experiment": NETWORK, "resolution": 6},
    ],
    ids=["landscape", "seeds", "network"],
)
def test_the_bits_are_those_of_this_process(cluster: Cluster, asked: dict[str, Any]) -> None:
    cluster.have(2)
    requests = tiles(ask_for(**asked))
    assert asyncio.run(computed(cluster.address, requests)) == [compute_tile(request) for request in requests]


def test_a_worker_that_is_killed_changes_nothing(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster.have(2)
    monkeypatch.setattr("clipscape.sweeps.cutting._ROWS", 150)
    requests = tiles(ask_for(experiment(n_steps=300), resolution=48))
    assert len(requests) > 20
    victim = cluster.workers[0]

    async def with_a_murder() -> list[bytes]:
        found: dict[int, bytes] = {}
        async with aclosing(DaskRunner(cluster.address, PATIENCE).run(requests)) as results:
            async for index, answer in results:
                found[index] = answer
                if len(found) == 4:
                    victim.send_signal(signal.SIGKILL)
                    victim.wait()
        return [found[index] for index in range(len(requests))]

    assert asyncio.run(with_a_murder()) == [compute_tile(request) for request in requests]
    assert victim.returncode == -signal.SIGKILL


def test_the_map_of_the_api_comes_from_the_cluster(
    cluster: Cluster, settings: Settings, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster.have(2)
    body = {"experiment": experiment(seed=11), "resolution": 8}
    here = client.post("/api/v1/sweep?arrays=base64", json=body).text
    whole = Pool.call

    async def call(self: Pool, job: str, *arguments: Any, **more: Any) -> bytes:
        assert job != "tile", "computed by the pool"
        return await whole(self, job, *arguments, **more)

    monkeypatch.setattr(Pool, "call", call)
    with TestClient(create_app(settings.model_copy(update={"dask_scheduler": cluster.address}))) as other:
        there = other.post("/api/v1/sweep?arrays=base64", json=body).text
        assert other.post("/api/v1/sweep/estimate", json=body).json()["workers"] == 2
        assert other.get("/readyz").status_code == 200
    assert tiles_in(there) == tiles_in(here) != []


def tiles_in(text: str) -> list[str]:
    return [block for block in text.split("\n\n") if block.startswith("event: tile")]


def test_closing_a_map_frees_the_workers(cluster: Cluster) -> None:
    """Each tile would take minutes; both workers drop theirs although Dask lets a running function run to its end."""
    cluster.have(2)
    long = {**NETWORK, "problem": {"kind": "lstm"}, "task": {"kind": "adding"}, "n_steps": 5000}
    requests = tiles(ask_for(long, resolution=8))

    async def started_and_left() -> None:
        import distributed

        runner = DaskRunner(cluster.address, PATIENCE)
        async with distributed.Client(cluster.address, asynchronous=True, set_as_default=False) as watcher:
            results = runner.run(requests)
            waiting = asyncio.create_task(anext(results))
            await until(watcher, lambda states: len(states) == 2 and all("executing" in own for own in states))
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
            await results.aclose()
            await until(watcher, lambda states: not any(states))

    asyncio.run(asyncio.wait_for(started_and_left(), PATIENCE))
    requests = tiles(ask_for(experiment(), resolution=4))
    assert asyncio.run(computed(cluster.address, requests)) == [compute_tile(request) for request in requests]


async def until(watcher: Any, holds: Any) -> None:
    """Wait until the states of the tasks of all workers are as wanted."""
    while True:
        told = await watcher.run(lambda dask_worker: [task.state for task in dask_worker.state.tasks.values()])
        if holds(list(told.values())):
            return
        await asyncio.sleep(0.05)


def test_workers_of_another_release_are_refused(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster.have(2)
    here = task.RELEASE
    monkeypatch.setattr(task, "RELEASE", "Clipscape 99")
    with pytest.raises(FarmError) as caught:
        asyncio.run(computed(cluster.address, tiles(ask_for(experiment(), resolution=4))))
    assert caught.value.reason == f"a Dask worker runs {here}, the server Clipscape 99"


def test_a_scheduler_that_dies_on_the_way_ends_the_map_with_the_reason() -> None:
    unheard: list[dict[str, Any]] = []

    async def until_it_dies(cluster: Cluster) -> str:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: unheard.append(context))
        requests = tiles(ask_for({**NETWORK, "n_steps": 2000}, resolution=12))
        try:
            async with aclosing(DaskRunner(cluster.address, PATIENCE).run(requests)) as results:
                async for _ in results:
                    cluster.scheduler.kill()
        except FarmError as error:
            return str(error)
        return ""

    with running_cluster(1) as cluster:
        assert asyncio.run(until_it_dies(cluster))
    gc.collect()
    assert unheard == [], "every task that failed with it has been looked at: nothing in the log but the reason"


def refused(settings: Settings, address: str) -> str:
    """Ask a server with this scheduler for a map; return what it says is wrong."""
    body = {"experiment": experiment(), "resolution": 4}
    with TestClient(create_app(settings.model_copy(update={"dask_scheduler": address}))) as client:
        details = set()
        for path in ("/api/v1/sweep", "/api/v1/sweep/estimate"):
            answer = client.post(path, json=body)
            problem = answer.json()
            assert (answer.status_code, problem["code"]) == (503, "farm_unavailable")
            assert answer.headers["retry-after"] == "5"
            details.add(problem["detail"])
        (detail,) = details
        ready = client.get("/readyz")
        assert (ready.status_code, ready.json()["code"]) == (503, "not_ready")
        assert ready.json()["detail"].startswith("Maps cannot be computed: ")
        assert client.post("/api/v1/simulate", json={"experiment": experiment()}).status_code == 200
    return str(detail)


def test_a_scheduler_that_is_away_is_named_and_everything_else_works(settings: Settings) -> None:
    detail = refused(settings, NOWHERE)
    assert "the Dask scheduler does not answer (CLIPSCAPE_DASK_SCHEDULER)" in detail
    assert "127.0.0.1" not in detail


def test_a_scheduler_without_workers_says_so(settings: Settings) -> None:
    with running_cluster(0) as cluster:
        assert "the Dask scheduler has no workers" in refused(settings, cluster.address)


def test_a_tile_that_nobody_wants_any_more_is_left_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    (request, *_more) = tiles(ask_for(experiment(), resolution=4))
    seconds, answers = task.compute([request, request], task.RELEASE)
    assert seconds > 0
    assert answers == [compute_tile(request)] * 2
    monkeypatch.setattr(task, "_present_worker", object)
    monkeypatch.setattr(task, "_is_cancelled", lambda _worker: True)
    assert task.compute([request], task.RELEASE)[1] == [b""]


def test_tiles_are_handed_over_in_ever_smaller_heaps() -> None:
    left, heaps = 31, []
    while left:
        heaps.append(at_once(left, 2, 0.04))
        left -= heaps[-1]
    assert heaps == [6, 6, 5, 4, 3, 2, 2, 1, 1, 1]
    assert at_once(31, 2, 0.2) == 1
    assert at_once(31, 2, 10.0) == 1
    assert at_once(1, 0, 0.001) == 1


@pytest.mark.parametrize("address", ["somewhere", "http://host:8786", "tcp://host", "tcp://host:1/x", "tcp://host:x"])
def test_what_is_no_address_of_a_scheduler_stops_the_server(address: str) -> None:
    with pytest.raises(SettingsError, match="CLIPSCAPE_DASK_SCHEDULER"):
        load_settings({"CLIPSCAPE_DASK_SCHEDULER": address})


def test_without_dask_the_server_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clipscape.settings.find_spec", lambda _name: None)
    with pytest.raises(SettingsError, match=r"pip install 'clipscape\[dask\]'"):
        load_settings({"CLIPSCAPE_DASK_SCHEDULER": NOWHERE})
    assert load_settings({}).dask_scheduler == ""


def test_dask_is_not_imported_unless_it_is_configured() -> None:
    code = "import sys; from clipscape.api.app import create_app; create_app(); print('distributed' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_the_page_about_dask_tells_the_commands_that_are_tested_here() -> None:
    text = (Path(__file__).parents[2] / "docs" / "dask.md").read_text()
    commands = re.findall(r"^dask (\w+) (.*)$", text, flags=re.MULTILINE)
    assert [kind for kind, _ in commands] == ["scheduler", "worker"]
    for kind, options in commands:
        told = subprocess.run(
            [sys.executable, "-m", "dask", kind, "--help"], capture_output=True, text=True, check=True
        )
        for option in re.findall(r"--\w+", options):
            assert option in told.stdout, f"dask {kind} has no {option}"
    assert "CLIPSCAPE_DASK_SCHEDULER=tcp://" in text
