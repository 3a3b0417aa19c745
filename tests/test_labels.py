"""Label order is decided by name; a model that cannot be read safely is refused."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

import pytest

from inconsistency.errors import ModelError
from inconsistency.nli import NliScores
from inconsistency.nli.labels import ALIASES, SELF_TEST, label_order, self_test

NAMES = ("entailment", "neutral", "contradiction")


class Answering:
    """Gives the right label of the self-test's pairs a share, under a chosen meaning of the outputs."""

    name = "answering"

    def __init__(self, share: float, meaning: tuple[int, int, int] = (0, 1, 2)) -> None:
        self._share, self._meaning = share, meaning

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[NliScores]:
        """Score the six pairs of the self-test."""
        right = {(p, h): NAMES.index(label) for p, h, label in SELF_TEST}
        found = []
        for pair in pairs:
            row = [(1 - self._share) / 2] * 3
            row[self._meaning[right[pair]]] = self._share
            found.append(NliScores(*row))
        return found


@pytest.mark.parametrize("order", list(permutations(NAMES)), ids=" ".join)
def test_every_order_is_read_by_name(order: tuple[str, ...]) -> None:
    """The position of a label is where its name stands, in any of the six orders."""
    found = label_order(dict(enumerate(order)), "m")

    assert found == tuple(order.index(name) for name in NAMES)


@pytest.mark.parametrize(
    "labels",
    [
        ("ENTAILMENT", "Neutral", "CONTRADICTION"),
        ("entails", "neutral", "contradicts"),
        ("entail", "neutral", "contradict"),
        ("SUPPORTS", "NOT ENOUGH INFO", "REFUTES"),
        ("supports", "not_enough_info", "refutes"),
        (" entailment ", "not-enough-info", "contradictory"),
    ],
    ids=" ".join,
)
def test_usual_spellings_are_accepted(labels: tuple[str, ...]) -> None:
    """Case, spelling and the names of fact-checking data sets do not matter."""
    assert label_order(dict(enumerate(labels)), "m") == (0, 1, 2)


def test_every_alias_stands_for_one_of_three_labels() -> None:
    """The aliases lead to the three labels of NLI and to nothing else."""
    assert set(ALIASES.values()) == set(NAMES)


def test_keys_may_be_text() -> None:
    """In a JSON file the positions are text."""
    assert label_order({"0": "contradiction", "1": "entailment", "2": "neutral"}, "m") == (1, 2, 0)


@pytest.mark.parametrize(
    "id2label",
    [
        None,
        {},
        {0: "LABEL_0", 1: "LABEL_1", 2: "LABEL_2"},
        {0: "entailment", 1: "not_entailment"},
        {0: "entailment", 1: "contradiction"},
        {0: "entailment", 1: "neutral"},
        {0: "entailment", 1: "neutral", 2: "neutral"},
        {0: "contradiction", 1: "neutral", 2: "refutes"},
        {0: "entailment", 1: "neutral", 2: "contradiction", 3: "contradicts"},
        {0: "entailment", 1: "neutral", 2: "contradiction", 3: "off topic"},
        {1: "entailment", 2: "neutral", 3: "contradiction"},
    ],
    ids=[
        "no mapping",
        "empty mapping",
        "LABEL_0",
        "two classes",
        "no neutral",
        "no contradiction",
        "neutral twice",
        "contradiction twice by alias",
        "four with an alias",
        "a fourth label",
        "positions from 1",
    ],
)
def test_labels_that_cannot_be_known_are_refused(id2label: dict[int, str] | None) -> None:
    """Anything but the three labels at positions 0 to 2 is refused; model and accepted names are named."""
    with pytest.raises(ModelError, match=r"my-model.*entailment, neutral and contradiction"):
        label_order(id2label, "my-model")


@pytest.mark.parametrize("meaning", [m for m in permutations(range(3)) if m != (0, 1, 2)], ids=str)
def test_self_test_refuses_exchanged_labels(meaning: tuple[int, int, int]) -> None:
    """A good model read in a wrong order is refused, and the message says how to go on."""
    with pytest.raises(ModelError, match=r"labels look exchanged.*id2label.*self_test=False"):
        self_test(Answering(0.9, meaning))


@pytest.mark.parametrize("share", [1.0, 0.9, 0.5, 1 / 3], ids=["perfect", "good", "weak", "uniform"])
def test_self_test_passes_right_labels(share: float) -> None:
    """A model with right labels passes, however unsure it is."""
    self_test(Answering(share))


@pytest.mark.parametrize("share", [float("nan"), float("inf"), float("-inf")], ids=str)
def test_self_test_refuses_what_is_no_number(share: float) -> None:
    """Damaged weights, whose probabilities are no finite numbers, are refused by the model's name."""
    with pytest.raises(ModelError, match=r"answering.*nan.*accepted are finite numbers" if share != share else "inf"):
        self_test(Answering(share))


def test_self_test_names_the_exchange() -> None:
    """The refusal says which label behaves like which."""
    with pytest.raises(ModelError, match=r"'contradiction' behaves like entailment"):
        self_test(Answering(0.9, (2, 1, 0)))


def test_self_test_asks_each_label_equally() -> None:
    """Each label is asked twice, so a model with one answer for everything is not taken for exchanged."""
    wanted = [label for _, _, label in SELF_TEST]

    assert {name: wanted.count(name) for name in NAMES} == dict.fromkeys(NAMES, 2)
