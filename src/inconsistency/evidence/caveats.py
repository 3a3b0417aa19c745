"""A flagged pair -> the compatible reading that its words also allow, or none.

A caveat stands beside a flag and tells the reader what to look at; it changes no probability. It has to be rarer
in contradictions than in sentences that only seem to clash. One of two sentences says "before" or "some of them"
as often in either (train groups), so that neither a sequence of events nor a part of a whole is told by words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from inconsistency.evidence.candidates import findings
from inconsistency.evidence.types import Facts
from inconsistency.lexicon import MONTHS, STOP, TOKEN, WEEKDAYS, content_stems, plain

_PRONOUN = re.compile(r"\b(?:he|she|it|they|him|her|them|his|hers|its|their|theirs|both|neither)\b", re.I)
# "Could" tells of what somebody was able to do as often as of what is uncertain: "before rescuers could
# reach him", "he could not swim"; "could be" seldom does. "Should they lose" is a condition, "he should" is none.
_HEDGE = re.compile(
    r"\b(?:(?<!as )(?<!even )if|might|could (?:be|have|yet|still|become|mean)|(?-i:may) (?:be|have|yet|still)|"
    r"unless|provided that|perhaps|possibly|reportedly|allegedly|hopes|suspects|thinks|believes)\b|^should\b",
    re.I,
)
_EARLIER = re.compile(
    r"\b(?:at first|initially|originally|an earlier|previous|(?:years?|months?|weeks?) (?:ago|earlier)|"
    r"the (?:day|week|month|year) before|(?:since|by) then|had (?:said|told|promised|denied|announced))\b",
    re.I,
)
_NOT_PASSIVE = r"(?<!\bis )(?<!\bare )(?<!\bwas )(?<!\bwere )(?<!\bbeen )"
# Whose words they are: "Mr Lee said", "the minister, Ann Lee, says", "said Lee", "according to the ministry".
_VERB = re.compile(
    _NOT_PASSIVE + r"\b(?:sa(?:id|ys?)|tells?|told|den(?:y|ies|ied)|"
    r"insist(?:s|ed)|argue[sd]?|add(?:s|ed)|warn(?:s|ed)|believes?|explain(?:s|ed)|repl(?:ies|ied)|admit(?:s|ted)|"
    r"concede[sd]?|testified|(according to))\b",
    re.I,
)
# "Mr Lee, who was injured, said": what stands before the relative clause says whose words they are.
_RELATIVE = re.compile(r"([^.;:!?“”\"«»]*?),\s*(?:who|whose|which)\b[^.;:!?“”\"«»]*,\s*$", re.I)
_CLAUSE = re.compile(r"[.;:!?“”\"«»]|\b(?:and|but|that|which|who|when|while)\b", re.I)
_AFTER = re.compile(r"[,.;:“”\"]|\bthat\b", re.I)
_NOBODY = STOP.union(
    WEEKDAYS, MONTHS,
    "i we you they one it there what but mr mrs ms dr sir later also yesterday today tomorrow tonight".split(),
)  # fmt: skip
# A council rejects a plan and a judge denies bail; denial is of something that was said.
_DENIAL = re.compile(
    _NOT_PASSIVE + r"\b(?:den(?:y|ies|ied)\b(?! (?:\w+ )?(?:bail|access|entry|permission|parole|visas?)\b)|"
    r"disputed\b|disputes (?=the|that|this|his|her|its|their)|(?:reject|dismiss)(?:s|es|ed)?(?= (?:[\w'-]+ ){0,3}"
    r"(?:claims?|allegations?|accusations?|suggestions?|reports?|charges|idea|notion|rumou?rs?|criticisms?)\b))",
    re.I,
)
_STATES = frozenset({"number", "custody_outcome", "status_alive_dead"})  # which no denial softens
_DENIED = 2  # content words that a denial has to share with the other sentence


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Under what circumstances a sentence states what it states.

    Attributes:
        hedged: conditional or reported as uncertain.
        earlier: says that it speaks of an earlier time than the article's now.
        speakers: words that name whose speech it is, lower case; empty where nobody or only a pronoun does.
        denied: stems of what is said behind a verb of denial; empty without one.
    """

    hedged: bool
    earlier: bool
    speakers: frozenset[str]
    denied: frozenset[str]


def circumstances(text: str) -> Circumstances:
    """Read a sentence's circumstances."""
    text = plain(text)
    denial = _DENIAL.search(text)
    return Circumstances(
        hedged=bool(_HEDGE.search(text)),
        earlier=bool(_EARLIER.search(text)),
        speakers=read_speakers(text),
        denied=content_stems(text[denial.end() :]) if denial else frozenset(),
    )


def caveat(first: str, second: str) -> str | None:
    """The compatible reading that two sentences also allow, the most telling if there are several."""
    a, b = circumstances(first), circumstances(second)
    one, two = Facts(first, second), Facts(second, first)
    plain_states = _STATES & {found.kind for found in findings(one, two)}
    shared = len(a.denied & content_stems(second)), len(b.denied & content_stems(first))
    readings = {
        "quoted denial": bool(a.denied) != bool(b.denied) and max(shared) >= _DENIED and not plain_states,
        "different speakers": bool(a.speakers and b.speakers and not a.speakers & b.speakers),
        "hedged or conditional": a.hedged != b.hedged,
        "possible update over time": a.earlier != b.earlier and not plain_states,
    }
    return next((reading for reading, applies in readings.items() if applies), None)


def read_speakers(text: str) -> frozenset[str]:
    """Words that name whose speech a sentence reports: names, or the noun beside the verb."""
    found: set[str] = set()
    for verb in _VERB.finditer(text):
        window = text[max(0, verb.start() - 90) : verb.start()]
        before = m[1] if (m := _RELATIVE.search(window)) else _CLAUSE.split(window)[-1].rstrip()
        after = _AFTER.split(text[verb.end() : verb.end() + 60])[0]
        # "..., said Mr Lee" and "according to the ministry" name the speaker after the verb.
        turned = verb.group(1) or ((before.endswith(",") or not before) and _opens_with_name(after))
        found |= _names(after) or _last_noun(TOKEN.findall(after)) if turned else _subject(before)
    return frozenset(found)


def _opens_with_name(clause: str) -> bool:
    words = [w for w in TOKEN.findall(clause) if w.lower() not in ("mr", "mrs", "ms", "dr", "sir")]
    return bool(words) and words[0][0].isupper()


def _names(clause: str) -> set[str]:
    """Capitalised words that can name somebody, lower case."""
    return {w.lower() for w in TOKEN.findall(clause) if w[0].isupper() and w.lower() not in _NOBODY}


def _subject(clause: str) -> set[str]:
    """Who does what the verb after this clause says: "police", "Lee" or "Lee, a nurse,"."""
    parts = [part for part in clause.split(",") if part.strip()]
    near = " ".join(parts[-2:] if clause.endswith(",") else parts[-1:])
    return _names(near) or _last_noun(TOKEN.findall(near))


def _last_noun(words: list[str]) -> set[str]:
    """The last word, unless it names nobody: "the minister said", but not "he said"."""
    nobody = not words or words[-1].lower() in _NOBODY or _PRONOUN.match(words[-1]) or words[-1][0].isdigit()
    return set() if nobody else {words[-1].lower()}
