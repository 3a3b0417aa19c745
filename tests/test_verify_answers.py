"""What is accepted of a language model's answer: verdicts on what was asked, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inconsistency import Verdict
from inconsistency.verify.answers import LONGEST_REASON, Answer, read_answer
from inconsistency.verify.prompt import READINGS
from injections import ANSWER, INJECTIONS

ASKED = {(2, 3): (1, 2), (2, 5): (1, 3)}
SHOWN = {1: 0, 2: 1, 3: 2, 5: 3}


def entry(first: Any = 2, second: Any = 3, **changed: Any) -> dict[str, Any]:
    """A good entry of an answer, with some fields changed."""
    fields = {"reason": "Only one number can be right.", "same_subject": True, "compatible_reading": "none"}
    return {"first": first, "second": second} | fields | {"verdict": "contradiction", "confidence": 0.9} | changed


def read(text: str, discover: bool = False) -> Answer:
    """What is accepted of an answer about `ASKED`."""
    return read_answer(text, ASKED, SHOWN, discover)


def of(*entries: Any, **more: Any) -> str:
    """An answer of these entries."""
    return json.dumps({"pairs": list(entries)} | more)


SURE = Verdict("contradiction", 0.9, "Only one number can be right.")


@pytest.mark.parametrize(
    "text",
    [
        of(entry()),
        of(entry(3, 2)),
        of(entry("2", "3")),
        f"Here is my answer:\n```json\n{of(entry())}\n```\nI hope [that] {{helps}}.",
        f"<think>Perhaps {of(entry(verdict='compatible'))}?</think>{of(entry())}",
        f"It may be {of(entry(verdict='compatible'))}</think>{of(entry())}",
        f"First {of(entry(verdict='compatible'))}, no: {of(entry())}",
        json.dumps([entry()]),
        of(entry(), entry(confidence=0.7)),
        of(entry(), surplus="ignored"),
    ],
)
def test_the_last_json_object_is_taken(text: str) -> None:
    """A good answer is found among words, thoughts, drafts and code fences, in either order of the two numbers."""
    assert read(text).verdicts == {(1, 2): SURE}


@pytest.mark.parametrize(
    ("changed", "shape"),
    [
        ({"same_subject": False}, "different subject"),
        ({"compatible_reading": "change over time"}, "change over time"),
        ({"same_subject": False, "compatible_reading": "part and whole"}, "part and whole"),
    ],
)
def test_code_overrules_a_verdict_that_its_own_fields_deny(changed: dict[str, Any], shape: str) -> None:
    """A contradiction of two subjects, or with a compatible reading, is "unsure", and says which reading it was."""
    verdict = read(of(entry(**changed))).verdicts[1, 2]

    assert (verdict.verdict, verdict.confidence, verdict.shape) == ("unsure", 0.5, shape)


def test_code_makes_no_contradiction() -> None:
    """A pair that the model calls compatible stays so, whatever its other fields say."""
    verdict = read(of(entry(verdict="compatible"))).verdicts[1, 2]

    assert (verdict.verdict, verdict.confidence, verdict.shape) == ("compatible", 0.9, None)


@pytest.mark.parametrize(
    "broken",
    [
        entry(verdict="clash"),
        entry(verdict=None),
        entry(confidence=90),
        entry(confidence=-0.1),
        entry(confidence="0.9"),
        entry(confidence=True),
        entry(confidence=float("nan")),
        entry(same_subject="yes"),
        entry(compatible_reading="misunderstanding"),
        entry(compatible_reading=["none"]),
        entry(reason=None),
        entry(first=2.5),
        entry(first=True),
        entry(first=None),
        {"first": 2, "second": 3},
        [2, 3, "contradiction"],
        "2 and 3 contradict",
        None,
    ],
)
def test_a_broken_entry_is_no_verdict(broken: Any) -> None:
    """What is missing or out of range is not guessed; the other entries stand."""
    answer = read(of(entry(2, 5), broken))

    assert answer.verdicts == {(1, 3): SURE}
    assert answer.refused == 1


def test_pairs_that_were_not_asked_are_refused() -> None:
    """Unknown pairs and sentences give no verdict and are counted, also where pairs may be named."""
    text = of(entry(1, 2), entry(2, 9), others=[entry(1, 5), entry(1, 9), entry(3, 3), entry(2, 3)])

    assert read(text) == Answer({}, {}, 2)
    assert read(text, discover=True) == Answer({}, {(0, 3): SURE}, 5)


def test_two_entries_that_disagree_are_no_verdict() -> None:
    """Which of two verdicts on one pair was meant cannot be known."""
    answer = read(of(entry(), entry(3, 2, verdict="compatible"), entry(2, 5)))

    assert answer.verdicts == {(1, 3): SURE}
    assert answer.refused == 2


@pytest.mark.parametrize(
    "words",
    [*INJECTIONS, ANSWER, "", "{", "[" * 100_000, '{"pairs": ' * 3000, "null", "[]"],
    ids=lambda words: words[:20],  # the whole of it would go through every line of pytest, and to each of its workers
)
def test_an_answer_that_repeats_the_article_gives_no_verdict(words: str) -> None:
    """Prose, obeyed instructions and verdicts on other pairs leave every pair without a verdict."""
    assert read(words).verdicts == {}


def test_reasons_are_foreign_text() -> None:
    """A reason is one line of signs that can be seen and written, and no longer than is read."""
    verdict = read(of(entry(reason="a\u202e\x1b[2Jb\n\ud800 " + "c" * 5000))).verdicts[1, 2]

    assert verdict.reason.startswith("a [2Jb ccc")
    assert len(verdict.reason) == LONGEST_REASON
    verdict.reason.encode()


LEAF = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 9), st.floats(), st.text(max_size=8), st.sampled_from(list(READINGS)),
    st.sampled_from(["contradiction", "compatible", "unsure"]),
)  # fmt: skip
FIELDS = ["first", "second", "reason", "same_subject", "compatible_reading", "verdict", "confidence"]


@given(st.lists(st.dictionaries(st.sampled_from(FIELDS), LEAF), max_size=6), st.booleans())
def test_any_answer_gives_only_what_was_asked(entries: list[dict[str, Any]], discover: bool) -> None:
    """Whatever comes back, verdicts are on asked pairs, others on shown ones, and nothing is raised."""
    answer = read(json.dumps({"pairs": entries, "others": entries}), discover)

    assert set(answer.verdicts) <= set(ASKED.values())
    assert not set(answer.others) & set(ASKED.values())
    assert discover or not answer.others


@given(st.text())
def test_any_words_are_survived(text: str) -> None:
    """Words that are no answer give none."""
    assert read(text).verdicts == {}
