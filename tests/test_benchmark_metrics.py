"""The benchmark's figures are right on cases small enough to check by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import metrics

GOLD = frozenset({(0, 1)})


def judged(scores, gold=frozenset(), group="g", threshold=0.5, **more):
    """An article whose pairs (0, 1), (0, 2), ... got these scores."""
    pairs = {(0, n + 1): p for n, p in enumerate(scores)}
    return metrics.Judged(group, gold, pairs, threshold, **more)


def clean(*scores, group="g"):
    """A clean article."""
    return judged(scores, group=group)


def test_a_budget_of_one_flag_cuts_just_above_the_second_clean_pair():
    """With 10 clean articles, 0.1 allows one false flag: hits must beat the second-best pair."""
    articles = [clean(0.9), clean(0.8), *[clean(0.1)] * 8]
    articles += [judged([0.85], GOLD), judged([0.8], GOLD)]
    sweep = metrics.sweep_of(articles)

    assert metrics.cut_for(sweep, np.ones(len(sweep.group)), 0.1) == 0.8
    assert metrics.hit_rate(sweep, np.ones(len(sweep.group)), 0.1) == 0.5


def test_tied_clean_pairs_are_flagged_together_or_not_at_all():
    """Two clean pairs share the best score and one flag is allowed, so neither may be flagged."""
    articles = [clean(0.9), clean(0.9), *[clean(0.1)] * 8]
    articles += [judged([0.9], GOLD), judged([0.95], GOLD)]
    (point,) = metrics.points(metrics.sweep_of(articles), [0.1], repeats=5)

    assert (point.false_flags, point.cut, point.hit_rate.value) == (0.0, 0.9, 0.5)


def test_too_few_clean_articles_measure_at_zero_flags_and_say_so():
    """Four clean articles cannot show 0.1 flags each; the point is at zero flags and unresolved."""
    articles = [clean(0.3), clean(0.2), clean(0.2), clean(0.2), judged([0.25, 0.9], GOLD)]
    low, high = metrics.points(metrics.sweep_of(articles), [0.1, 0.25], repeats=5)

    assert (low.resolved, low.false_flags, low.hit_rate.value) == (False, 0.0, 0.0)
    assert (high.resolved, high.false_flags, high.hit_rate.value) == (True, 0.25, 1.0)


def test_a_pair_that_was_not_scored_is_never_a_hit():
    """A gold pair that the gate left out is missed even when every clean pair may be flagged."""
    articles = [clean(0.3), metrics.Judged("h", GOLD, {(0, 2): 0.9}, 0.5)]
    sweep = metrics.sweep_of(articles)

    assert metrics.hit_rate(sweep, np.ones(len(sweep.group)), 1.0) == 0.0


def test_a_score_of_zero_is_no_flag():
    """Rows that give 0 to pairs they skip do not get hits by flagging everything."""
    articles = [clean(0.0, 0.0), judged([0.0], GOLD)]
    sweep = metrics.sweep_of(articles)

    assert metrics.hit_rate(sweep, np.ones(len(sweep.group)), 1.0) == 0.0
    assert judged([0.0], GOLD, threshold=0.0).flags == 0


def test_the_curve_agrees_with_the_points():
    """At each cut of the curve, flags and hits are those that counting gives."""
    articles = [clean(0.9, 0.5), clean(0.5), judged([0.6], GOLD), judged([0.4], GOLD)]
    flags, hits = metrics.curve(metrics.sweep_of(articles))

    assert flags.tolist() == [0.0, 0.5, 1.5]
    assert hits.tolist() == [0.0, 0.5, 1.0]


@settings(deadline=None)  # a busy machine is no failure
@given(st.lists(st.tuples(st.sampled_from([0.1, 0.2, 0.5, 0.9]), st.booleans()), min_size=2))
def test_auroc_counts_ordered_pairs(rows):
    """AUROC is the share of (positive, negative) pairs in the right order, ties counting half."""
    score = np.array([s for s, _ in rows])
    positive = np.array([p for _, p in rows])
    wins = [(a > b) + (a == b) / 2 for a in score[positive] for b in score[~positive]]

    expected = float(np.mean(wins)) if wins else math.nan
    assert metrics.auroc(score, positive) == pytest.approx(expected, nan_ok=True)


def test_auroc_with_weights_equals_repeating_the_articles():
    """A weight of two is the same as the article standing there twice."""
    score, positive = np.array([0.2, 0.7, 0.4]), np.array([False, True, False])
    doubled = metrics.auroc(np.append(score, 0.2), np.append(positive, False))

    assert metrics.auroc(score, positive, np.array([2.0, 1.0, 1.0])) == doubled


def test_top_k_counts_ties_against_the_row():
    """A gold pair that shares the best score with another is in the top two, not the top one."""
    article = judged([0.7, 0.7, 0.1], GOLD)

    assert [metrics.in_top(article, k) for k in (1, 2)] == [False, True]


def test_a_second_gold_pair_does_not_push_the_first_one_down():
    """Gold pairs do not compete with each other for the top places."""
    article = judged([0.7, 0.8], frozenset({(0, 1), (0, 2)}))

    assert metrics.in_top(article, 1)


def test_average_precision_of_a_hand_made_ranking():
    """Gold at ranks 1 and 3 of 4 gives (1/1 + 2/3) / 2."""
    scores, gold = np.array([0.9, 0.8, 0.7, 0.1]), np.array([True, False, True, False])

    assert metrics.average_precision(scores, gold) == pytest.approx((1 + 2 / 3) / 2)


def test_average_precision_of_ties_is_the_base_rate():
    """A row that gives every pair the same score earns the share of gold pairs, in any order."""
    for gold in ([True, False, False, False], [False, False, False, True]):
        assert metrics.average_precision(np.full(4, 0.3), np.array(gold)) == 0.25


def test_average_precision_pays_for_gold_pairs_that_were_not_scored():
    """A missing gold pair halves the figure of an otherwise perfect ranking."""
    assert metrics.average_precision(np.array([0.9, 0.1]), np.array([True, False]), missed=1) == 0.5


def test_calibration_error_is_the_gap_weighted_by_pairs():
    """Nine pairs stated at 0.05 and never true, one stated at 0.95 and true: the gap is 0.05."""
    scores = np.array([0.05] * 9 + [0.95])
    bins = metrics.reliability(scores, np.array([False] * 9 + [True]))

    assert [b.count for b in bins] == [9, 1]
    assert metrics.calibration_error(bins) == pytest.approx(0.05)


def test_a_probability_of_one_falls_into_the_last_bin():
    """1.0 has no bin of its own."""
    (only,) = metrics.reliability(np.array([1.0]), np.array([True]))

    assert (only.low, only.high) == (0.9, 1.0)


def test_the_bootstrap_moves_whole_groups():
    """Two groups, all hits in one: resampling groups gives 0, 1/2 or 1 and nothing between."""
    seen = set()

    def rate(weights):
        seen.add(metrics.weighted_mean(np.array([1, 1, 0, 0]), weights))
        return 0.0

    metrics.bootstrap(np.array([0, 0, 1, 1]), rate, repeats=50)

    assert seen == {0.0, 0.5, 1.0}


def test_the_bootstrap_repeats_itself():
    """The same seed gives the same interval."""
    articles = [judged([p / 40], GOLD if p % 2 else frozenset(), str(p)) for p in range(40)]
    sweep = metrics.sweep_of(articles)

    assert metrics.points(sweep) == metrics.points(sweep)


def test_one_group_has_no_interval():
    """Nothing can be said about spread from one group."""
    estimate = metrics.bootstrap(np.array([0, 0]), lambda w: 0.5)

    assert estimate.value == 0.5 and math.isnan(estimate.low)


def test_few_false_flags_have_the_interval_of_a_poisson_variable():
    """Zero observed is not zero, and one in eight articles may be far more or nearly none (Garwood's tables)."""
    none, one = metrics.flag_rate([0] * 30), metrics.flag_rate([1] + [0] * 7)

    assert (none.value, none.low) == (0.0, 0.0) and none.high == pytest.approx(3.6889 / 30, abs=1e-4)
    assert one.low == pytest.approx(0.0253 / 8, abs=1e-4) and one.high == pytest.approx(5.5716 / 8, abs=1e-4)


def test_many_false_flags_are_resampled():
    """With enough flags the spread between articles tells, wider than a Poisson variable's where it is."""
    rate = metrics.flag_rate([20] + [0] * 19)

    assert rate.value == 1.0 and rate.low == 0.0


def test_flag_rate_is_the_mean_of_the_counts():
    """Two articles with 0 and 3 flags have 1.5 a piece, the interval around it."""
    rate = metrics.flag_rate([0, 3])

    assert rate.value == 1.5 and rate.low <= 1.5 <= rate.high


def test_balanced_accuracy_weighs_both_kinds_of_article_alike():
    """One of two positives called, three of four clean ones spared."""
    called = np.array([True, False, True, False, False, False])
    positive = np.array([True, True, False, False, False, False])

    assert metrics.balanced(called, positive, np.ones(6)) == pytest.approx((0.5 + 0.75) / 2)


def test_pairs_are_pooled_only_where_gold_is_exact():
    """A set whose gold is "any pair with this sentence" has no pair labels to pool."""
    exact = [judged([0.9, 0.1], GOLD), metrics.Judged("g", GOLD, {}, 0.5)]
    (scores, gold, weights), missed = metrics.pooled(exact)

    assert (scores.tolist(), gold.tolist(), missed) == ([0.9, 0.1], [True, False], 1)
    assert weights.tolist() == [1.0, 1.0]
    assert len(metrics.pooled([*exact, judged([0.9], GOLD, exact=False)])[0].scores) == 0


def test_a_calibration_error_by_chance_shrinks_with_the_pairs():
    """Probabilities that are exactly right show an error all the same, and with ten times the pairs a third of it."""
    few, many = (metrics.calibration_noise(np.linspace(0.05, 0.95, n), np.ones(n)) for n in (100, 1000))

    assert 0.05 < few < 0.2
    assert many == pytest.approx(few / 10**0.5, rel=0.3)
    assert metrics.calibration_noise(np.zeros(50), np.ones(50)) == 0


def test_clean_and_contradicting_articles_weigh_the_same_in_the_calibration_error():
    """Three articles contradict, one is clean: its pairs count three times, dismissed ones too."""
    articles = [*[judged([0.9], GOLD, sentences=3)] * 3, judged([0.4], sentences=4)]
    (scores, gold, weights), _ = metrics.pooled(articles)
    every = metrics.with_dismissed(articles)

    assert (scores.tolist(), weights.tolist()) == ([0.9, 0.9, 0.9, 0.4], [1, 1, 1, 3])
    assert (len(every.scores), every.weights.sum()) == (3 * 3 + 6, 3 * 3 + 3 * 6)
    assert metrics.calibration_error(metrics.reliability(scores, gold, weights)) == pytest.approx(0.25)


def test_a_gold_pair_that_was_dismissed_was_given_nothing():
    """It counts as a contradiction to which the row gave a probability of 0."""
    article = metrics.Judged("g", GOLD, {}, 0.5, sentences=4)

    found = metrics.with_dismissed([judged([0.9], GOLD, sentences=2), article])

    assert found.gold.sum() == 2 and found.scores[found.gold].tolist() == [0.9, 0.0]


def test_average_precision_without_any_scored_pair_is_zero():
    """Gold pairs exist and none was scored."""
    assert metrics.average_precision(np.array([]), np.array([], dtype=bool), missed=2) == 0.0


def test_hits_are_split_by_any_key():
    """Each kind has its own rate, at one cut."""
    articles = [judged([0.9], GOLD, kind="number"), judged([0.2], GOLD, kind="place"), clean(0.4)]
    split = metrics.split_hits(articles, lambda j: j.kind, cut=0.4)

    assert split["number"]["hit_rate"] == 1.0
    assert split["place"] == {"articles": 1, "hit_rate": 0.0, "top_1": 1.0}
