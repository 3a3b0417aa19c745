"""Articles in, reports out: files of any size, in one process or several, resumable after any interruption.

`command` is `inconsistency score`, and `runner` its loop: `input/` gives rows, `chunks` cuts them, the `engine`
or the `workers` score a chunk, `output` lays it out, the `journal` commits it, `progress` and `outcome` tell.
"""
