"""The subcommands of `clipscape`: a module each, with `add_to(commands)`; what is heavy is imported when it is run.

Exit codes: 0 done, 1 unforeseen or the server did not start, 2 what the user can put right, 130 interrupted.
"""
