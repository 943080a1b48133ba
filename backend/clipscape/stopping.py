"""`Part`: a part of a task that others may stop; it then ends with an error of its own instead of a cancellation."""

from __future__ import annotations

import asyncio
from types import TracebackType


class Part:
    """`with Part(error) as part:`: after `part.stop()` the body is cancelled, and `error` is raised out of it.

    A cancellation of the whole task stays one. Must be entered and left in the same task.
    """

    def __init__(self, error: Exception) -> None:
        self._error = error
        self._task: asyncio.Task[object] | None = None
        self.stopped = False

    def __enter__(self) -> Part:
        self._task = asyncio.current_task()
        assert self._task is not None
        return self

    def stop(self) -> None:
        """Stop the body. Twice is no more than once, and after its end it is nothing."""
        if self._task is not None and not self.stopped:
            self.stopped = True
            self._task.cancel()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        task, self._task = self._task, None
        assert task is not None
        if self.stopped and kind is asyncio.CancelledError and task.uncancel() == 0:
            raise self._error from None
