"""A worker process: reads jobs from standard input, writes answers to standard output, one at a time.

`python -m clipscape.worker` is started by the pool, never by hand. A job is a generator: it yields pieces of its
answer, or None where it may be stopped. Between two yields the worker looks for a cancel message, so stopping needs no
signal; when its input ends, because the web process is gone however it went, the worker ends too.
"""

from __future__ import annotations

import os
import resource
import select
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from io import FileIO
from typing import Any

import orjson

from clipscape import frames
from clipscape.allocation import keep_freed_memory
from clipscape.complaints import ScenarioError
from clipscape.frames import Frame

Job = Callable[[dict[str, Any]], Iterator[bytes | None]]


class Worker:
    """Serves the jobs in `jobs` over a pair of streams until the input ends. Neither stream is buffered."""

    def __init__(self, jobs: dict[str, Job], inbox: FileIO, outbox: FileIO) -> None:
        self._jobs = jobs
        self._inbox = inbox
        self._outbox = outbox

    def serve(self) -> None:
        """Answer job after job."""
        self._send(frames.READY, 0, b"")
        while (frame := read_whole(self._inbox)) is not None:
            if frame.kind == frames.JOB:
                self._serve_one(frame)

    def _serve_one(self, frame: Frame) -> None:
        request = orjson.loads(frame.body)
        try:
            for part in self._jobs[request["job"]](request):
                if part is not None:
                    self._send(frames.PART, frame.number, part)
                if self._cancelled(frame.number):
                    self._send(frames.CANCELLED, frame.number, b"")
                    return
        except ScenarioError as error:
            complaints = [complaint.as_dict() for complaint in error.complaints]
            body = {"code": error.code, "detail": error.detail, "errors": complaints}
            self._send(frames.REFUSED, frame.number, orjson.dumps(body))
        except Exception:
            self._send(frames.FAILED, frame.number, traceback.format_exc().encode())
        else:
            self._send(frames.DONE, frame.number, b"")

    def _cancelled(self, number: int) -> bool:
        while select.select([self._inbox], [], [], 0)[0]:
            frame = read_whole(self._inbox)
            if frame is None:
                raise SystemExit(0)
            if frame.kind == frames.CANCEL and frame.number == number:
                return True
        return False

    def _send(self, kind: bytes, number: int, body: bytes) -> None:
        data = memoryview(Frame(kind, number, body).packed())
        while data:
            data = data[self._outbox.write(data) :]


def read_whole(stream: FileIO) -> Frame | None:
    """Read one message from an unbuffered stream, which may hand out less than was asked for."""
    return frames.read_frame(_Patient(stream))


class _Patient:
    """`read(n)` that waits for all n bytes or the end of the stream."""

    def __init__(self, stream: FileIO) -> None:
        self._stream = stream

    def read(self, size: int) -> bytes:
        pieces = []
        while size > 0 and (piece := self._stream.read(size)):
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)


def main() -> None:
    """Take over the standard streams, so that a stray print cannot garble the answers, and serve."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    inbox, outbox = FileIO(os.dup(0), "r"), FileIO(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    memory = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    if memory and sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    keep_freed_memory()
    from clipscape.answers import JOBS, warm_up

    warm_up()
    try:
        Worker(JOBS, inbox, outbox).serve()
    except BrokenPipeError:
        return


if __name__ == "__main__":
    main()
