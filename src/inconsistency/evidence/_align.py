"""Two sentences that are nearly alike -> the words in which they differ."""

from __future__ import annotations

from difflib import SequenceMatcher

from inconsistency.evidence._rules import Finding, Reading
from inconsistency.evidence._tokens import Span, Token

# Below this share of common words two sentences are told apart by more than an edit. Chosen on
# newsroom train pairs, of which almost none reach it; edited summaries and claims do.
ALIKE = 0.6


def changes(first: Reading, second: Reading) -> list[Finding] | None:
    """Changed words of nearly alike sentences, those that carry meaning first.

    Returns:
        None when the sentences are not alike enough for the comparison to mean anything.
    """
    matcher = SequenceMatcher(
        None, [t.lower for t in first.tokens], [t.lower for t in second.tokens], autojunk=False
    )
    if matcher.ratio() < ALIKE:
        return None
    found = []
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            continue
        left, right = first.tokens[a:b], second.tokens[c:d]
        carries = any(t.is_content for t in (*left, *right))
        found.append((carries, Finding("other", "changed", _span(left), _span(right))))
    meaningful = [f for carries, f in found if carries] or [f for _, f in found]
    return sorted(meaningful, key=lambda f: f.first is None or f.second is None)


def _span(part: list[Token]) -> Span | None:
    """The changed words, or None when this side has nothing there."""
    return Span(part[0].start, part[-1].end) if part else None


def overlaps(one: Finding, other: Finding) -> bool:
    """Whether two findings share characters on either side."""
    pairs = ((one.first, other.first), (one.second, other.second))
    return any(a and b and a.start < b.end and b.start < a.end for a, b in pairs)
