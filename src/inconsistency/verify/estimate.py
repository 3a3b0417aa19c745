"""What a second reader will take, call by call and article by article, before anything is read or paid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from inconsistency.sentences import Sentence
from inconsistency.verify import prompt
from inconsistency.verify.verdict import Pair
from inconsistency.verify.windows import windows

CHARACTERS = 4  # of a prompt or an answer that are taken for a token where no server has counted
PER_PAIR = 100  # tokens of an answer that a pair is taken to need
RULE = f"{CHARACTERS} characters for a token, {PER_PAIR} tokens for the answer on a pair"


class Estimate(NamedTuple):
    """What a call, or the calls of articles, will take: how many they are, and tokens read and written."""

    calls: int = 0
    read: int = 0
    written: int = 0

    def plus(self, other: Estimate) -> Estimate:
        """Both together."""
        return Estimate(*(a + b for a, b in zip(self, other, strict=True)))


def tokens(text: str) -> int:
    """About how many tokens a text has."""
    return -(-len(text) // CHARACTERS)


def of_call(words: list[dict[str, str]], pairs: int) -> Estimate:
    """What a call will take by `RULE`.

    Args:
        words: its messages.
        pairs: how many pairs it asks about.
    """
    return Estimate(1, tokens("".join(m["content"] for m in words)), PER_PAIR * pairs)


def of_article(
    sentences: Sequence[Sentence], pairs: Sequence[Pair], candidates: int, window: int, discover: bool
) -> Estimate:
    """Count the questions on an article as they would be put, and their tokens by `RULE`.

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
        words = prompt.messages(sentences, part.shown, part.pairs, discover)
        total = total.plus(of_call(words, len(part.pairs)))
    return total
