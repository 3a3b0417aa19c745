"""Sentence -> `Cues`: cheap facts about its words, computed once and used by the gate and the decision."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from functools import lru_cache

# Words that carry no topic. Short on purpose: rarity inside the article (TF-IDF) does the rest.
STOP = frozenset(
    "a an and are as at be been but by for from had has have he her him his i in is it its not of on or "
    "said says she so that the their them they this to was we were which who will with would you".split()
)
# Line breaks inside a sentence, and apostrophes as typesetters have them; one character for one, so offsets stay.
_PLAIN = str.maketrans({"\n": " ", "\r": " ", "\t": " ", "\u00a0": " ", "\u202f": " ", "\u2019": "'"})
_WORD = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*|\d[\d.,:/]*\d|\d")
_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_NUMBER_WORDS = {word: str(value) for value, word in enumerate(_ONES)} | {"dozen": "12", "hundred": "100"}
_NUMBER_WORDS |= {ten: str(10 * value) for value, ten in enumerate(_TENS, start=2)}
_NUMBER_WORDS |= {
    f"{ten}-{one}": str(10 * tens + ones)
    for tens, ten in enumerate(_TENS, start=2)
    for ones, one in enumerate(_ONES[1:10], start=1)
}
_PRONOUN = re.compile(r"\b(?:he|she|it|they|him|her|them|his|hers|its|their|theirs|both|neither)\b", re.I)
_ROLE = re.compile(r"\b(?:the|this|that|these|those)\s+[a-z]", re.I)
# "Could" tells of what somebody was able to do as often as of what is uncertain: "before rescuers could
# reach him", "he could not swim", "she could see the fire".
_HEDGE = re.compile(
    r"\b(?:could(?! (?:not|never|no longer|barely|hardly|only|reach|see|hear|feel|smell|tell)\b)|if|would|"
    r"might|(?-i:may)|should|unless|whether|perhaps|possibly|likely|unlikely|reportedly|"
    r"allegedly|believed|thought|expected|planned|hope[sd]?|fear(?:s|ed)?|threaten(?:s|ed)?|had been due)\b",
    re.I,
)
_EARLIER = re.compile(
    r"\b(?:earlier|previous(?:ly)?|former(?:ly)?|until|initially|at first|originally|last (?:year|month|week)|"
    r"ago|since|later|now|then|by (?:then|now)|so far|in (?:19|20)\d\d)\b",
    re.I,
)
_NOT_PASSIVE = r"(?<!\bis )(?<!\bare )(?<!\bwas )(?<!\bwere )(?<!\bbeen )"
# A fire claims lives, and insurers pay claims: to claim is speech where words follow.
_SPEECH = re.compile(
    r"[\"“”«»]|\baccording to\b|" + _NOT_PASSIVE + r"\b(?:said|says|told|den(?:y|ies|ied)|insist(?:s|ed)?|"
    r"argue[sd]?|accuse[sd]?|claim(?:s|ed)?(?= (?:that|he|she|it|they|to)\b|,))(?!\w)",
    re.I,
)
_PART = re.compile(
    r"\b(?:of (?:them|those|these|the \w+|its|their|his|her)|including|among (?:them|those|the)|half|most|"
    r"(?:some|others?|many|several|few|none|all|each|one) of)\b",
    re.I,
)
_SEQUENCE = re.compile(
    r"\b(?:then|after(?:wards?)?|before|subsequently|later|eventually|finally|by the time|went on to|meanwhile)\b",
    re.I,
)
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
_DAYS = (
    "monday tuesday wednesday thursday friday saturday sunday january february march april may june july august "
    "september october november december today tomorrow tonight"
)
_NOBODY = STOP | frozenset("i we you they one it there what but mr mrs ms dr sir later also yesterday".split())
_NOBODY |= frozenset(_DAYS.split())
# A council rejects a plan and a judge denies bail; denial is of something that was said.
_DENIAL = re.compile(
    _NOT_PASSIVE + r"\b(?:den(?:y|ies|ied)\b(?! (?:\w+ )?(?:bail|access|entry|permission|parole|visas?)\b)|"
    r"disputed\b|disputes (?=the|that|this|his|her|its|their)|"
    r"(?:reject|dismiss)(?:s|es|ed)?(?= (?:[\w'-]+ ){0,3}"
    r"(?:claims?|allegations?|accusations?|suggestions?|reports?|charges|idea|notion|rumou?rs?|criticisms?)\b))",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Cues:
    """What a sentence's words say about whom and what it is.

    Attributes:
        stems: stems of its content words, lower case.
        names: capitalised words that do not open the sentence, lower case.
        numbers: numbers as digits, number words up to a hundred included.
        anaphoric: it has a third-person pronoun or a definite role ("the defector").
        hedged: conditional, modal or reported as uncertain.
        earlier: speaks of another time than the article's now.
        speech: a quotation or reported speech.
        speakers: words that name whose speech it is, lower case; empty where nobody or only a pronoun does.
        denial: reports that somebody denies or disputes something.
        part: speaks of a part of a whole.
        sequence: places itself before or after something.
        words: how many words it has.
    """

    stems: frozenset[str]
    names: frozenset[str]
    numbers: frozenset[str]
    anaphoric: bool
    hedged: bool
    earlier: bool
    speech: bool
    speakers: frozenset[str]
    denial: bool
    part: bool
    sequence: bool
    words: int


@lru_cache(maxsize=1)
def _stemmer() -> object:
    import snowballstemmer

    return snowballstemmer.stemmer("english")


_TURN = threading.Lock()


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The stem of a lower-case English word; other scripts come back as they are."""
    # The stemmer works on a word in its own attributes, so a second thread would mix two words, and the cache
    # would keep what came out.
    with _TURN:
        return str(_stemmer().stemWord(word))  # type: ignore[attr-defined]


def plain(text: str) -> str:
    """The text with spaces for line breaks and straight apostrophes, of the same length."""
    return text.translate(_PLAIN)


def read_cues(text: str) -> Cues:
    """Read a sentence's cues."""
    text = plain(text)
    words = _WORD.findall(text)
    lower = [w.lower() for w in words]
    numbers = {w.strip(".,:/").replace(",", "") for w in words if w[0].isdigit()}
    numbers |= {_NUMBER_WORDS[w] for w in lower if w in _NUMBER_WORDS}
    return Cues(
        stems=frozenset(stem(w) for w in lower if w not in STOP and not w[0].isdigit()),
        names=frozenset(w.lower() for w in words[1:] if w[0].isupper()),
        numbers=frozenset(numbers),
        anaphoric=bool(_PRONOUN.search(text) or _ROLE.search(text)),
        hedged=bool(_HEDGE.search(text)),
        earlier=bool(_EARLIER.search(text)),
        speech=bool(_SPEECH.search(text)),
        speakers=read_speakers(text),
        denial=bool(_DENIAL.search(text)),
        part=bool(_PART.search(text)),
        sequence=bool(_SEQUENCE.search(text)),
        words=len(words),
    )


def read_speakers(text: str) -> frozenset[str]:
    """Words that name whose speech a sentence reports: names, or the noun beside the verb."""
    found: set[str] = set()
    for verb in _VERB.finditer(text):
        window = text[max(0, verb.start() - 90) : verb.start()]
        before = m[1] if (m := _RELATIVE.search(window)) else _CLAUSE.split(window)[-1].rstrip()
        after = _AFTER.split(text[verb.end() : verb.end() + 60])[0]
        # "..., said Mr Lee" and "according to the ministry" name the speaker after the verb.
        turned = verb.group(1) or ((before.endswith(",") or not before) and _opens_with_name(after))
        found |= _names(after) or _last_noun(_WORD.findall(after)) if turned else _subject(before)
    return frozenset(found)


def _opens_with_name(clause: str) -> bool:
    words = [w for w in _WORD.findall(clause) if w.lower() not in ("mr", "mrs", "ms", "dr", "sir")]
    return bool(words) and words[0][0].isupper()


def _names(clause: str) -> set[str]:
    """Capitalised words that can name somebody, lower case."""
    return {w.lower() for w in _WORD.findall(clause) if w[0].isupper() and w.lower() not in _NOBODY}


def _subject(clause: str) -> set[str]:
    """Who does what the verb after this clause says: "police", "Lee" or "Lee, a nurse,"."""
    parts = [part for part in clause.split(",") if part.strip()]
    near = " ".join(parts[-2:] if clause.endswith(",") else parts[-1:])
    return _names(near) or _last_noun(_WORD.findall(near))


def _last_noun(words: list[str]) -> set[str]:
    """The last word, unless it names nobody: "the minister said", but not "he said"."""
    nobody = not words or words[-1].lower() in _NOBODY or _PRONOUN.match(words[-1]) or words[-1][0].isdigit()
    return set() if nobody else {words[-1].lower()}
