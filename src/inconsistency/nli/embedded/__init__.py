"""The embedded model's engine: ONNX Runtime, lower layers once a sentence, upper layers a pair.

Most of the cost of comparing all pairs of an article is reading the same sentences again and again. The default
model is trained with its lower layers unshared between the two sentences, so here each sentence passes them once
(`encoder.py`); only the layers above read pairs (`cascade.py`). On the way, rougher scores dismiss hopeless pairs,
each dearer and surer than the one before: a prefilter that needs no layer at all (`prefilter.py`), an early head
after a few layers, and the exit head in the middle.
"""
