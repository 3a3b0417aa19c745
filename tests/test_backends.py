"""Every backend gives the same scores, in the caller's order, whatever else is in the call."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from inconsistency import Detector
from inconsistency.errors import InputError, MissingExtraError, ModelError
from inconsistency.nli import CutScorer, NliScores, Scorer, load_scorer
from tiny_models import LABEL_ORDERS, LONGEST, WORDS, build_engine, build_model

PAIRS = [
    ("The mill was closed on Monday.", "The mill was open on Monday."),
    ("14 people was found in the town.", "41 people was found."),
    ("The soldier is in the town.", "A bridge."),
    ("The mill.", "The bridge was not closed on Tuesday, the mill was not open in the town on Monday."),
    ("Completely unknown words here", "the the the"),
    ("", "The bridge is open."),
]
LONG = " ".join(WORDS.split()[:18] * 3)


def close(found: list[NliScores], wanted: list[NliScores]) -> None:
    """Assert that scores agree within 1e-4."""
    assert len(found) == len(wanted)
    for one, other in zip(found, wanted, strict=True):
        assert one.entailment == pytest.approx(other.entailment, abs=1e-4)
        assert one.neutral == pytest.approx(other.neutral, abs=1e-4)
        assert one.contradiction == pytest.approx(other.contradiction, abs=1e-4)
        assert one.truncated == other.truncated


def test_scores_are_probabilities(scorer: Scorer) -> None:
    """The three scores of a pair are shares of 1, and pairs differ."""
    scores = scorer.score(PAIRS)

    assert all(s.entailment + s.neutral + s.contradiction == pytest.approx(1, abs=1e-5) for s in scores)
    assert max(s.contradiction for s in scores) - min(s.contradiction for s in scores) > 0.02


def test_no_pairs_no_scores(scorer: Scorer) -> None:
    """An article of one sentence has nothing to score."""
    assert scorer.score([]) == []


def test_a_backend_follows_the_protocol(scorer: Scorer) -> None:
    """What `load_scorer` gives is a `Scorer` with a name."""
    assert isinstance(scorer, Scorer)
    assert scorer.name


def test_half_an_emoji_is_read(scorer: Scorer) -> None:
    """A lone surrogate, as cut JSON leaves it, is read like a character that the model does not know."""
    broken = scorer.score([("The mill \ud83d was closed.", "The mill was open \udc00.")])

    close(broken, scorer.score([("The mill \ufffd was closed.", "The mill was open \ufffd.")]))


@pytest.mark.parametrize("order", LABEL_ORDERS)
def test_onnx_and_torch_agree(tiny_model: Callable[[str], Path], order: str) -> None:
    """Both backends give the same scores for the same weights, cut pairs included."""
    pairs = [*PAIRS, (LONG, "The mill is open."), ("The mill is open.", LONG), (LONG, LONG)]
    torch_scores = load_scorer(tiny_model(order), backend="torch").score(pairs)
    onnx_scores = load_scorer(tiny_model(order), backend="onnx").score(pairs)

    close(onnx_scores, torch_scores)


@pytest.mark.parametrize("backend", ["torch", "onnx"])
def test_label_order_is_read_by_name(tiny_model: Callable[[str], Path], backend: str) -> None:
    """The same weights with their outputs in another place give the same named scores."""
    one, other = (load_scorer(tiny_model(order), backend=backend).score(PAIRS) for order in LABEL_ORDERS)

    close(one, other)


def test_torch_reference(tiny_model: Callable[[str], Path], scorer: Scorer) -> None:
    """The scores are those of plain transformers calls, one pair at a time, without our code."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    folder = tiny_model("contradiction last")
    model = transformers.AutoModelForSequenceClassification.from_pretrained(folder).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    wanted = []
    for premise, hypothesis in PAIRS:
        with torch.no_grad():
            logits = model(**tokenizer(premise, hypothesis, return_tensors="pt")).logits[0]
        wanted.append(NliScores(*logits.softmax(-1).tolist()))

    close(scorer.score(PAIRS), wanted)


def test_batch_composition_does_not_matter(scorer: Scorer) -> None:
    """A pair's score is the same alone, among others, beside a long pair and in a large call."""
    alone = [scorer.score([pair])[0] for pair in PAIRS]

    close(scorer.score(PAIRS), alone)
    close(scorer.score([(LONG, LONG), *PAIRS])[1:], alone)
    close(scorer.score(PAIRS * 60), alone * 60)


def test_order_is_the_callers(scorer: Scorer) -> None:
    """Pairs are batched by length, yet scores come back in the order given."""
    close(scorer.score(PAIRS[::-1])[::-1], scorer.score(PAIRS))


def test_direction_matters(scorer: Scorer) -> None:
    """Premise and hypothesis are not exchanged on the way."""
    forward = scorer.score(PAIRS)
    backward = scorer.score([(h, p) for p, h in PAIRS])
    gaps = [abs(a.contradiction - b.contradiction) for a, b in zip(forward, backward, strict=True)]

    assert max(gaps) > 1e-3


def test_truncation_is_told_per_pair(scorer: Scorer) -> None:
    """Only pairs that were cut say so; a pair that just fits was not cut."""
    room = LONGEST - 3
    fits = ("the " * (room - 4), "the the the the")
    one_more = ("the " * (room - 3), "the the the the")
    scores = scorer.score([PAIRS[0], (LONG, PAIRS[0][1]), fits, one_more])

    assert [s.truncated for s in scores] == [False, True, False, True]


def test_truncated_pairs_are_counted_in_the_report(scorer: Scorer) -> None:
    """A report says how many scored pairs were cut."""
    detector = Detector(scorer)
    report = detector.check_sentences(["The mill was open.", LONG, "The bridge was closed."], threshold=0)

    assert report.counts.scored == 3
    assert report.counts.truncated == 2


def test_auto_takes_onnx_where_there_is_a_graph(tiny_model: Callable[[str], Path], tmp_path: Path) -> None:
    """A folder with a graph runs on ONNX Runtime, also from a subfolder; one without on torch."""
    moved = shutil.copytree(tiny_model("contradiction first"), tmp_path / "moved")
    (moved / "onnx").mkdir()
    (moved / "model.onnx").rename(moved / "onnx" / "model.onnx")
    plain = build_model(tmp_path / "plain", LABEL_ORDERS["contradiction first"], graph=False)
    kinds = [type(load_scorer(f)).__name__ for f in (tiny_model("contradiction first"), moved, plain)]

    assert kinds == ["OnnxScorer", "OnnxScorer", "TorchScorer"]


def test_unknown_backend_names_the_accepted_ones() -> None:
    """A mistyped backend is told what is accepted."""
    with pytest.raises(InputError, match=r"backend is 'onxx'; accepted are auto, onnx, torch"):
        load_scorer("default", backend="onxx")


@pytest.mark.parametrize("name", ["./no/such/folder", "/no/such/folder", "a/b/c", "~/model", " "])
def test_missing_folder_is_told_at_once(name: str) -> None:
    """A mistyped path is not looked up on the hub."""
    with pytest.raises(ModelError, match="accepted are 'default', a folder, or a hub id"):
        load_scorer(name)


def test_folder_without_config_is_no_model(tmp_path: Path) -> None:
    """A folder that is not a model says what it lacks."""
    with pytest.raises(ModelError, match=r"has no config\.json"):
        load_scorer(tmp_path)


@pytest.mark.parametrize("content", ["{", "[]", "\0\0"], ids=["cut off", "a list", "binary"])
def test_damaged_config_is_a_model_error(tmp_path: Path, content: str) -> None:
    """A config.json that is no JSON object is an error of the model, not a traceback."""
    (tmp_path / "config.json").write_text(content, encoding="utf-8")

    with pytest.raises(ModelError, match=r"config\.json"):
        load_scorer(tmp_path)


def test_missing_graph_is_named(tiny_model: Callable[[str], Path], tmp_path: Path) -> None:
    """The onnx backend lists the files that a folder lacks."""
    shutil.copy(tiny_model("contradiction first") / "config.json", tmp_path)

    with pytest.raises(ModelError, match=r"lacks tokenizer\.json, model\.onnx"):
        load_scorer(tmp_path, backend="onnx")


def test_damaged_graph_is_a_model_error(tiny_model: Callable[[str], Path], tmp_path: Path) -> None:
    """A graph that ONNX Runtime cannot read (a Git LFS pointer, say) is an error of the model."""
    damaged = shutil.copytree(tiny_model("contradiction first"), tmp_path / "damaged")
    (damaged / "model.onnx").write_text("version https://git-lfs.github.com/spec/v1\n", encoding="utf-8")

    with pytest.raises(ModelError, match=r"model\.onnx"):
        load_scorer(damaged)


@pytest.mark.parametrize("backend", ["torch", "onnx"])
def test_unknown_labels_are_refused_at_load(
    tiny_model: Callable[[str], Path], tmp_path: Path, backend: str
) -> None:
    """A model whose labels are LABEL_0 to LABEL_2 does not load on any backend."""
    folder = shutil.copytree(tiny_model("contradiction first"), tmp_path / "unnamed")
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config["id2label"] = {str(k): f"LABEL_{k}" for k in range(3)}
    config["label2id"] = {f"LABEL_{k}": k for k in range(3)}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")

    with pytest.raises(ModelError, match="LABEL_0"):
        load_scorer(folder, backend=backend)


def test_missing_extra_says_what_to_type(
    tiny_model: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without torch, asking for it names the command that installs it."""
    folder = tiny_model("contradiction first")
    monkeypatch.setitem(sys.modules, "torch", None)  # as if it were not installed

    with pytest.raises(MissingExtraError, match=r"pip install 'inconsistency\[torch\]'") as caught:
        load_scorer(folder, backend="torch")
    assert isinstance(caught.value, ImportError)


def test_onnx_needs_no_torch(tiny_model: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with a graph runs where torch is not installed."""
    folder = tiny_model("contradiction first")
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.setitem(sys.modules, "transformers", None)

    assert load_scorer(folder).score(PAIRS[:1])


@pytest.fixture(scope="session")
def built_engine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random model of the embedded model's layout."""
    return build_engine(tmp_path_factory.mktemp("engine"))


@pytest.fixture
def engine_folder(built_engine: Path, tmp_path: Path) -> Path:
    """A copy of it that reads six tokens of a sentence."""
    folder = shutil.copytree(built_engine, tmp_path / "engine")
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(json.dumps(config | {"max_tokens": 6}), encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", ["exit", "reader"])
def test_graphs_of_another_engine_are_refused(engine_folder: Path, name: str) -> None:
    """A graph that takes other inputs than the engine gives is refused with its path and the way out."""
    shutil.copy(engine_folder / "lower.onnx", engine_folder / f"{name}.onnx")

    with pytest.raises(ModelError, match=rf"{name}\.onnx is laid out for another engine.* training/export_onnx\.py"):
        load_scorer(engine_folder)


def test_texts_longer_than_the_model_reads_are_told(engine_folder: Path) -> None:
    """The engine tells which texts it cuts without scoring them; half an emoji is one token."""
    scorer = load_scorer(engine_folder, self_test=False)

    assert isinstance(scorer, CutScorer)
    assert scorer.cut(["the " * 6, "the " * 7, "", "\ud83d"]) == [False, True, False, False]
    assert scorer.cut([]) == []


@pytest.mark.parametrize(
    "name",
    ["tokenizer.json", "relative_bias.npy", *(f"{g}.onnx" for g in ("lower", "glance_pair", "exit", "reader"))],
)
def test_damaged_engine_folder_names_what_is_missing(engine_folder: Path, name: str) -> None:
    """A folder of the engine that lacks a file is refused at once, with the folder and the file."""
    (engine_folder / name).unlink()

    with pytest.raises(ModelError, match=rf"{engine_folder.name} lacks {name}"):
        load_scorer(engine_folder)


@pytest.mark.parametrize("key", ["name", "precision", "max_tokens"])
def test_engine_config_without_a_setting_is_refused(engine_folder: Path, key: str) -> None:
    """A configuration of the engine that lacks a setting is refused with its path and the setting."""
    path = engine_folder / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    del config[key]
    path.write_text(json.dumps(config), encoding="utf-8")

    with pytest.raises(ModelError, match=rf"config\.json lacks {key}"):
        load_scorer(engine_folder)


def test_damaged_biases_are_a_model_error(engine_folder: Path) -> None:
    """A file of biases that is not one is named."""
    (engine_folder / "relative_bias.npy").write_text("version https://git-lfs.github.com/spec/v1", encoding="utf-8")

    with pytest.raises(ModelError, match=r"cannot open .*relative_bias\.npy"):
        load_scorer(engine_folder)


@pytest.mark.parametrize("names", [["pooled", "logits"], ["only"], ["first", "second"]])
def test_logits_are_found_by_their_name(tiny_model: Callable[[str], Path], tmp_path: Path, names: list[str]) -> None:
    """A graph may have other outputs before the logits; which of several they are is not guessed."""
    onnx = pytest.importorskip("onnx", reason="a graph is changed with it")
    folder = Path(shutil.copytree(tiny_model("contradiction first"), tmp_path / "renamed"))
    model = onnx.load(folder / "model.onnx")
    del model.graph.output[:]
    for name in names:
        made_from = ["logits"] if name in ("logits", "only") else ["input_ids"]
        kind = onnx.TensorProto.FLOAT
        if name != "logits":
            model.graph.node.append(onnx.helper.make_node("Cast", made_from, [name], to=kind))
        model.graph.output.append(onnx.helper.make_tensor_value_info(name, kind, ["batch", "width"]))
    onnx.save(model, folder / "model.onnx")

    if names == ["first", "second"]:
        with pytest.raises(ModelError, match=r"outputs are \['first', 'second'\]; accepted is .*'logits'"):
            load_scorer(folder, self_test=False)
    else:
        close(load_scorer(folder).score(PAIRS), load_scorer(tiny_model("contradiction first")).score(PAIRS))
