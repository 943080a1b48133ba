"""Experiments of the literature, run again from the command line: `clipscape reproduce pascanu|adding`.

`experiments.py` says what is run, `runs.py` runs it through the one step loop, `ledger.py` keeps what is finished,
`figure.py`, `drawing.py` and `table.py` show it, and `command.py` puts them together.
"""
