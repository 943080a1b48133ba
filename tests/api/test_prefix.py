"""Below a prefix: a real server behind a proxy that takes the prefix off addresses, and behind one that does not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx
import pytest

from clipscape.settings import SettingsError, load_settings
from conftest import RunningServer, experiment, running_server
from tiny_proxy import tiny_proxy

PREFIX = "/tools/clipscape"
HOST = "site.example"
SITE = f"https://{HOST}{PREFIX}/"


@pytest.fixture(scope="module")
def below(data_dir: Path) -> Iterator[RunningServer]:
    with running_server(data_dir, ROOT_PATH="tools/clipscape/") as server:
        yield server


@pytest.fixture(scope="module", params=[True, False], ids=["strips", "leaves"])
def visitor(below: RunningServer, request: pytest.FixtureRequest) -> Iterator[httpx.Client]:
    """Somebody who only knows the proxy."""
    with (
        tiny_proxy(below.url, PREFIX, strips=request.param) as address,
        httpx.Client(base_url=address, headers={"Host": HOST}) as client,
    ):
        yield client


def test_the_page_and_all_that_it_loads_are_below_the_prefix(visitor: httpx.Client) -> None:
    page = visitor.get(f"{PREFIX}/")
    assert page.status_code == 200
    for address in re.findall(r'(?:href|src)="([^"#]+)"', page.text):
        place = urlsplit(urljoin(SITE, address))
        if place.scheme == "https":
            assert place.geturl().startswith(SITE)
            assert visitor.get(place.path).status_code == 200, address
    assert visitor.get("/").status_code == 404, "the proxy serves nothing else"


def test_the_api_answers_below_the_prefix_and_says_so(visitor: httpx.Client) -> None:
    answer = visitor.post(f"{PREFIX}/api/v1/simulate", json={"experiment": experiment()})
    assert answer.status_code == 200
    assert visitor.get(f"{PREFIX}/openapi.json").json()["servers"] == [{"url": PREFIX}]
    docs = visitor.get(f"{PREFIX}/docs").text
    assert not re.search(r'(?:href|src)="/', docs)


def test_links_and_what_chat_programs_read_have_scheme_host_and_prefix(visitor: httpx.Client) -> None:
    answer = visitor.post(f"{PREFIX}/api/v1/links", json={"experiment": experiment(seed=5)})
    link = answer.json()
    assert link["url"] == f"{SITE}s/{link['id']}"
    assert link["hash_url"].startswith(f"{SITE}#1.")
    assert answer.headers["location"] == f"{PREFIX}/api/v1/links/{link['id']}"
    assert visitor.get(answer.headers["location"]).json()["id"] == link["id"]
    page = visitor.get(urlsplit(link["url"]).path).text
    assert f'<meta property="og:url" content="{link["url"]}">' in page
    picture = re.search(r'<meta property="og:image" content="([^"]+)">', page)
    assert picture is not None
    assert picture[1] == f"{link['url']}.png"
    assert visitor.get(urlsplit(picture[1]).path).content.startswith(b"\x89PNG")
    assert visitor.get(f"{PREFIX}/api/v1/qr.svg", params={"address": link["url"]}).status_code == 200
    framed = visitor.get(f"{PREFIX}/embed/{link['id']}")
    assert "frame-ancestors" not in framed.headers["content-security-policy"]
    assert visitor.get(f"{PREFIX}/s/222222222222").status_code == 404


def test_without_the_slash_the_browser_is_sent_to_the_page(below: RunningServer) -> None:
    answer = httpx.get(f"{below.url}{PREFIX}?preset=leash-or-cap")
    assert (answer.status_code, answer.headers["location"]) == (308, f"{PREFIX}/?preset=leash-or-cap")
    assert httpx.get(f"{below.url}{PREFIX}").headers["location"] == f"{PREFIX}/"
    assert httpx.get(f"{below.url}{PREFIX}-other/livez").status_code == 404


def test_health_checks_answer_with_and_without_the_prefix(below: RunningServer) -> None:
    for path in ("/livez", f"{PREFIX}/livez"):
        assert httpx.get(f"{below.url}{path}").status_code == 200


def test_a_scheme_is_believed_only_of_a_proxy_that_is_trusted(below: RunningServer) -> None:
    said = {"X-Forwarded-Proto": "https", "Host": HOST}
    for address, scheme in (("127.0.0.1", "https"), ("127.0.0.2", "http")):
        with httpx.Client(transport=httpx.HTTPTransport(local_address=address)) as client:
            answer = client.post(f"{below.url}/api/v1/links", json={"experiment": experiment(seed=5)}, headers=said)
            assert answer.json()["url"].startswith(f"{scheme}://{HOST}/")


@pytest.mark.parametrize(
    ("given", "prefix"), [("", ""), ("/", ""), ("/a", "/a"), ("a/b/", "/a/b"), ("/~x.y/", "/~x.y")]
)
def test_a_prefix_may_be_written_with_slashes_or_without(given: str, prefix: str) -> None:
    assert load_settings({"CLIPSCAPE_ROOT_PATH": given}).prefix == prefix


@pytest.mark.parametrize("given", ["//a", "/a//b", "/a?b", "https://x", "/a b", "/a\n"])
def test_what_is_no_prefix_is_refused(given: str) -> None:
    with pytest.raises(SettingsError, match="CLIPSCAPE_ROOT_PATH"):
        load_settings({"CLIPSCAPE_ROOT_PATH": given})
