"""(premise, hypothesis) -> `NliScores`: the protocol that every model backend follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class NliScores:
    """Probabilities of one ordered pair, by name; they sum to 1.

    Attributes:
        entailment: P(the premise makes the hypothesis true), 0-1.
        neutral: P(it decides nothing), 0-1.
        contradiction: P(it makes the hypothesis false), 0-1.
        truncated: whether a sentence was too long for the model and was cut.
    """

    entailment: float
    neutral: float
    contradiction: float
    truncated: bool = False

    def __post_init__(self) -> None:
        """Make plain numbers of numpy's, which JSON has no word for."""
        for name in ("entailment", "neutral", "contradiction"):
            value = getattr(self, name)
            if type(value) is not float:
                object.__setattr__(self, name, float(value))


@runtime_checkable
class Scorer(Protocol):
    """Anything that scores ordered pairs. This is all that a backend must offer.

    Scores must not depend on what else is in the call (within 1e-4).
    """

    @property
    def name(self) -> str:
        """Identity of the model, as it stands in reports."""
        ...

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[NliScores]:
        """Score (premise, hypothesis) pairs, in the order given."""
        ...


@runtime_checkable
class ScreeningScorer(Scorer, Protocol):
    """A scorer with two cheaper opinions, by which the pairs that are worth its scores are chosen."""

    def prefilter(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """Roughest and cheapest P(contradiction) of pairs, 0-1, in the order given."""
        ...

    def screen(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """Quick P(contradiction) of pairs, 0-1, in the order given."""
        ...


@runtime_checkable
class CutScorer(Scorer, Protocol):
    """A scorer that can say, without scoring, which sentences it does not read to their end."""

    def cut(self, texts: Sequence[str]) -> list[bool]:
        """Whether each text, on its own, is longer than the model reads, in the order given."""
        ...


@runtime_checkable
class KindScorer(Scorer, Protocol):
    """A scorer that was also trained to tell what kind of conflict a contradiction is."""

    def kinds(self, pairs: Sequence[tuple[str, str]]) -> list[dict[str, float]]:
        """Kind -> P(it is of this kind, if the pair contradicts), in the order given; the values sum to 1.

        The names are those the model was trained with. Which sentence stands first makes no difference.
        """
        ...
