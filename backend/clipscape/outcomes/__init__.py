"""How each row of a run ended, decided by rules that the recorded run can be checked against.

Distances are measured in diagonals of the problem's window. The first that holds:

- *diverged*: the loop stopped the row.
- *converged*: the last steps stay near a known minimiser (or, where minimisers are not isolated, near the optimal loss)
  and the motion there has died down.
- *bounded* in a cycle: the last points repeat exactly.
- *stalled*: the row has all but stopped moving somewhere else.
- *descending*: the loss was still falling when the steps ran out.
- *bounded* otherwise: it jumps to and fro, keeps moving in a band, or the loss was rising.

With noise or sampling trends are judged by medians, and what looks like a jump to and fro is not named: it may be luck.
"""

from __future__ import annotations

from clipscape.outcomes.closing import Closing, Statuses
from clipscape.outcomes.ending import Setting
from clipscape.outcomes.judge import judge, judging
from clipscape.outcomes.kinds import STATUSES, Bounded, Converged, Descending, Diverged, Outcome, Stalled, Status, Throw

__all__ = [
    "STATUSES",
    "Bounded",
    "Closing",
    "Converged",
    "Descending",
    "Diverged",
    "Outcome",
    "Setting",
    "Stalled",
    "Status",
    "Statuses",
    "Throw",
    "judge",
    "judging",
]
