"""A proxy as small as can be: serves everything below a prefix from a server, and takes the prefix off or leaves it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

NOT_PASSED_ON = {"connection", "keep-alive", "transfer-encoding", "content-length"}


@contextmanager
def tiny_proxy(server: str, prefix: str, *, strips: bool) -> Iterator[str]:
    """Serve `server` below `prefix`, as if over https; yield the address of the proxy. Nothing else is served."""
    upstream = httpx.Client(base_url=server)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            below = self.path.startswith(f"{prefix}/") or self.path == prefix
            path = self.path.removeprefix(prefix) or "/" if strips else self.path
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = [(name, value) for name, value in self.headers.items() if name.lower() not in NOT_PASSED_ON]
            headers += [("X-Forwarded-Proto", "https"), ("X-Forwarded-For", self.client_address[0])]
            if not below:
                self.send_error(404)
                return
            with upstream.stream(self.command, path, content=body, headers=headers) as answer:
                content = b"".join(answer.iter_raw())
            self.send_response(answer.status_code)
            for name, value in answer.headers.multi_items():
                if name not in NOT_PASSED_ON:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_POST = do_HEAD = do_OPTIONS = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    proxy = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    proxy.daemon_threads = True
    thread = threading.Thread(target=proxy.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{proxy.server_port}"
    finally:
        proxy.shutdown()
        thread.join()
        proxy.server_close()
        upstream.close()
