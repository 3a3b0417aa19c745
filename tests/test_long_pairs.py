"""Pairs told in long sentences: labels known, one in fifteen held back."""

from __future__ import annotations

from corpora import long_pairs


def test_long_pairs_are_shared_out() -> None:
    """No pair is both for training and for tuning, and each has a label of NLI or `not_contradiction`."""
    train, tune = long_pairs.rows("train"), long_pairs.rows("tune")

    assert len(train) > 10 * len(tune) > 0
    assert not {(r.first.text, r.second.text) for r in train} & {(r.first.text, r.second.text) for r in tune}
    assert {r.label for r in train} == {"contradiction", "entailment", "neutral", "not_contradiction"}
