"""What several of the plain functions need."""

import numpy as np


def norm(vector):
    """Length of a vector; scaled by its largest entry first where squares would overflow or vanish."""
    length = np.sqrt(np.sum(vector * vector))
    if 1e-140 < length < 1e140:
        return length
    largest = max(np.max(np.abs(vector)), 5e-324)
    return np.sqrt(np.sum(np.square(vector / largest))) * largest
