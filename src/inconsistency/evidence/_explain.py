"""Flagged pairs -> `Evidence`: the conductor of this stage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from inconsistency.evidence._clashes import SURE, Candidate, Comparison, compare, overlaps
from inconsistency.evidence._kinds import likeliest, see, table, weigh
from inconsistency.evidence._occlusion import ask, question
from inconsistency.evidence._rules import Reading, cue_phrases
from inconsistency.evidence._tokens import Span
from inconsistency.evidence._types import Clash, Evidence
from inconsistency.evidence._wording import word
from inconsistency.nli.scorer import KindScorer, NliScores, Scorer
from inconsistency.sentences import Sentence

FlaggedPair: TypeAlias = tuple[Sentence, Sentence, NliScores, NliScores]
"""First sentence, second sentence, scores forward, scores backward."""

MAX_CLASHES = 3
ASKED = 5  # pairs, the most probable first, about which the model is asked; each costs as much as reading a dozen
# A further clash is shown when it is nearly as telling as the first.
NEARLY = 0.75
# Words found by rules in unlike sentences of which the classifier says another kind are shown only from this
# weight on, and lose a part of it: the values may be of different things. Its agreement adds to the weight.
FITTING = 1.5
# A rule of which two findings in three bear the kind's own label, also in unlike sentences (newsroom and
# full-length train pairs); the classifier is right less often.
DECIDING = frozenset({"number_unit"})
DISAGREEMENT, AGREEMENT = 0.6, 0.7
# What speaks for the phrases in which both sentences word a conflict of the kind they were given.
PHRASES = 1.05


@dataclass(frozen=True, slots=True)
class _Draft:
    kind: str
    kind_source: str
    source: str
    candidates: list[Candidate]


def explain(
    first: Sentence,
    second: Sentence,
    scorer: Scorer | None,
    forward: NliScores,
    backward: NliScores,
) -> Evidence:
    """Say why one pair was flagged; see `explain_all`."""
    return explain_all([(first, second, forward, backward)], scorer)[0]


def explain_all(pairs: Sequence[FlaggedPair], scorer: Scorer | None) -> list[Evidence]:
    """Say why pairs were flagged: what kind of conflict each is and which words clash.

    Args:
        pairs: flagged pairs with their scores.
        scorer: asked, in one batch, about the first `ASKED` pairs of which the words alone leave open what
            clashes; None to go by the words alone.

    Returns:
        One `Evidence` a pair, in the order given.
    """
    compared = [compare(Reading(a.text, b.text), Reading(b.text, a.text)) for a, b, _, _ in pairs]
    texts = [(a.text, b.text) for a, b, _, _ in pairs]
    told: list[dict[str, float]] = [{}] * len(texts)
    if texts and isinstance(scorer, KindScorer):
        told = scorer.kinds(texts)
    drafts = [_draft(a, b, c, kinds) for (a, b), c, kinds in zip(texts, compared, told, strict=True)]
    if scorer:
        _vote(pairs, drafts, scorer)
    return [_evidence(p[0], p[1], draft) for p, draft in zip(pairs, drafts, strict=True)]


def _draft(first: str, second: str, compared: Comparison, told: Mapping[str, float]) -> _Draft:
    """The kind by a rule where one sees what differs, else by the classifier and what the model `told`."""
    candidates = compared.candidates
    best = candidates[0] if candidates else None
    deciding = best and (compared.edited or best.finding.rule in DECIDING)
    if best and deciding and best.finding.kind != "other" and best.weight >= SURE:
        kept = candidates if compared.edited else [c for c in candidates if c.finding.kind == best.finding.kind]
        return _Draft(best.finding.kind, "rule", "rule", kept)
    by_table = weigh(see(Reading(first, second), Reading(second, first), compared.found))
    kind, probability = likeliest(by_table, told)
    named = probability >= table().cut
    kind, kind_source = (kind, "model" if told else "classifier") if named else ("other", "none")
    if not compared.edited:
        fitting = [c for c in candidates if c.finding.kind in (kind, "other") or c.weight >= FITTING]
        phrases = [f for f in cue_phrases(kind, first, second) if not any(overlaps(f, c.finding) for c in fitting)]
        candidates = [_agreeing(c, kind) for c in (*fitting, *(Candidate(f, PHRASES) for f in phrases))]
        candidates.sort(key=lambda c: -c.weight)
    return _Draft(kind, kind_source, "rule" if candidates else "none", candidates)


def _agreeing(candidate: Candidate, kind: str) -> Candidate:
    """Words whose rule names the very kind that the whole pair was given speak louder than others."""
    if candidate.finding.kind == "other":
        return candidate
    if candidate.finding.kind == kind:
        return replace(candidate, weight=candidate.weight + AGREEMENT)
    return replace(candidate, weight=candidate.weight * DISAGREEMENT)


def _open(draft: _Draft) -> bool:
    """Whether the words alone leave open what clashes."""
    if len(draft.candidates) < 2:
        return not draft.candidates
    best, second = (c.weight for c in draft.candidates[:2])
    return best < SURE or second > NEARLY * best


def _vote(pairs: Sequence[FlaggedPair], drafts: list[_Draft], scorer: Scorer) -> None:
    """Put what is open to the model and note its answers in the drafts."""
    open_pairs = [n for n, draft in enumerate(drafts) if _open(draft)][:ASKED]
    asked = [
        question(first.text, second.text, forward, backward, drafts[n].candidates)
        for n in open_pairs
        for first, second, forward, backward in (pairs[n],)
    ]
    for n, answer in zip(open_pairs, ask(asked, scorer) if asked else [], strict=True):
        source = drafts[n].source if drafts[n].candidates else "model" if answer else "none"
        drafts[n] = replace(drafts[n], source=source, candidates=answer)


def _evidence(first: Sentence, second: Sentence, draft: _Draft) -> Evidence:
    candidates = draft.candidates
    best = candidates[0] if candidates else None
    chosen = [c for c in candidates if best and c.weight >= NEARLY * best.weight][:MAX_CLASHES]
    return Evidence(
        kind=draft.kind,
        clashes=tuple(_clash(first, second, c) for c in chosen),
        source=draft.source,
        explanation=word(first, second, best.finding if best else None, bool(best and best.weight >= SURE)),
        kind_source=draft.kind_source,
    )


def _clash(first: Sentence, second: Sentence, candidate: Candidate) -> Clash:
    one, two = candidate.finding.first or Span(0, 0), candidate.finding.second or Span(0, 0)
    return Clash(
        first_start=first.start + one.start,
        first_end=first.start + one.end,
        second_start=second.start + two.start,
        second_end=second.start + two.end,
    )
