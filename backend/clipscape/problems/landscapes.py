"""`LANDSCAPES`: every problem with an analytic loss over two parameters, in the order the page offers them."""

from __future__ import annotations

from clipscape.catalog import catalog
from clipscape.problems.chains import CHAINS
from clipscape.problems.classics import CLASSICS
from clipscape.problems.cliffs import CLIFFS
from clipscape.problems.recurrence import RECURRENCES

LANDSCAPES = catalog(*CLIFFS[:2], *RECURRENCES, *CHAINS, *CLIFFS[2:], *CLASSICS)
