"""Which output of a model means what: decided by name, refused when unknown, tested at load.

Published models use at least three different orders of the NLI labels, and a model read in the wrong
order looks healthy while it reports nonsense. So nothing here trusts a position.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import TYPE_CHECKING

from inconsistency.errors import ModelError

if TYPE_CHECKING:
    from inconsistency.nli.scorer import Scorer

ALIASES = {
    "entailment": "entailment",
    "entail": "entailment",
    "entails": "entailment",
    "supports": "entailment",
    "neutral": "neutral",
    "not enough info": "neutral",
    "contradiction": "contradiction",
    "contradict": "contradiction",
    "contradicts": "contradiction",
    "contradictory": "contradiction",
    "refutes": "contradiction",
}

# Plain enough that any NLI model worth the name gets them; each label twice.
SELF_TEST = (
    ("A man is sleeping on a couch.", "A man is asleep.", "entailment"),
    ("Two dogs are running through a field.", "Two animals are outdoors.", "entailment"),
    ("A man is sleeping on a couch.", "A man is awake and running.", "contradiction"),
    ("The shop is closed on Sundays.", "The shop is open on Sundays.", "contradiction"),
    ("A woman is reading a book.", "The woman is a teacher from Paris.", "neutral"),
    ("Some children are playing.", "The children are waiting for their mother.", "neutral"),
)


def label_order(id2label: Mapping[int | str, str] | None, model: str) -> tuple[int, int, int]:
    """Find the positions of entailment, neutral and contradiction.

    Args:
        id2label: the mapping of the model's config; keys may be text, as in JSON.
        model: the model's name, for the message.

    Returns:
        (entailment, neutral, contradiction) positions in the model's output.

    Raises:
        ModelError: there is no mapping, a name is unknown, or not exactly these three are there.
    """
    wanted = "exactly the labels entailment, neutral and contradiction (any case, any order)"
    if not id2label:
        raise ModelError(f"{model}: the config has no id2label; accepted are {wanted}")
    order: dict[str, int] = {}
    for position, label in id2label.items():
        name = ALIASES.get(str(label).strip().lower().replace("_", " ").replace("-", " "))
        if name is None or name in order:
            raise ModelError(f"{model}: id2label is {dict(id2label)}; accepted are {wanted}")
        order[name] = int(position)
    if len(order) != 3 or sorted(order.values()) != [0, 1, 2]:
        raise ModelError(f"{model}: id2label is {dict(id2label)}; accepted are {wanted}")
    return order["entailment"], order["neutral"], order["contradiction"]


def self_test(scorer: Scorer) -> None:
    """Score six plain pairs and refuse a model whose labels cannot be what they are called.

    The mean probability of the right label is compared over the six pairs under the declared order
    and under every exchange of two labels. A weak model passes; a mislabelled one does not.

    Raises:
        ModelError: another order of the labels explains the answers clearly better, or a probability is no number.
    """
    scores = scorer.score([(p, h) for p, h, _ in SELF_TEST])
    if len(scores) != len(SELF_TEST):
        raise ModelError(f"{scorer.name}: the self-test has {len(SELF_TEST)} pairs, {len(scores)} were answered")
    rows = [(s.entailment, s.neutral, s.contradiction) for s in scores]
    # Every comparison with NaN is false, so damaged weights would pass the test below.
    if not all(isfinite(share) for row in rows for share in row):
        raise ModelError(
            f"{scorer.name}: the self-test's probabilities are {rows}; accepted are finite numbers. The model's "
            "weights are damaged."
        )
    names = ("entailment", "neutral", "contradiction")
    orders = [(0, 1, 2), (1, 0, 2), (0, 2, 1), (2, 1, 0), (1, 2, 0), (2, 0, 1)]

    def fit(order: tuple[int, int, int]) -> float:
        right = [row[order[names.index(want)]] for row, (_, _, want) in zip(rows, SELF_TEST, strict=True)]
        return sum(right) / len(right)

    declared, best = fit(orders[0]), max(orders, key=fit)
    if fit(best) > declared + 0.2:
        meaning = ", ".join(f"{names[best[i]]!r} behaves like {names[i]}" for i in range(3) if best[i] != i)
        raise ModelError(
            f"{scorer.name}: the labels look exchanged. On six plain pairs the right label gets "
            f"{declared:.2f} on average as labelled, {fit(best):.2f} when {meaning}. Correct the "
            "model's id2label, or pass self_test=False to use it as it is."
        )
