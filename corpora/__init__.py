"""Labelled articles, the sets that are measured, and which half of each may be fitted on.

`training` and `benchmarks` read them from here. None of the three is part of the wheel: their modules are
called from the root of a checkout, as in `python -m training.train`.
"""
