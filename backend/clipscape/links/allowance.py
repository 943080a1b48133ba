"""How many new links a minute: per tab, so that a script cannot fill the store, and in all.

Never per address, where a client names its tab: a lecture hall has one.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

MINUTE = 60.0
_TABS = 10_000


class TooManyLinksError(Exception):
    """A limit on new links is reached. `whose` is "tab" or "all"; `wait` is when to try again, in seconds."""

    def __init__(self, whose: str, limit: int, wait: float) -> None:
        self.whose = whose
        self.limit = limit
        self.wait = wait
        super().__init__(f"{limit} new links a minute ({whose})")


class _Bucket:
    """Holds as many tokens as a minute allows, and fills again evenly."""

    def __init__(self, per_minute: int, now: float) -> None:
        self.tokens = float(per_minute)
        self.seen = now

    def level(self, per_minute: int, now: float) -> float:
        self.tokens = min(per_minute, self.tokens + (now - self.seen) * per_minute / MINUTE)
        self.seen = now
        return self.tokens


class Allowance:
    """`spend` takes one new link off both accounts, or off neither."""

    def __init__(self, per_tab: int, in_all: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_tab = per_tab
        self._in_all = in_all
        self._clock = clock
        self._all = _Bucket(in_all, clock())
        self._tabs: OrderedDict[str, _Bucket] = OrderedDict()

    def spend(self, tab: str) -> None:
        """Count a new link of this tab; raise `TooManyLinksError` where that is one too many."""
        now = self._clock()
        mine = self._tabs.setdefault(tab, _Bucket(self._per_tab, now))
        self._tabs.move_to_end(tab)
        while len(self._tabs) > _TABS:
            self._tabs.popitem(last=False)
        for whose, bucket, limit in (("tab", mine, self._per_tab), ("all", self._all, self._in_all)):
            level = bucket.level(limit, now)
            if level < 1:
                raise TooManyLinksError(whose, limit, (1 - level) * MINUTE / limit if limit else MINUTE)
        mine.tokens -= 1
        self._all.tokens -= 1
