"""Recurrent networks, trained by full backpropagation through time in batched numpy."""

from clipscape.problems.networks.entries import NETWORKS
from clipscape.problems.networks.network import Network
from clipscape.problems.networks.trained import NetworkTraining, network_problem

__all__ = ["NETWORKS", "Network", "NetworkTraining", "network_problem"]
