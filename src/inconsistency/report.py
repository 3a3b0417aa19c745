"""Flagged pairs -> `Report`: what was found, where, how sure, and what was left out.

`to_dict` and `from_dict` are inverses; field names are stable within a major version.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from inconsistency.errors import InputError
from inconsistency.evidence import Evidence
from inconsistency.nli import NliScores
from inconsistency.sentences import Sentence
from inconsistency.verify import Verdict


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two sentences of one article that cannot both be true.

    Attributes:
        first: the sentence that stands earlier (a headline stands before the body).
        second: the later one.
        probability: calibrated P(the pair contradicts), 0-1.
        forward: NLI scores with `first` as premise and `second` as hypothesis.
        backward: the same with the roles exchanged.
        evidence: kind of conflict, clashing words and an explanation; None when not asked for.
        caveat: the shape of a compatible reading that the pair's words also allow (for instance
            "different speakers"); None when there is none.
        verdict: what a second reader says of the pair; None without one, and where it has not answered.
        unverified: why there is a second reader and no verdict; None otherwise.
        discovered: whether the second reader named the pair itself, unasked.
    """

    first: Sentence
    second: Sentence
    probability: float
    forward: NliScores
    backward: NliScores
    evidence: Evidence | None = None
    caveat: str | None = None
    verdict: Verdict | None = None
    unverified: str | None = None
    discovered: bool = False

    @property
    def kind(self) -> str | None:
        """Kind of conflict ("number", "place", ...), None when evidence was not asked for."""
        return self.evidence.kind if self.evidence else None

    def to_dict(self) -> dict[str, Any]:
        """Plain types, ready for JSON."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Contradiction:
        """Inverse of `to_dict`.

        Raises:
            InputError: a field is unknown.
        """
        _refuse_unknown(cls, data)
        if data.get("evidence"):
            _refuse_unknown(Evidence, data["evidence"])
        if data.get("verdict"):
            _refuse_unknown(Verdict, data["verdict"])
        return cls(
            first=Sentence(**data["first"]),
            second=Sentence(**data["second"]),
            probability=data["probability"],
            forward=NliScores(**data["forward"]),
            backward=NliScores(**data["backward"]),
            evidence=Evidence.from_dict(data["evidence"]) if data.get("evidence") else None,
            caveat=data.get("caveat"),
            verdict=Verdict(**data["verdict"]) if data.get("verdict") else None,
            unverified=data.get("unverified"),
            discovered=data.get("discovered", False),
        )


@dataclass(frozen=True, slots=True)
class Counts:
    """What was read, scored and left out. Nothing is dropped without standing here.

    Attributes:
        sentences: all sentences found, furniture included.
        furniture: reason -> number of sentences marked as web-page furniture.
        pairs: pairs of sentences that are not furniture.
        left_out: reason -> number of pairs that a rule or a limit left out.
        screened_out: pairs that early opinions dismissed, or ruled out where all pairs are scored; among them
            those whose second direction could neither get them flagged nor make them the most probable.
        scored: pairs that the NLI model scored in full, in both directions.
        truncated: pairs of which a sentence was too long for the model and was cut. Pairs that an early
            opinion dismissed are among them where the model can tell (the embedded one can).
        unverified: reason -> suspected pairs on which a second reader has given no verdict.
        windows: in how many parts a second reader was shown the article; 0 if it was not.
    """

    sentences: int = 0
    furniture: Mapping[str, int] = field(default_factory=dict)
    pairs: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)
    screened_out: int = 0
    scored: int = 0
    truncated: int = 0
    unverified: Mapping[str, int] = field(default_factory=dict)
    windows: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome for one article.

    Attributes:
        text: the article's body as given; offsets of body sentences point into it.
        headline: the headline as given apart from the body, or None.
        sentences: every sentence, furniture included and marked.
        contradictions: flagged pairs, most probable first; with a second reader, its surest first.
        score: article level, 0-1: the probability of its most probable pair, 0 when none was scored.
        threshold: the probability from which a pair is flagged; with a second reader, one without a verdict.
        expected_false_flags: how many false flags an article of this many pairs is expected to
            get at this threshold if it is clean; None for a threshold below the calibrated range, and where
            pairs may be flagged that no fit has measured, as with a second reader.
        counts: what was read, scored and left out.
        model: identity of the scoring model.
        cleared: pairs that a second reader has judged and that are not flagged, most probable first.
        verifier: what is known of the second reader (name, and for a language model server, prompt, options); None
            without one.
    """

    text: str
    headline: str | None
    sentences: tuple[Sentence, ...]
    contradictions: tuple[Contradiction, ...]
    score: float
    threshold: float
    expected_false_flags: float | None
    counts: Counts
    model: str
    cleared: tuple[Contradiction, ...] = ()
    verifier: Mapping[str, Any] | None = None

    @property
    def flagged(self) -> bool:
        """Whether any pair was flagged."""
        return bool(self.contradictions)

    def to_dict(self) -> dict[str, Any]:
        """Plain types, ready for JSON."""
        return dataclasses.asdict(self)

    def to_json(self, indent: int | None = None) -> str:
        """The report as JSON text, non-ASCII characters kept."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=indent)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Report:
        """Inverse of `to_dict`.

        Raises:
            InputError: a field is missing or unknown, or what it holds cannot be read.
        """
        try:
            _refuse_unknown(cls, data)
            return cls(
                text=data["text"],
                headline=data["headline"],
                sentences=tuple(Sentence(**s) for s in data["sentences"]),
                contradictions=tuple(Contradiction.from_dict(c) for c in data["contradictions"]),
                score=data["score"],
                threshold=data["threshold"],
                expected_false_flags=data["expected_false_flags"],
                counts=Counts(**data["counts"]),
                model=data["model"],
                cleared=tuple(Contradiction.from_dict(c) for c in data.get("cleared", ())),
                verifier=data.get("verifier"),
            )
        except InputError:
            raise
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise InputError(f"not a report: {error}") from error

    def _repr_html_(self) -> str:
        """The HTML report, shown by notebooks."""
        from inconsistency.render import to_html_fragment

        return to_html_fragment(self)


def _refuse_unknown(kind: type[Report | Contradiction | Evidence | Verdict], data: Mapping[str, Any]) -> None:
    """Refuse a field that no such thing has: it would be lost without a word."""
    if unknown := sorted(set(data) - {f.name for f in dataclasses.fields(kind)}):
        raise InputError(f"not a report: unknown fields {', '.join(unknown)}")
