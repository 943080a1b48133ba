"""What is minimised: landscapes, recurrent nets and finite sums, each one function and one catalogue entry."""

from clipscape.catalog import catalog
from clipscape.problems.finite_sums import FINITE_SUMS
from clipscape.problems.landscapes import LANDSCAPES

PROBLEMS = catalog(*LANDSCAPES.values(), *FINITE_SUMS)

__all__ = ["LANDSCAPES", "PROBLEMS"]
