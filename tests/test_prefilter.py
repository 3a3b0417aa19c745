"""The prefilter: its graphs answer as the network does, and it notices what is worth reading."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inconsistency.errors import ModelError
from inconsistency.nli import load_scorer
from inconsistency.nli._graph import open_graph
from inconsistency.nli._threads import Threads
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
    """A pair is read or not whichever sentence comes first."""
    _, graphs = taught
    keys = [tuple(graphs.keys(s[None])[0] for s in pair) for pair in random_states(LENGTHS)]
    turned = [k[::-1] for k in keys]

    assert graphs.probabilities(turned) == pytest.approx(list(graphs.probabilities(keys)), abs=1e-5)  # type: ignore[arg-type]


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


def test_a_clear_contradiction_is_noticed() -> None:
    """The embedded model's prefilter finds plain contradictions likelier than unrelated sentences."""
    seen = load_scorer("default", threads=1).prefilter(PAIRS)  # type: ignore[attr-defined]

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
    """Sentences that differ in one telling word come before what shares a subject and says something else."""
    scorer: Any = load_scorer("default", threads=1)
    words = second.split()
    copy, other = scorer.prefilter([(first, second), (first, " ".join([*words[:2], "was in the news again."]))])

    assert copy > other


def test_a_missing_graph_is_named(folder: Callable[..., Path]) -> None:
    """A folder without one of its graphs is refused."""
    copy = folder()
    (copy / "glance_pair.onnx").unlink()

    with pytest.raises(ModelError, match=r"glance_pair\.onnx"):
        load_scorer(copy)
