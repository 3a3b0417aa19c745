"""Flagged pairs -> `Report`: what was found, where, how sure, and what was left out.

`Report.to_dict` and `Contradiction.to_dict` are the one JSON form of a report and of a pair, whoever writes them.
Its schema is docs/schema/report.schema.json, and `json_types` gives its types to who needs columns.
"""

from __future__ import annotations

import copy
import dataclasses
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from numbers import Real
from types import UnionType
from typing import Any, Literal, cast, get_args, get_origin, get_type_hints

from inconsistency.decision import preset_of
from inconsistency.errors import InputError
from inconsistency.evidence import Evidence, Kind
from inconsistency.nli import NliScores
from inconsistency.sentences import Sentence
from inconsistency.verify import Verdict

FORMAT = 1
"""Version of the JSON form. Another one has other names or meanings; new names alone make no new version."""
DIGITS = 6  # significant ones, so that hardly probable pairs keep their order; more would only look exact


@dataclass(frozen=True, slots=True, repr=False)
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

    def __repr__(self) -> str:
        kind = f" {self.kind}" if self.kind else ""
        return f"<Contradiction: {self.probability:.2f}{kind}, {self.first.text!r} / {self.second.text!r}>"

    @property
    def kind(self) -> Kind | None:
        """Kind of conflict ("number", "place", ...), None when evidence was not asked for."""
        return self.evidence.kind if self.evidence else None

    def to_dict(self) -> dict[str, Any]:
        """The pair as plain types, ready for JSON; numbers that are not whole have six significant digits."""
        return cast(dict[str, Any], _plain(self))

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Contradiction:
        """Inverse of `to_dict`, but for digits beyond the sixth.

        Raises:
            InputError: a field is missing, unknown or of another type.
        """
        with _reading():
            return cast(Contradiction, _read(cls, data))


@dataclass(frozen=True, slots=True)
class Counts:
    """What was read, scored and left out. Nothing is dropped without standing here.

    Attributes:
        sentences: all sentences found, furniture included.
        furniture: reason -> number of sentences marked as web-page furniture.
        pairs: pairs of sentences that are not furniture.
        left_out: reason -> number of pairs that a rule or a limit left out.
        screened_out: pairs not read in both directions: a quick opinion, or the first one, made nothing of them.
        scored: pairs that the NLI model scored in full, in both directions.
        truncated: pairs of which a sentence was too long for the model and was cut. Dismissed pairs are among them
            where the model can tell (the embedded one can).
        unverified: reason -> suspected pairs on which a second reader has given no verdict.
        windows: how many parts of the article a second reader has read, mostly one; 0 if it has read none.
        unread: reason -> parts of the article on which a second reader gave no answer that could be read.
        unasked: flagged pairs whose words rules alone tell; the model is asked for the words of the first ones.
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
    unread: Mapping[str, int] = field(default_factory=dict)
    unasked: int = 0


@dataclass(frozen=True, slots=True, repr=False)
class Report:
    """The outcome for one article.

    Its length is the number of flagged pairs, and iteration gives these. As a condition it is always true, being a
    report that is there: ask `flagged`.

    Attributes:
        text: the article's body as given; offsets of body sentences point into it.
        headline: the headline as given apart from the body, else the one recognised on top of it, or None.
        sentences: every sentence, furniture included and marked.
        contradictions: flagged pairs, most probable first; with a second reader, its surest first.
        score: article level, 0-1: the probability of its most probable pair, 0 when none was scored.
        threshold: the probability from which a pair is flagged; with a second reader, one without a verdict.
        expected_false_flags: how many false flags an article of this many pairs is expected to
            get at this threshold if it is clean; None for a threshold below the calibrated range, and where
            pairs may be flagged that nobody has measured, as with most second readers.
        counts: what was read, scored and left out.
        model: identity of the scoring model.
        cleared: pairs that a second reader has judged and that are not flagged, most probable first.
        verifier: what is known of the second reader (name, and for a language model server, prompt, options); None
            without one.
        false_flags: promised mean number of false flags per clean article from which the threshold follows; None
            where a threshold was given, and for a model without a calibration.
        version: of this package, which made the report.
        ranked: the most probable pairs below the threshold, for a look; without evidence. With a second reader,
            those on which it gave no verdict.
        missed: in what share of our labelled contradicting articles nothing right is flagged at this preset, 0-1;
            None where that was not measured, as with a threshold of one's own or most second readers.
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
    false_flags: float | None = None
    version: str | None = None
    ranked: tuple[Contradiction, ...] = ()
    missed: float | None = None

    def __len__(self) -> int:
        return len(self.contradictions)

    def __iter__(self) -> Iterator[Contradiction]:
        return iter(self.contradictions)

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        counts = f"{len(self.contradictions)} flagged, {len(self.ranked)} ranked, score {self.score:.2f}"
        return f"<Report: {counts}, {self.counts.sentences} sentences, {self.counts.pairs} pairs>"

    @property
    def flagged(self) -> bool:
        """Whether any pair was flagged."""
        return bool(self.contradictions)

    @property
    def best(self) -> Contradiction | None:
        """The pair to look at first: the first that is flagged, else the first of `ranked`; None for none."""
        return next(iter((*self.contradictions, *self.ranked)), None)

    @property
    def preset(self) -> str | None:
        """Name of the preset with this number of false flags ("strict", "default", "broad"); None for none."""
        return preset_of(self.false_flags)

    def to_dict(self, *, text: bool = True) -> dict[str, Any]:
        """The report as plain types, ready for JSON; numbers that are not whole have six significant digits.

        Args:
            text: whether the article's text and its list of sentences are part of it.
        """
        plain = {"format": FORMAT, **_plain(self)}
        if not text:
            del plain["text"], plain["sentences"]
        return plain

    def to_json(self, indent: int | None = None) -> str:
        """`to_dict` as JSON text, non-ASCII characters kept."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=indent)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Report:
        """Inverse of `to_dict` with the text, but for digits beyond the sixth.

        Raises:
            InputError: it is a report of another format, or a field is missing, unknown or of another type.
        """
        with _reading():
            data = dict(data)
            if (version := data.pop("format", FORMAT)) != FORMAT:
                raise InputError(f"not a report that can be read: its format is {version!r}; accepted is {FORMAT}")
            return cast(Report, _read(cls, data))

    def to_html(self, *, title: str | None = None) -> str:
        """The report as one HTML page that needs nothing else; `title` in place of the article's headline."""
        from inconsistency.render.html import to_html

        return to_html(self, title=title)

    def to_markdown(self) -> str:
        """The report as Markdown, for a ticket, a wiki page or a chat message."""
        from inconsistency.render.markdown import to_markdown

        return to_markdown(self)

    def to_text(self, *, width: int = 80, article: bool = False) -> str:
        """The report as plain text of so many columns, 120 at most; with `article`, numbered sentences follow."""
        from inconsistency.render.terminal import to_terminal

        return to_terminal(self, width=width, color=False, article=article)

    def _repr_html_(self) -> str:
        """The HTML report, shown by notebooks."""
        from inconsistency.render.html import to_html_fragment

        return to_html_fragment(self)


# Properties that stand in the JSON form beside the fields, so that who reads it need not work them out.
_DERIVED: Mapping[type, tuple[str, ...]] = {
    Sentence: ("number",),
    Contradiction: ("kind",),
    Report: ("flagged", "preset"),
}


def json_types(kind: type) -> dict[str, Any]:
    """Names in the JSON form of a dataclass of the report, with the Python types of their values."""
    derived = {name: getattr(kind, name).fget for name in _DERIVED.get(kind, ())}
    return get_type_hints(kind) | {name: get_type_hints(of)["return"] for name, of in derived.items()}


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        names = [*(f.name for f in dataclasses.fields(value)), *_DERIVED.get(type(value), ())]
        return {name: _plain(getattr(value, name)) for name in names}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):  # counts, and what a second reader says of itself
        return copy.deepcopy(dict(value))
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value


@contextmanager
def _reading() -> Iterator[None]:
    """Say of data that cannot be read that they are no report."""
    try:
        yield
    except InputError:
        raise
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"not a report: {error}") from error


def _read(hint: Any, value: Any, name: str = "it") -> Any:
    """What a field of that type holds, made of its JSON form; an unknown field would be lost without a word."""
    kind, inner = get_origin(hint) or hint, get_args(hint)
    if kind is UnionType:  # of one type and None
        return None if value is None else _read(inner[0], value, name)
    if dataclasses.is_dataclass(hint) and isinstance(value, Mapping):
        types = json_types(kind)
        if unknown := sorted(value.keys() - types):
            raise InputError(f"not a report: unknown fields {', '.join(unknown)}")
        fields = (f.name for f in dataclasses.fields(kind) if f.name in value)
        return kind(**{field: _read(types[field], value[field], field) for field in fields})
    if kind is tuple and isinstance(value, list | tuple):
        return tuple(_read(inner[0], item, name) for item in value)
    if kind is Mapping and isinstance(value, Mapping):
        return {key: _read(inner[1], item, name) for key, item in value.items()}
    # What a newer version calls a kind or a role can be shown all the same.
    accepted = {float: Real, Literal: str, Any: object}.get(kind, kind)
    if not isinstance(value, accepted) or (isinstance(value, bool) and kind in (int, float)):
        raise TypeError(f"{name} is {value!r}; accepted is {kind.__name__}")
    return value
