"""How much memory a worker needs for one tile of a map of LSTMs, beyond what importing takes."""

from __future__ import annotations

import resource
from dataclasses import replace

from benchmarks import network_ours
from benchmarks.network_workloads import network_workloads


def peak_megabytes() -> float:
    """Return the highest resident memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Print the difference in megabytes."""
    workload = next(workload for workload in network_workloads() if workload.name == "lstm x144")
    before = peak_megabytes()
    network_ours.run(replace(workload.sample(workload.tile), n_steps=40))
    print(f"{peak_megabytes() - before:.1f}")


if __name__ == "__main__":
    main()
