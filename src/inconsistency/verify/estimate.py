"""An article -> the calls and tokens that a second reader will take for it, before anything is read or paid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from inconsistency.sentences import Sentence
from inconsistency.verify import prompt
from inconsistency.verify.meter import expected
from inconsistency.verify.verdict import Pair
from inconsistency.verify.windows import windows


class Estimate(NamedTuple):
    """What an article, or many, will take: calls, and tokens read and written."""

    calls: int = 0
    read: int = 0
    written: int = 0

    def plus(self, other: Estimate) -> Estimate:
        """Both together."""
        return Estimate(*(a + b for a, b in zip(self, other, strict=True)))


def estimate(
    sentences: Sequence[Sentence], pairs: Sequence[Pair], candidates: int, window: int, discover: bool = False
) -> Estimate:
    """Count the questions on an article as they would be put, and their tokens by `meter.RULE`.

    Which pairs are suspected only the NLI model can tell. As many of all pairs, evenly spread, stand for them: in
    an article of one window the count of calls is exact, in a longer one pairs that lie nearer together may need
    fewer.

    Args:
        sentences: the article.
        pairs: all pairs that may be suspected.
        candidates: how many of them are asked about.
        window: characters of an article in one call.
        discover: whether the model may name pairs of its own.
    """
    most = min(candidates, len(pairs))
    stand_in = [pairs[k * len(pairs) // most] for k in range(most)]
    total = Estimate()
    for part in windows(sentences, stand_in, window, discover):
        call = expected(prompt.messages(sentences, part.shown, part.pairs, discover), len(part.pairs))
        total = total.plus(Estimate(1, call.read, call.written))
    return total
