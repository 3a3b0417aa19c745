"""What a language model answered -> verdicts, and nothing that was not asked for.

An answer counts as little as it can: an entry that is broken, names a pair that was not asked or contradicts
itself is no verdict, and a pair without one keeps the NLI model's word.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from inconsistency.errors import InputError
from inconsistency.verify.prompt import NONE, READINGS, one_line
from inconsistency.verify.verdict import Pair, Verdict

LONGEST = 200_000  # characters of an answer that are searched for JSON, the last ones
MOST_TRIES = 2_000  # places of it where JSON may begin
LONGEST_REASON = 1_000  # characters of a reason that are kept
NOT_SURE = 0.5  # confidence of a verdict that code had to overrule
_JSON_BEGINS = re.compile(r"[{\[]")
_THOUGHTS = re.compile(r"<(think|thinking|reasoning)>.*?</\1>", re.DOTALL | re.IGNORECASE)
_THOUGHT_BEGINS = re.compile(r"<(?:think|thinking|reasoning)>", re.IGNORECASE)
_THOUGHTS_END = re.compile(r".*</(?:think|thinking|reasoning)>", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Answer:
    """What was accepted of an answer.

    Attributes:
        verdicts: those on pairs that were asked.
        others: those on pairs that the model named itself; empty unless it was told that it may.
        refused: entries that were not accepted: broken, or of pairs that nobody may name.
        readable: whether it has the form that was asked for, be it without an entry.
    """

    verdicts: Mapping[Pair, Verdict] = field(default_factory=dict)
    others: Mapping[Pair, Verdict] = field(default_factory=dict)
    refused: int = 0
    readable: bool = True


def read_answer(
    text: str, asked: Mapping[tuple[int, int], Pair], shown: Mapping[int, int], discover: bool
) -> Answer:
    """Take the verdicts out of an answer.

    Args:
        text: the model's words.
        asked: sentence numbers of a suspected pair, the smaller first -> its positions.
        shown: number of a sentence that was shown -> its position.
        discover: whether the model may name pairs of its own.
    """
    whole = _last_object(text)
    if whole is None:
        return Answer(readable=False)
    verdicts, refused = read_entries(whole.get("pairs"))
    others, more = read_entries(whole.get("others")) if discover else ({}, 0)
    unknown = [numbers for numbers in verdicts if numbers not in asked]
    named = {n: v for n, v in others.items() if n not in asked and n[0] != n[1] and shown.keys() >= set(n)}
    return Answer(
        verdicts={asked[n]: v for n, v in verdicts.items() if n in asked},
        others={(shown[n[0]], shown[n[1]]): v for n, v in named.items()},
        refused=refused + more + len(unknown) + len(others) - len(named),
    )


def _last_object(text: str) -> dict[str, Any] | None:
    """The last JSON object that has a list of pairs; a bare list of objects is taken for that list.

    Where there is none, and the model does not think aloud, whole entries of an answer that was cut off count.
    """
    found, entries = None, []
    said = _without_thoughts(text)[-LONGEST:]
    for value in _json_values(said):
        if isinstance(value, list) and value and all(isinstance(entry, dict) for entry in value):
            value = {"pairs": value}
        if isinstance(value, dict) and isinstance(value.get("pairs"), list):
            found = value
        elif isinstance(value, dict):
            entries.append(value)
    if found is None and entries and '"pairs"' in said and not _THOUGHT_BEGINS.search(said):
        return {"pairs": entries}
    return found


def _without_thoughts(text: str) -> str:
    """The text without what stands between marks of thinking; some servers send only the closing one."""
    return _THOUGHTS_END.sub("", _THOUGHTS.sub("", text))


def _json_values(text: str) -> Iterator[Any]:
    """Every JSON object and list in a text that is not inside another one."""
    decoder = json.JSONDecoder()
    at = 0
    for _ in range(MOST_TRIES):
        begin = _JSON_BEGINS.search(text, at)
        if begin is None:
            return
        try:
            value, at = decoder.raw_decode(text, begin.start())
        except (ValueError, RecursionError):
            at = begin.start() + 1
            continue
        yield value


def read_entries(entries: Any) -> tuple[dict[tuple[int, int], Verdict], int]:
    """Verdicts by sentence numbers, the smaller first, and how many entries give none.

    Two entries of one pair that disagree are both no verdict: which of them was meant cannot be known.
    """
    if not isinstance(entries, list):
        return {}, 0
    found: dict[tuple[int, int], Verdict] = {}
    disputed = set()
    refused = 0
    for entry in entries:
        read = _entry(entry)
        if read is None:
            refused += 1
            continue
        numbers, verdict = read
        if numbers in found and found[numbers].verdict != verdict.verdict:
            disputed.add(numbers)
            refused += 1
        found.setdefault(numbers, verdict)
    return {n: v for n, v in found.items() if n not in disputed}, refused + len(disputed)


def _entry(entry: Any) -> tuple[tuple[int, int], Verdict] | None:
    """One entry of the answer, or None where a field is missing or holds what is not accepted."""
    if not isinstance(entry, dict):
        return None
    first, second = _whole_number(entry.get("first")), _whole_number(entry.get("second"))
    reading, same, reason = (entry.get(k) for k in ("compatible_reading", "same_subject", "reason"))
    if first is None or second is None or not isinstance(same, bool) or not isinstance(reason, str):
        return None
    if not isinstance(reading, str) or reading not in READINGS:
        return None
    try:
        verdict = Verdict(
            entry.get("verdict"),  # type: ignore[arg-type]  # Verdict itself refuses what it does not know
            entry.get("confidence"),  # type: ignore[arg-type]
            _clipped(one_line(reason)),
            None if reading == NONE else reading,
        )
    except InputError:
        return None
    return (min(first, second), max(first, second)), overruled(verdict, same)


def overruled(verdict: Verdict, same_subject: bool) -> Verdict:
    """The verdict, or "unsure" where a contradiction is called and the entry's own fields say that there is none.

    Nothing is ever made a contradiction here.
    """
    if verdict.verdict != "contradiction" or (same_subject and verdict.shape is None):
        return verdict
    return Verdict("unsure", NOT_SURE, verdict.reason, verdict.shape or "different subject")


def _whole_number(value: Any) -> int | None:
    """A sentence number; small models give it as text at times."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    return value if type(value) is int else None


def _clipped(text: str) -> str:
    return text if len(text) <= LONGEST_REASON else text[: LONGEST_REASON - 1] + "…"
