"""`Evidence`: what kind of conflict a flagged pair is and which of its words clash."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

KINDS = (
    "number",
    "date_time",
    "place",
    "identity_role",
    "custody_outcome",
    "negation",
    "antonym",
    "cause",
    "attribution",
    "status_alive_dead",
    "sequence",
    "count_plural",
    "comparison",
    "relation",
    "other",
)


@dataclass(frozen=True, slots=True)
class Clash:
    """Words of the first sentence against words of the second.

    Offsets point into the part of the article that the sentence stands in (body text or headline),
    like the sentence's own: ``part[first_start:first_end]`` are the words. A side may be empty
    (start == end) when only the other has words, as with a negation.
    """

    first_start: int
    first_end: int
    second_start: int
    second_end: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a pair was flagged.

    Attributes:
        kind: one of `KINDS`; "other" when nothing says more.
        clashes: aligned words, the most telling first; may be empty.
        source: how the clashing words were found: "rule" by rules over the words and by laying the
            sentences side by side, "model" by the NLI model's own behaviour, "none" when neither could.
        explanation: one plain sentence made from the above, never invented.
        kind_source: how the kind was found: "rule" when the words that differ say it, "model" when it is
            the likeliest by the NLI model's own head and the fitted weights together, "classifier" by the
            fitted weights alone, "none" when nothing is likely enough.
    """

    kind: str
    clashes: tuple[Clash, ...]
    source: str
    explanation: str
    kind_source: str = "none"

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Evidence:
        """Inverse of `dataclasses.asdict`."""
        return cls(
            kind=data["kind"],
            clashes=tuple(Clash(**c) for c in data["clashes"]),
            source=data["source"],
            explanation=data["explanation"],
            kind_source=data.get("kind_source", "none"),
        )
