"""The embedded model's engine, on ONNX Runtime: two cheap looks at every pair, a careful one at the likeliest.

Most of the cost of comparing all pairs of an article is reading the same sentences again and again. The lower
layers of the shared model read each sentence alone, so here each sentence passes them once (`encoder.py`). What
they made of two sentences is compared by the prefilter, which needs no layer at all (`prefilter.py`), and where
that is worth it by the layers up to the exit head (`engine.py`). The joint reader, all of whose layers see both
sentences, reads the few pairs that are left (`reader.py`). Which those are is for `inconsistency.scoring` to say.
"""
