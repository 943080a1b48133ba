"""A scenario as code: a script for numpy, one for PyTorch, and the lines of other libraries.

Nothing here knows a single rule: the text of each comes from its entry in the catalogue (`plain`, `spelled`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from clipscape.exports.code.library_lines import library_lines
from clipscape.exports.code.numpy_script import numpy_script
from clipscape.exports.code.torch_script import torch_script
from clipscape.scenario import Experiment

LANGUAGES: Mapping[str, tuple[str, Callable[[Experiment], str]]] = {
    "numpy": ("a script that needs only numpy", numpy_script),
    "pytorch": ("a script for PyTorch", torch_script),
    "lines": ("clip and optimizer as PyTorch, Keras and Optax write them", library_lines),
}
"""What is offered: name -> (what it is, what writes it from an understood experiment)."""
