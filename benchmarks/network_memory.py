"""How much memory a worker needs for one tile of a map of LSTMs, beyond what importing takes."""

from __future__ import annotations

import resource
from dataclasses import replace
from pathlib import Path

from benchmarks import network_ours
from benchmarks.network_workloads import network_workloads
from clipscape.allocation import keep_freed_memory


def peak_megabytes() -> float:
    """Return the highest resident memory of this program so far.

    What Linux tells in `ru_maxrss` is that of the process, and includes the program that started this one.
    """
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().partition("VmHWM:")[2].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Print the difference in megabytes, with memory kept as in every worker."""
    keep_freed_memory()
    workload = next(workload for workload in network_workloads() if workload.name == "lstm x144")
    before = peak_megabytes()
    network_ours.run(replace(workload.sample(workload.tile), n_steps=40))
    print(f"{peak_megabytes() - before:.1f}")


if __name__ == "__main__":
    main()
