"""Numbers with units, with offsets: "fourteen people", "$6.1 million", "more than 40", "5-7 %".

Own code, because no light library gives all of offsets, number words, ranges and bounds
("more than 40" allows 41): word2number has no offsets, quantulum3 brings a classifier and
resolves units that a newspaper's counts ("14 soldiers") do not have.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from math import inf

from inconsistency.evidence.dates import Moment
from inconsistency.lexicon import FRACTIONS, FUNCTION_WORDS, NUMBER_WORDS, REPORTING, SCALES, Token, stem, tokenize

_HALVES = frozenset("first second nd other opening latter".split())  # before "half": a part, not a share
_CURRENCY = {"$": "dollar", "€": "euro", "£": "pound", "¥": "yen"}
_ABOVE = re.compile(
    r"\b(?:(?<!no )more than|at least|over|above|no (?:fewer|less) than|upwards of|exceeding)\s*[$€£¥]?$"
)
_BELOW = re.compile(r"\b(?:(?<!no )(?:less|fewer) than|at most|under|below|up to|no more than)\s*[$€£¥]?$")
_ABOUT = re.compile(r"\b(?:about|around|some|roughly|nearly|almost|approximately|barely)\s*[$€£¥]?$")
_LONGEST_BEFORE = 60  # characters before a number that are read, so that the work grows with the sentence only
_SEVERAL = re.compile(r"\b(?:several|few|many)\s*$")
_RANGE = re.compile(r"^\s*(?:-|–|to|and)\s*[$€£¥]?$")
# "It rose from 14 to 41" is no range: neither then nor now was it 30.
_CHANGE = re.compile(
    r"\b(?:rose|risen|rising|rises?|grew|grown|growing|grows?|went|up|down|fell|fallen|falling|falls?|cut|shrank"
    r"|(?:climb|increas|jump|rais|revis|soar|surg|expand|doubl|chang|dropp?|declin|reduc|lower)(?:e?[ds]?|ing))"
    r"(?: [\w'’-]+){0,4}? from(?: (?:about|around|some|roughly|nearly|almost|approximately|barely|just|only))?\s*$"
)
# What is glued to letters is a name's: "G20", "Covid-19"; but not "EUR5m", nor the 10 of "5m-10m".
_NAMED = re.compile(
    r"(?<![\w-])(?!(?:eur|usd|gbp|chf|jpy|cny|rmb|inr|rs|aud|cad|nzd|hkd|sgd|sek|nok|dkk|pln)$)[^\W\d_][\w-]*$"
)
# Plural of a noun; words in "-ss", "-us" and "-is" are hardly ever one.
_PLURAL = re.compile(r"[a-z]*[a-hj-rtv-z]s|people|men|women|children|police|troops")
_MOST_ADJECTIVES = 3  # between a number and its noun
# Verbs and measures, behind which a plural is not what is counted: "two face charges", "40 mph winds".
_NO_ADJECTIVES = frozenset(
    """died lost fled left face faced faces suffered sustained survived escaped remain remained need needed
    received joined took got made saw found fought fighting won met held shared mph kph mm cm ft litre liter acre
    hectare megawatt storey story star point bedroom man person""".split()
)

# Units that are never compared with a count of things.
_UNITS = {
    "time": "second minute hour day week month year decade century",
    "length": "millimetre millimeter centimetre centimeter metre meter kilometre kilometer mile km foot feet inch",
    "mass": "gram kilo kilogram kg ton tonne",
    "money": "euro dollar pound yen rupee franc peso krona kroner zloty rand shilling pence cent",
    "percent": "percent",
    "fraction": "fraction",
    "degree": "degree",
}
DIMENSIONS = {stem(unit): dimension for dimension, named in _UNITS.items() for unit in named.split()}


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number and what it counts.

    Attributes:
        start: offset of its first character in the sentence.
        end: offset after its last.
        low: least value that fits the words.
        high: greatest value that fits them; equal to `low` for an exact number.
        unit: "percent", a currency, "fraction", or the stem of the noun that follows; may be "".
    """

    start: int
    end: int
    low: float
    high: float
    unit: str

    def fits(self, other: Quantity) -> bool:
        """Whether one value could satisfy both."""
        return self.low <= other.high and other.low <= self.high


# "No one came", "this one says"; "one another", "one says".
_BEFORE_PRONOUN = frozenset({"no", "any", "every", "some", "this"})
_BEHIND_PRONOUN = REPORTING | {"another", "else", "not", "never"}


def is_number_word(word: str) -> bool:
    """Whether a lower-case word is a number or part of one."""
    return word[:1].isdigit() or word in NUMBER_WORDS or word in SCALES


def quantities(text: str, skip: list[Moment]) -> list[Quantity]:
    """All numbers of a sentence that are not part of one of the time expressions in `skip`; no pronoun "one"."""
    tokens = [t for t in tokenize(text) if all(t.end <= m.start or m.end <= t.start for m in skip)]
    found: list[Quantity] = []
    position = 0
    while position < len(tokens):
        value, after = _value(tokens, position)
        named = value is not None and _NAMED.search(_before(text, tokens[position].start))
        if value is None or named or (value == 1 and _pronoun(text, tokens, position, after)):
            position += 1
            continue
        found.append(_quantity(text, tokens, position, after, value))
        position = after
    return _merge_ranges(text, found)


def _value(tokens: list[Token], at: int) -> tuple[float | None, int]:
    """The number that starts at a token, and the index after it; None when there is none."""
    total, position = _simple(tokens[at].lower), at + 1
    if total is None:
        return _fraction(tokens, at)
    while position < len(tokens):
        word = tokens[position].lower
        adjacent = tokens[position].start - tokens[position - 1].end <= 1
        small = NUMBER_WORDS.get(word)
        if word in SCALES and adjacent:
            total, position = total * SCALES[word], position + 1
        elif word == "and" and (more := _and_a_part(tokens, position)):
            total, position = total + more, position + 3
        elif word == "and" and position + 1 < len(tokens) and total >= 100:
            nested = NUMBER_WORDS.get(tokens[position + 1].lower)
            if nested is None or tokens[at].lower[0].isdigit():
                break
            total, position = total + nested, position + 2
        elif word in FRACTIONS and total < 20 and word.endswith("s") == (total != 1):
            return total * FRACTIONS[word], position + 1
        elif small is not None and total >= 100 and small < 100 and adjacent:
            total, position = total + small, position + 1
        else:
            break
    return total, position


def _pronoun(text: str, tokens: list[Token], at: int, after: int) -> bool:
    """Whether "one" counts nothing: "one of them", "no one", "bullet one: ...", "one said"."""
    if tokens[at].lower != "one":
        return False
    if after == len(tokens) or text[tokens[at].end : tokens[after].start].strip("- "):
        return True
    following = tokens[after]
    if at and tokens[at - 1].lower in _BEFORE_PRONOUN:
        return True
    return following.lower != "per" and (not following.is_content or following.lower in _BEHIND_PRONOUN)


def _and_a_part(tokens: list[Token], at: int) -> float:
    """What "and a half", "and a quarter" add to the number before; 0 for other words."""
    words = [t.lower for t in tokens[at + 1 : at + 3]]
    return FRACTIONS[words[1]] if words in (["a", "half"], ["a", "quarter"]) else 0.0


def _fraction(tokens: list[Token], at: int) -> tuple[float | None, int]:
    """As `_value`, where no number stands: "half", or an ordinal behind "a"; "the third goal" is no share."""
    word, before = tokens[at].lower, tokens[at - 1].lower if at else ""
    if word == "half":
        following = [t.lower for t in tokens[at + 1 : at + 3]]
        if following[:1] == ["a"] and following[-1] in SCALES:
            return SCALES[following[-1]] / 2, at + 3
        return (None, at) if before in _HALVES else (0.5, at + 1)
    if before == "a" and word in FRACTIONS and word != "quarter":
        return FRACTIONS[word], at + 1
    return None, at


def _simple(word: str) -> float | None:
    if word[0].isdigit():
        try:
            return float(word.replace(",", ""))
        except ValueError:
            return None
    return NUMBER_WORDS.get(word)


def _quantity(text: str, tokens: list[Token], first: int, after: int, value: float) -> Quantity:
    start, end, unit = tokens[first].start, tokens[after - 1].end, ""
    if first and tokens[first - 1].text in _CURRENCY and tokens[first - 1].end == start:
        unit, start = _CURRENCY[tokens[first - 1].text], tokens[first - 1].start
    percent = 0 if unit else _percent(tokens, after)
    if percent:
        unit, end = "percent", tokens[after + percent - 1].end
    elif not unit and 0 < value < 1:
        unit = "fraction"
    elif not unit:
        unit = _noun(text, tokens, after, value)
    before = _before(text, tokens[first].start)
    several = tokens[first].lower == "dozen" and _SEVERAL.search(before)
    low, high = (24.0, inf) if several else _bounds(before, value)
    return Quantity(start, end, low, high, unit)


def _before(text: str, start: int) -> str:
    return text[max(0, start - _LONGEST_BEFORE) : start].lower()


def _percent(tokens: list[Token], after: int) -> int:
    """How many tokens after a number say that it is a percentage; "per hour" does not."""
    following = [t.lower for t in tokens[after : after + 2]]
    if following == ["per", "cent"]:
        return 2
    return 1 if following[:1] in (["%"], ["percent"]) else 0


def _noun(text: str, tokens: list[Token], after: int, value: float) -> str:
    """The noun that a number counts: a plural behind its adjectives, else the first content word of the clause."""
    previous = after - 1
    for at in range(after, min(after + 2, len(tokens))):
        gap = text[tokens[previous].end : tokens[at].start]
        if gap.strip(" -"):
            return ""
        word = tokens[at].lower
        if word == "per":  # "12 per hour" and "8 per day" do not exclude each other
            return " ".join(t.stem for t in tokens[at : at + 2])
        if word not in FUNCTION_WORDS:
            # "14 in London hospitals", "3-storey houses", "20th century houses" count no hospitals or houses.
            direct = at == after and gap.isspace() and value != 1
            noun = tokens[_plural(text, tokens, at) if direct else at]
            return noun.stem if noun.text.isalpha() else ""
        previous = at
    return ""


def _plural(text: str, tokens: list[Token], first: int) -> int:
    """The plural that a content word and what follows describe, as in "British soldiers"; else the word itself."""
    if tokens[first].stem in DIMENSIONS:  # "5 km races"
        return first
    for at in range(first, min(first + _MOST_ADJECTIVES + 1, len(tokens))):
        word = tokens[at].lower
        if at > first and text[tokens[at - 1].end : tokens[at].start].strip():
            break
        if word in FUNCTION_WORDS or word in _NO_ADJECTIVES or is_number_word(word):
            break
        if _PLURAL.fullmatch(word):
            return at
    return first


def _bounds(before: str, value: float) -> tuple[float, float]:
    """What the words before a number make of it; "about 40" allows 10 % either way."""
    if _ABOVE.search(before):
        return value, inf
    if _BELOW.search(before):
        return 0.0, value
    if _ABOUT.search(before):
        return value * 0.9, value * 1.1
    return value, value


def _merge_ranges(text: str, found: list[Quantity]) -> list[Quantity]:
    merged: list[Quantity] = []
    for quantity in found:
        last = merged[-1] if merged else None
        if last and _RANGE.match(text[last.end : quantity.start]) and last.low < quantity.high:
            before = _before(text, last.start)
            between = before.rstrip().endswith(("between", "from"))
            if between or "and" not in text[last.end : quantity.start]:
                scale = _shared_scale(text, last, quantity)
                if not _CHANGE.search(before):
                    unit = last.unit if last.unit in _CURRENCY.values() else quantity.unit
                    merged[-1] = Quantity(last.start, quantity.end, last.low * scale, quantity.high, unit)
                    continue
                merged[-1] = replace(last, low=last.low * scale, high=last.high * scale)
        merged.append(quantity)
    return merged


def _shared_scale(text: str, first: Quantity, second: Quantity) -> float:
    """What the first number of a range is multiplied with: "5 to 10 million" is 5 million to 10 million."""
    words = (re.split(r"[^a-z]", text[q.start : q.end].lower())[-1] for q in (first, second))
    own, scale = (SCALES.get(word, 1.0) for word in words)
    return scale if own == 1 and first.low * scale < second.high else 1.0
