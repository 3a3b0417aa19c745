"""Names of people, places and bodies by their capitals, with offsets, and what they look like."""

from __future__ import annotations

import re
from dataclasses import dataclass

from inconsistency.lexicon import MONTHS, PLACES, WEEKDAYS

_NAME = re.compile(
    r"[A-ZÀ-ÖØ-ÞŠŽČŁ][\w’'\-]*(?:(?: (?:of|de|da|del|della|van|von|al|bin|the)){0,2} [A-ZÀ-ÖØ-ÞŠŽČŁ][\w’'\-]*)*"
)
_PLACE_BEFORE = re.compile(
    r"\b(?:in|at|near|from|to|into|outside|across|around|off|through|via|of|towards?|reached|left)"
    r"(?: the)?(?: (?:north|south|east|west|central|northern|southern|eastern|western|port|town|city"
    r"|village|island|province|district|state)(?: of)?)*\s*$",
    re.IGNORECASE,
)
_PERSON_BEFORE = re.compile(
    r"\b(?:mr|mrs|ms|dr|sir|lady|lord|judge|president|minister|chancellor|senator|captain|colonel"
    r"|general|professor|father|sister|bishop|king|queen|prince|princess|coach|inspector)\.?\s*$",
    re.IGNORECASE,
)
_LONGEST_BEFORE = 60  # characters before a name that are read, so that the work grows with the sentence only
_PERSON_AFTER = re.compile(r"(?:'s|’s)?,? (?:said|says|told|added|who|\d\d,|asked|wrote|denied)\b")

_NOT_NAMES = frozenset(WEEKDAYS) | frozenset(MONTHS) | frozenset({"i", "mr", "mrs", "ms", "dr"})


@dataclass(frozen=True, slots=True)
class Name:
    """A capitalised name. `place` and `person` say what its surroundings make of it."""

    text: str
    start: int
    end: int
    place: bool
    person: bool

    @property
    def words(self) -> frozenset[str]:
        """Its words in lower case, possessive endings removed."""
        return _words(self.text)


def names(text: str, known: str = "") -> list[Name]:
    """Names of a sentence.

    Args:
        text: the sentence.
        known: the other sentence; a first word counts as a name only when it is a known place,
            is one of several capitals, or stands capitalised inside the other sentence.
    """
    found = []
    first = len(text) - len(text.lstrip(" \"'“‘("))
    for match in _NAME.finditer(text):
        name, start = match.group(), match.start()
        opening = start <= first
        if opening and " " in name:
            head, rest = name.split(" ", 1)
            if head.lower() in _OPENERS and rest[0].isupper():
                name, start, opening = rest, start + len(head) + 1, False
        head, _, rest = name.partition(" ")
        if head in _TITLES and rest:
            name, start, opening = rest, start + len(head) + 1, False
        if name.split()[0].lower() in _NOT_NAMES or len(name) < 2:
            continue
        if opening and " " not in name and not _known(name, known):
            continue
        found.append(_name(text, name, start))
    return found


_TITLES = frozenset({"Mr", "Mrs", "Ms", "Dr"})  # without a full stop, as in Britain; "DR Congo" is a country
_OPENERS = frozenset("the a an in on at after before when while as but and for from by both among under".split())


def _words(name: str) -> frozenset[str]:
    return frozenset(re.sub(r"['’]s$", "", word).lower() for word in name.split())


def _known(name: str, other: str) -> bool:
    if name.lower() in PLACES:
        return True
    return bool(re.search(rf"(?<=[a-z,] ){re.escape(name)}\b", other))


def _name(text: str, name: str, start: int) -> Name:
    end = start + len(name)
    near = max(0, start - _LONGEST_BEFORE)
    # Neither "Anna Lee of Sweden" nor the "Bank of England" is a place.
    gazetted = bool(_words(name.split(" of ")[0]) & PLACES)
    person = not gazetted and bool(_PERSON_BEFORE.search(text, near, start) or _PERSON_AFTER.match(text, end))
    place = gazetted or (not person and bool(_PLACE_BEFORE.search(text, near, start)))
    return Name(name, start, end, place, person)
