"""What to lower, and to what, where a request costs too much."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from clipscape.complaints import Complaint
from clipscape.cost import Estimate

Fits = Callable[[Estimate], bool]
Lower = Callable[[Fits], Complaint]
"""Given which estimates are within the limits, name the number to lower."""


@dataclass(frozen=True)
class Lowerable:
    """A whole number of a request that may be lowered from `high` to `low`; `price(value)` never falls with it."""

    where: str
    low: int
    high: int
    price: Callable[[int], Estimate]

    def largest(self, fits: Fits) -> int | None:
        """Return the largest value that fits, or None if not even the lowest does."""
        low, high = self.low, self.high
        if high < low or not fits(self.price(low)):
            return None
        while low < high:
            middle = (low + high + 1) // 2
            if fits(self.price(middle)):
                low = middle
            else:
                high = middle - 1
        return low


def what_to_lower(numbers: Iterable[Lowerable], fits: Fits, otherwise: Complaint) -> Complaint:
    """Name the first of `numbers` that is enough when lowered alone, and how far; else say `otherwise`."""
    for number in numbers:
        value = number.largest(fits)
        if value is not None:
            return Complaint(number.where, "is too much for all that is asked", f"lower it to {value}")
    return otherwise
