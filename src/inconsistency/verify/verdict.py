"""What a second reader says of suspected pairs, and the protocols that second readers follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol, get_args, runtime_checkable

from inconsistency.accepted import probability
from inconsistency.errors import InputError
from inconsistency.sentences import Sentence

Ruling = Literal["contradiction", "compatible", "unsure"]
RULINGS: tuple[str, ...] = get_args(Ruling)
Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a second reader says of one pair of sentences.

    Attributes:
        verdict: "contradiction", "compatible" or "unsure".
        confidence: how sure the reader is of that, 0-1.
        reason: why, in the reader's own words; foreign text, to be escaped wherever it is shown.
        shape: the compatible reading that the reader names, such as "change over time"; None for none.

    Raises:
        InputError: a value is not accepted.
    """

    verdict: Ruling
    confidence: float
    reason: str
    shape: str | None = None

    def __post_init__(self) -> None:
        """Refuse what no report could show."""
        if self.verdict not in RULINGS:
            raise InputError(f"verdict is {self.verdict!r}; accepted are {', '.join(RULINGS)}")
        confidence = probability(self.confidence, "confidence")
        if not isinstance(self.reason, str):
            raise InputError(f"reason is {self.reason!r}; accepted is text")
        if self.shape is not None and not isinstance(self.shape, str):
            raise InputError(f"shape is {self.shape!r}; accepted are text and None")
        object.__setattr__(self, "confidence", confidence)


@runtime_checkable
class Verifier(Protocol):
    """Anything that reads an article and judges suspected pairs. This is all that a second reader must offer."""

    @property
    def name(self) -> str:
        """Identity of the reader, as it stands in reports."""
        ...

    def verify(self, sentences: Sequence[Sentence], pairs: Sequence[Pair]) -> list[Verdict | None]:
        """Judge pairs of one article.

        Args:
            sentences: all of the article's sentences in order, furniture included and marked.
            pairs: positions in `sentences`, the smaller first.

        Returns:
            A verdict for each pair, in the order given; None where there is no answer, never a guess.
        """
        ...


class Suspects(NamedTuple):
    """An article and its suspected pairs; both as in `Verifier.verify`."""

    sentences: Sequence[Sentence]
    pairs: Sequence[Pair]


class Discovered(NamedTuple):
    """A pair that nobody suspected, named by the second reader itself; positions as in `Verifier.verify`."""

    pair: Pair
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Findings:
    """What a second reader has to say of one article.

    Attributes:
        verdicts: one for each suspected pair, None where there is no answer.
        failures: why there is none, in the same order; "" where there is a verdict.
        discovered: pairs that the reader named besides.
        windows: how many parts of the article were read; 0 if there was no answer on any.
        unread: why there was none, for each part that was shown without one.
    """

    verdicts: tuple[Verdict | None, ...]
    failures: tuple[str, ...]
    discovered: tuple[Discovered, ...] = ()
    windows: int = 0
    unread: tuple[str, ...] = ()


@runtime_checkable
class ArticleVerifier(Verifier, Protocol):
    """A second reader that takes several articles at a time and says more of each than its verdicts."""

    def read(self, articles: Sequence[Suspects]) -> list[Findings]:
        """Judge pairs of several articles, in the order given."""
        ...

    def settings(self) -> dict[str, Any]:
        """What decides the verdicts, as JSON-able values."""
        ...
