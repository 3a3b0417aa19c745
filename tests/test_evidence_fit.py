"""The table of kinds: fitting it, folding it, applying it."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="fitting needs the train extra")
pytest.importorskip("safetensors", reason="fitting needs the train extra")

from corpora import groups
from inconsistency.evidence import _kinds
from training import fit_evidence

WORDS = ["the", "fire", "killed", "people", "died", "city", "town", "said", "arrested", "freed"]


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that looks like an encoder: a tokenizer of ten words and their vectors."""
    from safetensors.numpy import save_file
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace

    folder = tmp_path_factory.mktemp("encoder")
    vocabulary = {word: n for n, word in enumerate(["<unk>", *WORDS])}
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    rows = np.random.default_rng(0).normal(size=(len(vocabulary), 256)).astype(np.float32)
    save_file({"embeddings.word_embeddings.weight": rows}, folder / "model.safetensors")
    return folder


@pytest.fixture(scope="module")
def fitted(encoder: Path) -> SimpleNamespace:
    """A regression on a few labelled articles."""
    pairs = list(fit_evidence.labelled(groups.newsroom("train")[:12]))
    features = [fit_evidence.seen(p) for p in pairs]
    design = fit_evidence.Design(pairs, features, fit_evidence.word_vectors(encoder, WORDS))
    matrix = design.matrix(features)
    model = fit_evidence.regression(matrix, pairs)
    return SimpleNamespace(pairs=pairs, features=features, design=design, matrix=matrix, model=model)


def test_only_labelled_contradictions_are_read() -> None:
    """Each sentence that a contradiction conflicts with makes a pair; together they weigh as much as one."""
    (group,) = groups.newsroom("train")[:1]
    pairs = list(fit_evidence.labelled([group]))

    assert len(pairs) == sum(len(c["conflicts_with"]) for c in group["contradictions"])
    assert sum(p.weight for p in pairs) == pytest.approx(len(group["contradictions"]))


def test_folded_table_gives_what_the_regression_gives(
    fitted: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sums over the small table are the regression's own probabilities, but for rounding."""
    path = tmp_path / "kinds.npz"
    fit_evidence.write(path, fitted.model, fitted.design, 0.2, most=10_000)
    monkeypatch.setattr(_kinds.resources, "files", lambda _: tmp_path)
    _kinds.table.cache_clear()
    try:
        found = [_kinds.weigh(one) for one in fitted.features]
    finally:
        _kinds.table.cache_clear()
    expected = fitted.model.predict_proba(fitted.matrix)

    assert [max(p.values()) for p in found] == pytest.approx(expected.max(axis=1).tolist(), abs=0.02)


def test_order_of_the_sentences_does_not_matter(fitted: SimpleNamespace) -> None:
    """Both orders of a pair look the same to the classifier."""
    pair = fitted.pairs[0]
    turned = fit_evidence.Pair(pair.group, pair.second, pair.first, pair.kind, pair.weight)
    one, other = fit_evidence.seen(pair), fit_evidence.seen(turned)

    assert one.alone == other.alone
    assert one.shared == other.shared


def test_cut_keeps_what_is_right_often_enough() -> None:
    """The cut is the least probability around which the wanted share is right."""
    sure = np.linspace(0, 1, 4000)
    right = np.random.default_rng(0).random(4000) < sure

    assert fit_evidence.cut(sure, right, 0.5) == pytest.approx(0.5, abs=0.1)
    assert fit_evidence.cut(sure, np.zeros(4000, bool), 0.5) == 1.0


def test_the_script_writes_a_table_and_says_how_good_it_is(
    encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command line fits, writes and reports."""
    few = groups.newsroom("train")[:12]
    monkeypatch.setattr(groups, "all_groups", lambda _: few)
    path = tmp_path / "kinds.npz"

    assert fit_evidence.main(["--encoder", str(encoder), "--out", str(path)]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["bytes"] == path.stat().st_size
    assert 0 <= report["accuracy"] <= 1
