"""A server that a test may kill and start again."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

from running import assets


def kept_port() -> int:
    """Return a free port below those that systems give away by themselves: nobody takes it while a server is away."""
    for port in range(20_000 + os.getpid() % 10_000, 32_000):
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise AssertionError("no free port")


class OwnServer:
    """A server that may be stopped and started again at the same address."""

    def __init__(self, folder: Path, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("CLIPSCAPE_")}
        self._environment = {
            **inherited,
            "CLIPSCAPE_PORT": str(port),
            "CLIPSCAPE_DATA_DIR": str(folder),
            "CLIPSCAPE_ASSETS_DIR": str(assets()),
            "CLIPSCAPE_WORKERS": "1",
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "clipscape", "serve"]
        self._process = subprocess.Popen(
            command, env=self._environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        give_up = time.monotonic() + 120
        while time.monotonic() < give_up:
            try:
                if httpx.get(f"{self.url}/livez").is_success:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError("the server did not start")

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None


def forgiven(complaints: list[str]) -> None:
    """The browser itself writes failed requests on the console; nothing else may be there."""
    assert all("Failed to load resource" in words for words in complaints), complaints
    complaints.clear()
