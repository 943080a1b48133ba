"""What can be wrong with the workers for maps."""

from __future__ import annotations

from clipscape.processes import PoolError


class FarmError(PoolError):
    """The scheduler cannot be used; `reason` says why, for the operator."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)
