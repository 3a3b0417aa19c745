"""The words of a sentence: one spelling of its characters, its content words, their stems."""

from __future__ import annotations

import re
import threading
from functools import lru_cache

# Words that carry no topic. Short on purpose: rarity inside the article (TF-IDF) does the rest.
STOP = frozenset(
    "a an and are as at be been but by for from had has have he her him his i in is it its not of on or "
    "said says she so that the their them they this to was we were which who will with would you".split()
)
WORD = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*|\d[\d.,:/]*\d|\d")
# Line breaks inside a sentence, and apostrophes as typesetters have them; one character for one, so offsets stay.
_PLAIN = str.maketrans({"\n": " ", "\r": " ", "\t": " ", "\u00a0": " ", "\u202f": " ", "\u2019": "'"})
_ONE_AT_A_TIME = threading.Lock()


def plain(text: str) -> str:
    """The text with spaces for line breaks and straight apostrophes, of the same length."""
    return text.translate(_PLAIN)


@lru_cache(maxsize=1)
def _stemmer() -> object:
    import snowballstemmer

    return snowballstemmer.stemmer("english")


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The stem of a lower-case English word; other scripts come back as they are."""
    # The stemmer keeps the word that it works on in its own attributes: two threads would mix their words, and
    # the cache would keep the result.
    with _ONE_AT_A_TIME:
        return str(_stemmer().stemWord(word))  # type: ignore[attr-defined]


def content_stems(text: str) -> frozenset[str]:
    """Stems of a sentence's content words, lower case; figures and stop words are left out."""
    words = (word.lower() for word in WORD.findall(plain(text)))
    return frozenset(stem(word) for word in words if word not in STOP and not word[0].isdigit())
