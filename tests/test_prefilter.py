"""The prefilter: its graphs answer as the network does, and what it dismisses is not read."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inconsistency.errors import ModelError
from inconsistency.nli import load_scorer
from inconsistency.nli._graph import open_graph
from inconsistency.nli._threads import Threads
from inconsistency.nli.embedded.cascade import joint, least_beside
from inconsistency.nli.embedded.prefilter import Prefilter
from inconsistency.nli.loading import DEFAULT

WIDTH = 24
LENGTHS = [(3, 9), (12, 2), (5, 5), (1, 1)]
PAIRS = [
    ("The mill closed on Monday.", "The mill stayed open all week."),
    ("Fourteen people were hurt when the bridge fell.", "Forty-one people were hurt in the collapse."),
    ("A man is sleeping.", "The town council met on Tuesday to discuss the budget for the coming year."),
    ("Prices rose by 3.4%.", "The museum opens at nine."),
]


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Prefilter]:
    """A random network and the graphs written from it."""
    torch = pytest.importorskip("torch", reason="the glance is trained with torch")
    onnx = pytest.importorskip("onnx", reason="its graphs are written with onnx")
    from training import pupils

    torch.manual_seed(1)
    net = pupils.Glance(WIDTH).eval()
    folder = tmp_path_factory.mktemp("glance")
    onnx.save(pupils.sentence_graph(net), folder / "glance_sentence.onnx")
    onnx.save(pupils.pair_graph(net), folder / "glance_pair.onnx")
    graphs = (open_graph(folder / f"glance_{part}.onnx", 1) for part in ("sentence", "pair"))
    return net, Prefilter(*graphs, Threads(1))


def random_states(lengths: list[tuple[int, int]]) -> list[tuple[Any, Any]]:
    """Lower-layer states of both sentences of pairs."""
    rng = np.random.default_rng(3)
    return [tuple(rng.normal(size=(n, WIDTH)).astype(np.float32) for n in pair) for pair in lengths]  # type: ignore[misc]


def test_the_graphs_answer_as_the_network_does(taught: tuple[Any, Prefilter]) -> None:
    """Up to half precision, whatever the lengths, and the same for a pair alone as among others."""
    import torch

    from training import pupils

    net, graphs = taught
    pairs = random_states(LENGTHS)
    with torch.no_grad():
        inputs = [(*pupils.padded([a]), *pupils.padded([b])) for a, b in pairs]
        wanted = [float(torch.sigmoid(net(*x))[0]) for x in inputs]
    keys = [tuple(graphs.keys(s[None])[0] for s in pair) for pair in pairs]
    together = graphs.probabilities(keys)  # type: ignore[arg-type]
    alone = [float(graphs.probabilities([k])[0]) for k in keys]  # type: ignore[list-item]

    assert np.std(wanted) > 1e-4
    assert together == pytest.approx(wanted, abs=2e-3)
    assert alone == pytest.approx(list(together), abs=1e-5)


def test_the_order_of_the_sentences_makes_no_difference(taught: tuple[Any, Prefilter]) -> None:
    """A pair is dismissed or not whichever sentence comes first."""
    _, graphs = taught
    keys = [tuple(graphs.keys(s[None])[0] for s in pair) for pair in random_states(LENGTHS)]
    turned = [k[::-1] for k in keys]

    assert graphs.probabilities(turned) == pytest.approx(list(graphs.probabilities(keys)), abs=1e-5)  # type: ignore[arg-type]


def teacher(folder: Path) -> Any:
    """The embedded model's engine, with its rougher scores in view."""
    from teacher import Teacher

    return Teacher(folder, threads=1)


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Path]:
    """Makes a copy of the embedded model's folder with another configuration."""

    def make(**settings: Any) -> Path:
        copy = tmp_path / "model"
        shutil.copytree(DEFAULT, copy)
        config = json.loads((copy / "config.json").read_text()) | settings
        (copy / "config.json").write_text(json.dumps(config))
        return copy

    return make


def test_two_weak_reasons_to_dismiss_make_a_strong_one(folder: Callable[..., Path]) -> None:
    """The early head's opinion counts together with the glance's: log odds add up, and the sum is held to its floor."""
    scorer = teacher(DEFAULT)
    joined = scorer.early_scores(PAIRS)
    floor = (sorted(joined)[1] + sorted(joined)[2]) / 2
    rules = {"glance": {"exit": 0.1, "floor": 0.0}, "early": {"exit": 0.1, "floor": floor}}
    strict: Any = load_scorer(folder(**rules), threads=1)
    quick = strict.screen(PAIRS)

    assert joint(np.array([0.1]), np.array([0.5])) == pytest.approx(0.1)
    assert joint(np.array([0.1]), np.array([0.1])) == pytest.approx(1 / 82)
    found = strict.score_likely(PAIRS, 0.1)
    assert [f is not None for f in found] == [j >= floor and q >= 0.1 for j, q in zip(joined, quick, strict=True)]


@given(floor=st.floats(0.001, 0.9), other=st.floats(1e-5, 0.9999))
def test_what_is_needed_beside_another_opinion_reaches_the_floor(floor: float, other: float) -> None:
    """The graph asks whether the head alone says enough, which comes to asking whether both together do."""
    beside = np.array([other])
    least = least_beside(floor, beside)

    if 1e-6 < least[0] < 1 - 1e-6:  # beyond, opinions count as if they were no surer
        assert joint(least, beside) == pytest.approx(floor, rel=1e-4)


@pytest.mark.parametrize("floor", [0.0, 0.01])
def test_an_opinion_that_is_no_number_asks_for_nothing(floor: float) -> None:
    """Without a floor nothing is needed; beside a damaged opinion no probability is below what is needed."""
    for least in least_beside(floor, np.array([0.5, np.nan]))[[0, 1] if floor <= 0 else [1]]:
        assert not least > 0.0


def test_a_damaged_glance_dismisses_nothing(folder: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """A probability that is no number is not below the floor: the pair is read on, where damage is seen."""
    rules = {"glance": {"exit": 0.1, "floor": 0.5}, "early": {"exit": 1.0, "floor": 0.0}}
    scorer: Any = load_scorer(folder(**rules), threads=1)
    monkeypatch.setattr(Prefilter, "probabilities", lambda self, pairs: np.full(len(pairs), np.nan, np.float32))
    quick = scorer.screen(PAIRS)

    assert [f is not None for f in scorer.score_likely(PAIRS, 0.1)] == [q >= 0.1 for q in quick]


def test_a_glance_dismisses_below_its_floor(folder: Callable[..., Path]) -> None:
    """From its exit floor on, a pair below the glance's own floor gets no score; the others keep theirs."""
    scorer = teacher(DEFAULT)
    seen = scorer.prefilter_scores(PAIRS)
    floor = sorted(seen)[len(seen) // 2]
    rules = {"glance": {"exit": 0.1, "floor": floor}, "early": {"exit": 1.0, "floor": 0.0}}
    strict: Any = load_scorer(folder(**rules), threads=1)
    quick, full = strict.screen(PAIRS), strict.score(PAIRS)
    found = strict.score_likely(PAIRS, 0.1)

    assert [f is not None for f in found] == [s >= floor and q >= 0.1 for s, q in zip(seen, quick, strict=True)]
    assert any(found) and not all(found)
    for one, other in zip(found, full, strict=True):
        assert one is None or one.contradiction == pytest.approx(other.contradiction, abs=1e-3)
    assert [f is not None for f in strict.score_likely(PAIRS, 0.05)] == [q >= 0.05 for q in quick]


def test_a_clear_contradiction_is_noticed() -> None:
    """The embedded model's glance lets a plain contradiction through and finds unrelated sentences less worth it."""
    scorer = teacher(DEFAULT)
    floor = json.loads((DEFAULT / "config.json").read_text())["glance"]["floor"]
    seen = scorer.prefilter_scores(PAIRS)

    assert min(seen[:2]) >= floor
    assert max(seen[2:]) < min(seen[:2])


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("He is alive.", "He is dead."),
        ("The soldier was found in China.", "The soldier was found in Russia."),
        ("The court found him guilty.", "The court found him not guilty."),
        ("The vote was held on Tuesday.", "The vote was held on Friday."),
        ("Prices rose by 3.4 percent last year.", "Prices fell by 3.4 percent last year."),
        ("Fourteen people were hurt when the bridge fell.", "Forty-one people were hurt when the bridge fell."),
        ("The minister supports the bill.", "The minister opposes the bill."),
    ],
)
def test_a_near_copy_is_noticed(first: str, second: str) -> None:
    """Sentences that differ in one telling word are read; most near copies in articles are mere repetitions."""
    scorer = teacher(DEFAULT)
    floor = json.loads((DEFAULT / "config.json").read_text())["glance"]["floor"]

    assert scorer.prefilter_scores([(first, second)])[0] >= floor


def test_a_missing_graph_is_named(folder: Callable[..., Path]) -> None:
    """A folder whose configuration speaks of a glance must have it."""
    copy = folder()
    (copy / "glance_pair.onnx").unlink()

    with pytest.raises(ModelError, match=r"glance_pair\.onnx"):
        load_scorer(copy)


def test_a_damaged_rule_is_refused(folder: Callable[..., Path]) -> None:
    """A rule without its floor is not taken for one that dismisses nothing."""
    with pytest.raises(ModelError, match="glance"):
        load_scorer(folder(glance={"exit": 0.1}))
