"""Maps on other machines: their tiles as tasks of Dask distributed. Only `task` is imported there."""
