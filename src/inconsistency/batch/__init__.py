"""Articles in, reports out: files of any size, in one process or several, resumable after any interruption.

`command` is `inconsistency score`, `job` what its arguments ask for, and `runner` the loop: `input/` gives rows,
which it cuts into chunks; the `engine` or the `workers` score them, `output` lays them out, the `journal` commits.
"""
