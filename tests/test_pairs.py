"""The gate leaves pairs out, never in silence; what it keeps and what it leaves out add up."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inconsistency import pairs as pairs_module
from inconsistency.errors import InputError
from inconsistency.pairs import FEATURES, CandidatePairs, GateModel, candidate_pairs, is_label
from inconsistency.sentences import Sentence

# Stands for the shipped gate: something in common, or near, or a pronoun.
GATE = GateModel((4.0, 1.0, 1.0, 1.0, 0.0, 0.5, 2.0, 0.5, 0.0), -2.0, 0.0)
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


@given(ARTICLES, st.none() | st.just(GATE), st.none() | st.integers(min_value=1, max_value=200))
@settings(deadline=None)
def test_counts_add_up(rows: list[tuple[str, str]], gate: GateModel | None, limit: int | None) -> None:
    """Every pair of sentences that are not furniture is chosen or counted under a reason."""
    found = candidate_pairs(sentences(rows), gate, limit)
    kept = sum(role != "furniture" for _, role in rows)

    assert found.considered == kept * (kept - 1) // 2
    assert found.considered == len(found.pairs) + sum(found.left_out.values())
    assert all(count > 0 for count in found.left_out.values())
    assert limit is None or len(found.pairs) <= limit


@given(ARTICLES, st.none() | st.just(GATE))
@settings(deadline=None)
def test_pairs_are_ordered_and_met_once(rows: list[tuple[str, str]], gate: GateModel | None) -> None:
    """`first` stands earlier, pairs stand in article order, and none occurs twice."""
    found = indexes(candidate_pairs(sentences(rows), gate, None))

    assert all(first < second for first, second in found)
    assert found == sorted(set(found))


@given(ARTICLES)
@settings(deadline=None)
def test_furniture_takes_no_part(rows: list[tuple[str, str]]) -> None:
    """Furniture ("Read more") is paired with nothing."""
    found = candidate_pairs(sentences(rows), None, None)

    assert all(p.first.role != "furniture" and p.second.role != "furniture" for p in found.pairs)


@given(ARTICLES)
@settings(deadline=None)
def test_no_gate_keeps_every_pair(rows: list[tuple[str, str]]) -> None:
    """With `gate=None` and no limit nothing is left out."""
    found = candidate_pairs(sentences(rows), None, None)

    assert len(found.pairs) == found.considered
    assert not found.left_out


@given(ARTICLES)
@settings(deadline=None)
def test_a_gate_only_removes(rows: list[tuple[str, str]]) -> None:
    """What a gate keeps is a part of all pairs, with the same features."""
    every = {(p.first.index, p.second.index): p for p in candidate_pairs(sentences(rows), None, None).pairs}
    kept = candidate_pairs(sentences(rows), GATE, None).pairs

    assert all(p.features == every[p.first.index, p.second.index].features for p in kept)
    assert all(len(p.features) == len(FEATURES) for p in kept)


@pytest.mark.parametrize("count", [0, 1])
def test_too_short_for_a_pair(count: int) -> None:
    """An article of one sentence, or none, has no pairs."""
    assert candidate_pairs(prose(count), GATE) == CandidatePairs((), 0, {})


def test_nothing_in_common_is_the_reason() -> None:
    """A distant pair without common words is left out by the gate, a pair with common words is not."""
    far = [(f"Aa{k} bb{k} cc{k} dd{k}.", "text") for k in range(12)]
    rows = [("Flooding closed 14 bridges near Tollin.", "text"), *far, ("Flooding closed 41 bridges.", "text")]
    found = candidate_pairs(sentences(rows), GATE)

    assert (0, 13) in indexes(found)
    assert (0, 7) not in indexes(found)
    assert set(found.left_out) == {"nothing in common"}


def test_limit_keeps_the_gates_best() -> None:
    """Under a limit the pairs that have most in common stay, and the rest is counted."""
    rows = [
        ("Flooding closed 14 bridges near Tollin.", "text"),
        ("Somebody sang.", "text"),
        ("Nobody listened.", "text"),
        ("Flooding closed 41 bridges near Tollin.", "text"),
    ]
    found = candidate_pairs(sentences(rows), GateModel(GATE.weights, GATE.intercept, -100.0), 1)

    assert indexes(found) == [(0, 3)]
    assert found.left_out == {"over the pair limit": 5}


@pytest.mark.parametrize("limit", [0, -1])
def test_limit_below_one_is_refused(limit: int) -> None:
    """A limit of no pairs is a mistake and is said to be one."""
    with pytest.raises(InputError, match=f"max_pairs is {limit}; accepted are None and whole numbers from 1"):
        candidate_pairs(prose(3), None, limit)


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
        ("…", False),
    ],
)
def test_a_heading_states_nothing(text: str, label: bool) -> None:
    """Three words without a final mark, or a credit; a short sentence with its mark is one."""
    assert is_label(text) is label


def test_headings_meet_nobody_and_are_counted() -> None:
    """Pairs with a heading are left out by the gate, unless it is the article's headline; without a gate they stay."""
    rows = [("Bridge falls", "headline"), ("Early life", "text"), ("He is dead.", "text"), ("He is alive.", "text")]
    wide = GateModel(GATE.weights, GATE.intercept, -100.0)
    found = candidate_pairs(sentences(rows), wide)

    assert indexes(found) == [(0, 2), (0, 3), (2, 3)]
    assert (found.considered, found.left_out) == (6, {"a heading or label": 3})
    assert len(candidate_pairs(sentences(rows), None).pairs) == 6


def test_a_sentence_printed_twice_does_not_meet_itself() -> None:
    """One sentence printed twice is no pair, and is counted; figures that differ in a mark are another sentence."""
    texts = ["Prices rose 1.5%.", "He is alive.", "Prices  rose 1.5%.", "Prices rose 15%."]
    wide = GateModel(GATE.weights, GATE.intercept, -100.0)
    found = candidate_pairs(sentences([(t, "text") for t in texts]), wide)

    assert (0, 2) not in indexes(found) and {(0, 3), (2, 3)} <= set(indexes(found))
    assert (found.considered, found.left_out) == (6, {"the same words": 1})
    assert len(candidate_pairs(sentences([(t, "text") for t in texts]), None).pairs) == 6


def test_without_a_gate_a_limit_keeps_the_most_alike() -> None:
    """Not the pairs of the first sentences: two that share their words are kept from anywhere in the article."""
    filler = [(f"{a}{b}qu {b}{a}qu {a}{b}zo.", "text") for a, b in product("bcdfghklm", "aeiouwxyj")][:80]
    rows = [*filler[:40], ("The bridge in Tollin fell.", "text"), *filler[40:], ("The bridge in Tollin stood.", "text")]
    found = candidate_pairs(sentences(rows), None, 100)

    assert (40, 81) in indexes(found)
    assert found.left_out == {"over the pair limit": len(rows) * (len(rows) - 1) // 2 - 100}


def test_window_counts_the_pairs_that_are_too_far_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sentences further apart than the window are not compared, and are counted."""
    monkeypatch.setattr(pairs_module, "WINDOW", 300)  # crosses a block of rows
    found = candidate_pairs(prose(600), None, None)
    near = sum(min(300, 599 - k) for k in range(600))

    assert len(found.pairs) == near
    assert max(second - first for first, second in indexes(found)) == 300
    assert found.left_out == {"more than 300 sentences apart": 600 * 599 // 2 - near}


def test_blocks_leave_no_seam() -> None:
    """An article longer than a block of rows has every pair, those across the seam too."""
    count = pairs_module.BLOCK + 3
    found = indexes(candidate_pairs(prose(count), None, None))

    assert found == [(i, j) for i in range(count) for j in range(i + 1, count)]


@pytest.mark.parametrize("gate", [None, GATE], ids=["no gate", "gate"])
def test_long_article_is_bounded(gate: GateModel | None) -> None:
    """Of 3,000 sentences no more than the limit is scored, and the 4.5 million pairs are accounted for."""
    found = candidate_pairs(prose(3000), gate)

    assert found.considered == 3000 * 2999 // 2
    assert 0 < len(found.pairs) <= pairs_module.MAX_PAIRS
    assert found.considered == len(found.pairs) + sum(found.left_out.values())


def test_cost_grows_linearly_with_length() -> None:
    """With a gate, an article has at most a fixed number of pairs a sentence, whatever `max_pairs` says."""
    wide = GateModel(GATE.weights, GATE.intercept, -100.0)
    found = candidate_pairs(prose(300), wide, None)

    assert len(found.pairs) == 300 * pairs_module.PER_SENTENCE
    assert set(found.left_out) == {"over the pair limit"}


def test_many_different_words_share_columns() -> None:
    """More different words than columns lose no pair that would pass with a column each."""
    made = iter(product("bcdfghjklm", "aeiou", "npqrstvwxz", "aeiou", "bdgkmptvxz"))
    filler = [(" ".join("".join(next(made)) for _ in range(30)) + ".", "text") for _ in range(200)]
    rows = [("Flooding closed 14 bridges near Tollin.", "text"), *filler]
    rows.append(("Flooding closed 41 bridges near Tollin.", "text"))
    found = candidate_pairs(sentences(rows), GATE, None)

    assert (0, 201) in indexes(found)
