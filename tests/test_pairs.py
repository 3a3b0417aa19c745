"""Pairs are left out by rule or limit, never in silence; what is kept and what is left out add up."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inconsistency import pairs as pairs_module
from inconsistency.pairs import CandidatePairs, candidate_pairs, is_label
from inconsistency.sentences import Sentence

SUBJECTS = ["The mill", "He", "Anna Ode", "14 people", "The bridge in Tollin", "It", "Somebody", "…"]
VERBS = ["closed", "was open", "said so", "died on 3 May", "denies that fourteen came", ""]
TEXTS = st.builds("{} {}.".format, st.sampled_from(SUBJECTS), st.sampled_from(VERBS)) | st.text(max_size=30)
ROLES = st.sampled_from(["text", "text", "text", "headline", "furniture"])
ARTICLES = st.lists(st.tuples(TEXTS, ROLES), max_size=30)


def sentences(rows: list[tuple[str, str]]) -> list[Sentence]:
    """An article of (text, role) rows."""
    made, start = [], 0
    for index, (text, role) in enumerate(rows):
        kind = "prompt" if role == "furniture" else None
        made.append(Sentence(index, text, start, start + len(text), role=role, furniture=kind))
        start += len(text) + 1
    return made


def prose(count: int) -> list[Sentence]:
    """An article of `count` sentences that share words with their neighbours."""
    return sentences([(f"Mill {k % 37} in town {k % 11} closed on day {k}.", "text") for k in range(count)])


def indexes(found: CandidatePairs) -> list[tuple[int, int]]:
    """The chosen pairs as index pairs."""
    return [(p.first.index, p.second.index) for p in found.pairs]


@given(ARTICLES, st.none() | st.integers(min_value=1, max_value=200))
@settings(deadline=None)
def test_counts_add_up(rows: list[tuple[str, str]], limit: int | None) -> None:
    """Every pair of sentences that are not furniture is chosen or counted under a reason."""
    found = candidate_pairs(sentences(rows), limit)
    kept = sum(role != "furniture" for _, role in rows)

    assert found.considered == kept * (kept - 1) // 2
    assert found.considered == len(found.pairs) + sum(found.left_out.values())
    assert all(count > 0 for count in found.left_out.values())
    assert limit is None or len(found.pairs) <= limit


@given(ARTICLES)
@settings(deadline=None)
def test_pairs_are_ordered_and_met_once(rows: list[tuple[str, str]]) -> None:
    """`first` stands earlier, pairs stand in article order, and none occurs twice."""
    found = indexes(candidate_pairs(sentences(rows), None))

    assert all(first < second for first, second in found)
    assert found == sorted(set(found))


@given(ARTICLES)
@settings(deadline=None)
def test_furniture_takes_no_part(rows: list[tuple[str, str]]) -> None:
    """Furniture ("Read more") is paired with nothing."""
    found = candidate_pairs(sentences(rows), None)

    assert all(p.first.role != "furniture" and p.second.role != "furniture" for p in found.pairs)


@given(ARTICLES)
@settings(deadline=None)
def test_similarity_is_a_share(rows: list[tuple[str, str]]) -> None:
    """Two sentences are alike from 0, no word in common, to 1, the same words."""
    assert all(0 <= p.similarity <= 1 + 1e-6 for p in candidate_pairs(sentences(rows), None).pairs)


@pytest.mark.parametrize("count", [0, 1])
def test_too_short_for_a_pair(count: int) -> None:
    """An article of one sentence, or none, has no pairs."""
    assert candidate_pairs(prose(count)) == CandidatePairs((), 0, {})


def test_limit_keeps_the_most_alike() -> None:
    """Under a limit the pairs whose words are most alike stay, and the rest is counted."""
    rows = [
        ("Flooding closed 14 bridges near Tollin.", "text"),
        ("Somebody sang.", "text"),
        ("Nobody listened.", "text"),
        ("Flooding closed 41 bridges near Tollin.", "text"),
    ]
    found = candidate_pairs(sentences(rows), 1)

    assert indexes(found) == [(0, 3)]
    assert found.left_out == {"over the pair limit": 5}


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Early life", True),
        ("Image: Twitter / NASA.", True),
        ("Photo : Ann Lee", True),
        ("Archived", True),
        ("France v Switzerland; Israel v Republic of Ireland.", True),
        ("Cyprus v Israel.", True),
        ("Method 2 of 2: Basic Chocolate Vegan Cupcakes", True),
        ("Step 3: Preheat the oven", True),
        ("— Ann Lee (@annlee_1) January 4, 2015", True),
        ("— Ann Lee (@annlee_1)", True),
        ("— Ann Lee (@annlee_1) says that the mill closed on January 4, 2015", False),
        ("Ann Lee (@annlee_1) closed the mill in January.", False),
        ("France beat Cyprus; Israel beat Ireland.", False),
        ("In Roe v Wade the court ruled for her.", False),
        ("Rio 2016: Murray wins gold in the final", False),
        ("Part 2 of the trial began on Monday.", False),
        ("He is dead.", False),
        ("Nobody knows!", False),
        ("“He lied”", False),
        ("The mill closed on Monday", False),
        ("Images of the flood were shown.", False),
        ("…", True),
        ("2.", True),
        ("2. Peel the apples.", False),
    ],
)
def test_a_heading_states_nothing(text: str, label: bool) -> None:
    """Three words without a final mark, a credit, or no letter at all; a short sentence with its mark states something."""
    assert is_label(text) is label


def test_headings_meet_nobody_and_are_counted() -> None:
    """Pairs with a heading are left out, unless it is the article's headline."""
    rows = [("Bridge falls", "headline"), ("Early life", "text"), ("He is dead.", "text"), ("He is alive.", "text")]
    found = candidate_pairs(sentences(rows))

    assert indexes(found) == [(0, 2), (0, 3), (2, 3)]
    assert (found.considered, found.left_out) == (6, {"a heading or label": 3})


def test_a_sentence_printed_twice_does_not_meet_itself() -> None:
    """One sentence printed twice is no pair, and is counted; figures that differ in a mark are another sentence."""
    texts = ["Prices rose 1.5%.", "He is alive.", "Prices  rose 1.5%.", "Prices rose 15%."]
    found = candidate_pairs(sentences([(t, "text") for t in texts]))

    assert (0, 2) not in indexes(found) and {(0, 3), (2, 3)} <= set(indexes(found))
    assert (found.considered, found.left_out) == (6, {"the same words": 1})


def test_a_limit_keeps_pairs_from_anywhere() -> None:
    """Not the pairs of the first sentences: two that share their words are kept from anywhere in the article."""
    filler = [(f"{a}{b}qu {b}{a}qu {a}{b}zo.", "text") for a, b in product("bcdfghklm", "aeiouwxyj")][:80]
    rows = [*filler[:40], ("The bridge in Tollin fell.", "text"), *filler[40:], ("The bridge in Tollin stood.", "text")]
    found = candidate_pairs(sentences(rows), 100)

    assert (40, 81) in indexes(found)
    assert found.left_out == {"over the pair limit": len(rows) * (len(rows) - 1) // 2 - 100}


def test_window_counts_the_pairs_that_are_too_far_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sentences further apart than the window are not compared, and are counted."""
    monkeypatch.setattr(pairs_module, "WINDOW", 300)  # crosses a block of rows
    monkeypatch.setattr(pairs_module, "PER_SENTENCE", 600)
    found = candidate_pairs(prose(600), None)
    near = sum(min(300, 599 - k) for k in range(600))

    assert len(found.pairs) == near
    assert max(second - first for first, second in indexes(found)) == 300
    assert found.left_out == {"more than 300 sentences apart": 600 * 599 // 2 - near}


def test_blocks_leave_no_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    """An article longer than a block of rows has every pair, those across the seam too."""
    monkeypatch.setattr(pairs_module, "PER_SENTENCE", 600)
    count = pairs_module.BLOCK + 3
    found = indexes(candidate_pairs(prose(count), None))

    assert found == [(i, j) for i in range(count) for j in range(i + 1, count)]


def test_long_article_is_bounded() -> None:
    """Of 3,000 sentences no more than the limit is scored, and the 4.5 million pairs are accounted for."""
    found = candidate_pairs(prose(3000), 20_000)

    assert found.considered == 3000 * 2999 // 2
    assert 0 < len(found.pairs) <= 20_000
    assert found.considered == len(found.pairs) + sum(found.left_out.values())


def test_cost_grows_linearly_with_length() -> None:
    """An article has at most a fixed number of pairs a sentence, whatever `max_pairs` says."""
    found = candidate_pairs(prose(300), None)

    assert len(found.pairs) == 300 * pairs_module.PER_SENTENCE
    assert set(found.left_out) == {"over the pair limit"}


def test_many_different_words_share_columns() -> None:
    """More different words than columns lose no pair that would pass with a column each."""
    made = iter(product("bcdfghjklm", "aeiou", "npqrstvwxz", "aeiou", "bdgkmptvxz"))
    filler = [(" ".join("".join(next(made)) for _ in range(30)) + ".", "text") for _ in range(200)]
    rows = [("Flooding closed 14 bridges near Tollin.", "text"), *filler]
    rows.append(("Flooding closed 41 bridges near Tollin.", "text"))
    found = candidate_pairs(sentences(rows), None)

    assert (0, 201) in indexes(found)
