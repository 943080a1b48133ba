"""The page, its files, Plotly, the reference page, and the headers on everything."""

from __future__ import annotations

import asyncio
import gzip
import re
from pathlib import Path

import brotli  # type: ignore[import-untyped]
import pytest
from fastapi.testclient import TestClient

from clipscape.api.app import create_app
from clipscape.api.middleware import CONTENT_SECURITY_POLICY
from clipscape.api.packing import PackedFiles
from clipscape.plotly_file import PlotlyFile
from clipscape.settings import load_settings

PAGE = '<!doctype html><meta name="plotly" content=""><script src="js/main.js"></script><p>' + "x" * 2000


@pytest.fixture
def frontend(tmp_path: Path) -> Path:
    """Return a small page."""
    (tmp_path / "js").mkdir()
    (tmp_path / "index.html").write_text(PAGE)
    (tmp_path / "js" / "main.js").write_text("// " + "y" * 2000)
    (tmp_path.parent / "secret.txt").write_text("secret")
    return tmp_path


@pytest.fixture
def site(frontend: Path, data_dir: Path) -> TestClient:
    """Return a client of a server of that page; its workers are not started, because no test here computes."""
    app = create_app(load_settings({}, frontend_dir=frontend, data_dir=data_dir, workers=1))
    return TestClient(app)


def test_the_page_names_the_plotly_that_is_served(site: TestClient) -> None:
    page = site.get("/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["cache-control"] == "no-cache"
    (address,) = re.findall(r'<meta name="plotly" content="([^"]+)">', page.text)
    assert re.fullmatch(r"vendor/plotly-\d+\.\d+\.\d+\.min\.js", address)
    assert site.get(f"/{address}").status_code == 200
    assert site.get("/index.html").text == page.text


def test_the_page_is_sent_again_only_when_it_changed(site: TestClient, frontend: Path) -> None:
    first = site.get("/")
    matching = {"If-None-Match": first.headers["etag"]}
    assert site.get("/", headers=matching).status_code == 304
    (frontend / "index.html").write_text(PAGE + "new")
    changed = site.get("/", headers=matching)
    assert changed.status_code == 200
    assert changed.text.endswith("new")


def test_scripts_are_revalidated(site: TestClient) -> None:
    script = site.get("/js/main.js")
    assert script.headers["cache-control"] == "no-cache"
    assert script.headers["content-type"].startswith("text/javascript")
    again = site.get("/js/main.js", headers={"If-None-Match": script.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(("accepted", "sent", "suffix"), [("gzip, br", "br", ".br"), ("gzip", "gzip", ".gz")])
def test_plotly_is_sent_as_it_was_compressed(
    site: TestClient, data_dir: Path, accepted: str, sent: str, suffix: str
) -> None:
    plotly = PlotlyFile(data_dir / "assets")
    with site.stream("GET", f"/{plotly.address}", headers={"Accept-Encoding": accepted}) as answer:
        assert answer.headers["content-encoding"] == sent
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["vary"] == "Accept-Encoding"
        assert answer.headers["content-type"].startswith("text/javascript")
        assert answer.read() == f"stands for {suffix}".encode()


def test_plotly_is_sent_as_it_is_to_those_who_take_nothing_else(site: TestClient, data_dir: Path) -> None:
    plotly = PlotlyFile(data_dir / "assets")
    answer = site.get(f"/{plotly.address}", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in answer.headers
    assert answer.content == plotly.source.read_bytes()


@pytest.mark.parametrize(
    "path",
    ["/../secret.txt", "/%2e%2e/secret.txt", "/js/..%2f..%2fsecret.txt", "/..\\secret.txt", "//etc/passwd", "/js"],
)
def test_nothing_outside_the_folder_is_served(site: TestClient, path: str) -> None:
    answer = site.get(path)
    assert answer.status_code == 404
    assert "secret" not in answer.text


@pytest.mark.parametrize(
    "path", ["/", "/js/main.js", "/nothing", "/api/v1/limits", "/api/v1/simulate", "/livez", "/docs", "/openapi.json"]
)
def test_every_answer_has_the_security_headers(site: TestClient, path: str) -> None:
    headers = site.get(path).headers
    assert headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["permissions-policy"] == "camera=(), microphone=(), geolocation=()"


def test_the_policy_allows_no_foreign_or_inline_script() -> None:
    directives = dict(part.strip().split(" ", 1) for part in CONTENT_SECURITY_POLICY.split(";"))
    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == "'self'"
    assert directives["connect-src"] == "'self'"
    assert directives["frame-src"] == "'self'", "the share dialog shows what a frame will look like"
    assert directives["frame-ancestors"] == "'self'"
    assert "unsafe-inline" not in directives["style-src"]


def test_an_unforeseen_error_is_a_problem_without_details(
    site: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_settings: object) -> None:
        raise RuntimeError("a secret detail")

    monkeypatch.setattr("clipscape.api.routes.limits", broken)
    answer = site.get("/api/v1/limits")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "secret" not in answer.text
    assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert "a secret detail" in caplog.text


def test_requests_are_logged_in_one_line_and_health_checks_are_not(
    site: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", logger="clipscape.access"):
        site.get("/livez")
        site.get("/api/v1/limits?token=abc")
        site.post("/nothing%0Aforged", content="the body")
    lines = [record.getMessage() for record in caplog.records if record.name == "clipscape.access"]
    assert len(lines) == 2
    assert re.fullmatch(r"GET /api/v1/limits 200 \d+\.\d ms", lines[0])
    assert "\n" not in lines[1]
    assert "the body" not in caplog.text
    assert "abc" not in caplog.text


class TestReference:
    """`/docs`."""

    def test_it_lists_every_route_and_schema(self, site: TestClient) -> None:
        page = site.get("/docs").text
        document = site.get("/openapi.json").json()
        for path, operations in document["paths"].items():
            for method in operations:
                assert f"<code>{method.upper()} {path}</code>" in page
        for name in document["components"]["schemas"]:
            assert f'id="{name}"' in page

    def test_it_needs_no_script_and_nothing_from_elsewhere(self, site: TestClient) -> None:
        page = site.get("/docs").text
        assert "<script" not in page
        assert "style=" not in page
        assert "<style" not in page
        links = re.findall(r'(?:href|src)="([^"]+)"', page)
        assert all(re.match(r"#|data:,|\./|docs\.css|openapi\.json", link) for link in links)
        assert site.get("/docs.css").headers["content-type"].startswith("text/css")

    def test_its_inner_links_lead_somewhere(self, site: TestClient) -> None:
        page = site.get("/docs").text
        targets = set(re.findall(r'href="#([^"]+)"', page))
        assert targets
        assert targets <= set(re.findall(r'id="([^"]+)"', page))


def test_files_go_out_with_brotli_or_gzip_or_as_they_are(site: TestClient, frontend: Path) -> None:
    script = frontend / "js" / "main.js"
    for path, text in (("/js/main.js", script.read_text()), ("/", site.get("/").text)):
        sizes = []
        for accepted, coding in (("gzip, br", "br"), ("gzip", "gzip"), ("identity", None)):
            with site.stream("GET", path, headers={"Accept-Encoding": accepted}) as answer:
                raw = b"".join(answer.iter_raw())
                assert answer.headers.get("content-encoding") == coding
                assert answer.headers["cache-control"] == "no-cache"
                sizes.append(len(raw))
            packed = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}
            assert packed[coding](raw).decode() == text
        assert sizes == sorted(sizes)
        assert sizes[0] < sizes[1]


def test_a_compressed_file_is_compressed_again_when_it_changed(site: TestClient, frontend: Path) -> None:
    first = site.get("/js/main.js", headers={"Accept-Encoding": "br"})
    matching = {"If-None-Match": first.headers["etag"], "Accept-Encoding": "br"}
    assert site.get("/js/main.js", headers=matching).status_code == 304
    (frontend / "js" / "main.js").write_text("// new")
    changed = site.get("/js/main.js", headers=matching)
    assert (changed.status_code, changed.headers["content-encoding"]) == (200, "br")
    assert changed.text == "// new"


async def compressed_ahead(directory: Path) -> list[str]:
    files = PackedFiles()
    await files.prepare(directory)
    return sorted(file.name for file in files._known)


def test_the_whole_page_is_compressed_ahead_of_the_first_visitor(frontend: Path) -> None:
    (frontend / "picture.png").write_bytes(b"png")
    assert asyncio.run(compressed_ahead(frontend)) == ["index.html", "main.js"]
