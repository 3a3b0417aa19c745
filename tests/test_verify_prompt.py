"""What a language model is asked: the article as data, the pairs as numbers, windows of long articles."""

from __future__ import annotations

import json
import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inconsistency.sentences import Sentence, from_texts, split
from inconsistency.verify import prompt
from inconsistency.verify.windows import windows
from injections import INJECTIONS

LINE = re.compile(r"> (?:\d+(?: \(headline\))?: .*|\(sentences left out here\))")


def article(texts: list[str]) -> tuple[Sentence, ...]:
    """Sentences as they are, the first of them the headline."""
    return from_texts(texts, headline=True)


def asked(sentences: tuple[Sentence, ...], pairs: list[tuple[int, int]]) -> tuple[list[str], str, str]:
    """Lines of the fenced article, the code of its fence, and what stands after it."""
    text = prompt.question(sentences, range(len(sentences)), pairs)
    fenced, rest = text.split("\nEND OF ARTICLE ", 1)
    first, *lines = fenced.split("\n")
    code, rest = rest.split("\n", 1)
    assert first == f"ARTICLE {code}"
    return lines, code, rest


def test_sentences_have_the_numbers_of_the_report() -> None:
    """A sentence is called by its number in the report; furniture is not shown and keeps its number."""
    sentences = split("Bridge falls\n\nA bridge fell on Monday.\n\nRead more\n\nNo bridge fell on Monday.")
    shown = [k for k, s in enumerate(sentences) if s.role != "furniture"]
    text = prompt.question(sentences, shown, [(1, 3)])

    assert "> 1 (headline): Bridge falls\n> 2: A bridge fell on Monday.\n> 4: No bridge fell on Monday." in text
    assert text.endswith("1 suspected pair, by sentence numbers:\n2 and 4")
    assert "Read more" not in text


@pytest.mark.parametrize("words", INJECTIONS)
def test_an_article_cannot_leave_its_fence(words: str) -> None:
    """Whatever a sentence says, it stays on its own quoted line, and what is asked after the fence is ours."""
    sentences = article(["A mill burned", words, "No mill burned."])
    lines, code, rest = asked(sentences, [(0, 2)])

    assert len(lines) == 3
    assert all(LINE.fullmatch(line) for line in lines)
    assert not any(code in line for line in lines)
    assert rest == "\n1 suspected pair, by sentence numbers:\n1 and 3"


@given(st.lists(st.text(min_size=1), min_size=1, max_size=8))
def test_any_text_stays_inside(texts: list[str]) -> None:
    """Each sentence is one line of the fence, whatever characters it holds, and the prompt can be sent."""
    lines, _, rest = asked(article(texts), [(0, 0)])

    assert len(lines) == len(texts)
    assert all(LINE.fullmatch(line) and line.isprintable() for line in (text.replace("\u200c", "").replace("\u200d", "") for text in lines))
    assert rest.count("\n") == 2
    json.dumps(lines, ensure_ascii=False).encode()


def test_the_version_changes_with_every_word() -> None:
    """What does not come from the article has a digest, another one where the model may name pairs itself."""
    assert re.fullmatch("[0-9a-f]{12}", prompt.version(False))
    assert prompt.version(False) != prompt.version(True)


def test_the_version_is_that_of_the_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """One reading said in other words is another prompt."""
    before = prompt.version(False)
    monkeypatch.setitem(prompt.READINGS, "other", "something else")

    assert prompt.version(False) != before


def test_the_reason_comes_before_the_verdict() -> None:
    """The schema has the reason first, then what the code checks, then the verdict; nothing else may stand there."""
    form = prompt.schema(discover=True)
    entry = form["properties"]["pairs"]["items"]

    assert list(form["properties"]) == ["pairs", "others"]
    assert list(entry["properties"]) == [
        "first", "second", "reason", "same_subject", "compatible_reading", "verdict", "confidence"
    ]  # fmt: skip
    assert entry["required"] == list(entry["properties"])
    assert entry["additionalProperties"] is False
    assert list(prompt.schema(discover=False)["properties"]) == ["pairs"]


def numbered(count: int, length: int = 20) -> tuple[Sentence, ...]:
    """A headline and sentences of one length."""
    return article([f"Sentence {k} ".ljust(length, "x") for k in range(count)])


def test_a_short_article_is_one_window() -> None:
    """What fits is shown whole, and all pairs are asked there."""
    (only,) = windows(numbered(10), [(0, 1), (2, 9)], 10_000)

    assert only.shown == tuple(range(10))
    assert only.pairs == [(0, 1), (2, 9)]


@given(
    st.lists(st.integers(1, 300), min_size=2, max_size=60),
    st.integers(100, 2000),
    st.lists(st.tuples(st.integers(0, 59), st.integers(0, 59)), max_size=12),
    st.booleans(),
)
def test_windows_lose_nothing(
    lengths: list[int], most: int, drawn: list[tuple[int, int]], everything: bool
) -> None:
    """Every pair is asked once, where both sentences are shown; with everything asked for, each sentence is shown."""
    sentences = article(["x" * n for n in lengths])
    pairs = sorted({(min(p), max(p)) for p in drawn if p[0] != p[1] and max(p) < len(lengths)})
    found = windows(sentences, pairs, most, everything)

    assert sorted(p for w in found for p in w.pairs) == pairs
    assert all(set(p) <= set(w.shown) for w in found for p in w.pairs)
    assert all(list(w.shown) == sorted(set(w.shown)) for w in found)
    if everything:
        assert {k for w in found for k in w.shown} == set(range(len(lengths)))
    else:
        assert all(w.pairs for w in found)


def test_consecutive_windows_overlap() -> None:
    """The next window repeats the end of the one before, and none is longer than allowed."""
    found = windows(numbered(100), [], 1000, everything=True)

    assert len(found) > 1
    for one, after in pairwise(found):
        assert set(one.shown) & set(after.shown)
    assert all(len(w.shown) * 32 <= 1000 for w in found)


def test_far_sentences_get_a_window_of_their_surroundings() -> None:
    """A pair that no window shows is asked with the headline and what stands around both; gaps are marked."""
    sentences = numbered(200)
    (only,) = windows(sentences, [(50, 190)], 2000)

    assert {0, 49, 50, 51, 189, 190, 191} <= set(only.shown)
    assert len(only.shown) < 30
    text = prompt.question(sentences, only.shown, only.pairs)
    assert text.count("> (sentences left out here)") == 3
    assert text.endswith("51 and 191")


def test_furniture_is_in_no_window() -> None:
    """Web-page furniture is neither shown nor counted as a gap, unless somebody asks about it."""
    sentences = split("Bridge falls\n\nA bridge fell on Monday.\n\nRead more\n\nNo bridge fell on Monday.")
    (only,) = windows(sentences, [(1, 3)], 10_000)

    assert only.shown == (0, 1, 3)
    assert "left out" not in prompt.question(sentences, only.shown, only.pairs)
    assert windows(sentences, [(1, 2)], 10_000)[0].shown == (0, 1, 2, 3)
