"""Batches hold every pair once and stay within their budget."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from inconsistency.nli._batching import batches

LENGTHS = st.lists(st.integers(min_value=1, max_value=600), max_size=80)
BUDGETS = st.integers(min_value=1, max_value=5000)


@given(LENGTHS, BUDGETS)
def test_every_index_once(lengths: list[int], budget: int) -> None:
    """No pair is lost and none is scored twice."""
    found = [index for batch in batches(lengths, budget) for index in batch]

    assert sorted(found) == list(range(len(lengths)))


@given(LENGTHS, BUDGETS)
def test_budget_is_respected(lengths: list[int], budget: int) -> None:
    """The padded size of a batch stays within the budget; only an item longer than that goes beyond, alone."""
    for batch in batches(lengths, budget):
        padded = len(batch) * max(lengths[k] for k in batch)
        assert padded <= budget or len(batch) == 1


@given(LENGTHS, BUDGETS)
def test_longest_first(lengths: list[int], budget: int) -> None:
    """Lengths never rise, so memory is at its highest in the first batch and padding is short."""
    found = [lengths[index] for batch in batches(lengths, budget) for index in batch]

    assert found == sorted(lengths, reverse=True)


@given(LENGTHS, BUDGETS)
def test_no_batch_is_empty(lengths: list[int], budget: int) -> None:
    """A backend is never asked to run nothing."""
    assert all(batches(lengths, budget))


def test_equal_lengths_fill_the_budget() -> None:
    """Ten items of ten tokens under a budget of forty travel in fours."""
    assert [len(batch) for batch in batches([10] * 10, 40)] == [4, 4, 2]
