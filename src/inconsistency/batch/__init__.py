"""Articles in, reports out: files of any size, resumable, on one process, many, or a Ray cluster.

The listing is the pipeline: `sources` finds the inputs, `readers` turn them into rows, `runner`
cuts rows into chunks, `workers` score a chunk, `journal` commits it, `writers` render and convert.
"""
