"""A scenario as code: a script for numpy, one for PyTorch, and the lines of other libraries.

Nothing here knows a single rule: the text of each comes from its entry in the catalogue (`plain`, `spelled`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from clipscape.exports.code.library_lines import library_lines
from clipscape.exports.code.numpy_network import network_script
from clipscape.exports.code.numpy_script import landscape_script
from clipscape.exports.code.torch_network import torch_network_script
from clipscape.exports.code.torch_script import torch_landscape_script
from clipscape.scenario import Experiment
from clipscape.understanding import is_network


def numpy_script(experiment: Experiment) -> str:
    """Return the numpy script of an understood experiment."""
    return (network_script if is_network(experiment.problem) else landscape_script)(experiment)


def torch_script(experiment: Experiment) -> str:
    """Return the PyTorch script of an understood experiment."""
    return (torch_network_script if is_network(experiment.problem) else torch_landscape_script)(experiment)


LANGUAGES: Mapping[str, tuple[str, Callable[[Experiment], str]]] = {
    "numpy": ("a script that needs only numpy", numpy_script),
    "pytorch": ("a script for PyTorch", torch_script),
    "lines": ("clip and optimizer as PyTorch, Keras and Optax write them", library_lines),
}
"""What is offered: name -> (what it is, what writes it from an understood experiment)."""
