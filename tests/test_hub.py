"""Models of the hub: a revision is the one asked for, and nothing that comes with a model is run."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from inconsistency.detector import Detector
from inconsistency.errors import ModelError
from inconsistency.identity import ModelFiles
from inconsistency.nli import load_scorer

COMMITS = {"main": "0" * 40, "v1": "1" * 40}
PAIRS = [("The mill was closed on Monday.", "The mill was open on Monday.")]


@pytest.fixture
def hub(tiny_model: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The client's cache with two revisions of one model, whose labels stand in different order."""
    constants = pytest.importorskip("huggingface_hub.constants")
    cached = tmp_path / "hub" / "models--tiny--nli"
    (cached / "refs").mkdir(parents=True)
    for revision, order in zip(COMMITS, ("contradiction first", "contradiction last"), strict=True):
        (cached / "refs" / revision).write_text(COMMITS[revision])
        shutil.copytree(tiny_model(order), cached / "snapshots" / COMMITS[revision])
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    # Old clients have a copy of the name where they use it.
    monkeypatch.setattr("huggingface_hub._snapshot_download.HF_HUB_CACHE", str(tmp_path / "hub"), raising=False)
    return cached / "snapshots"


@pytest.mark.parametrize("backend", ["onnx", "torch"])
@pytest.mark.parametrize(
    ("name", "wanted"),
    [("tiny/nli", "main"), ("tiny/nli@main", "main"), ("tiny/nli@v1", "v1"), (f"tiny/nli@{COMMITS['v1']}", "v1")],
)
def test_a_revision_is_the_one_asked_for(hub: Path, backend: str, name: str, wanted: str) -> None:
    """A branch, a tag or a commit after an @ chooses the files; without one the branch main does."""
    made = Detector(name, backend=backend, threads=1)

    assert made.settings()["model_digest"] == ModelFiles(hub / COMMITS[wanted]).digest()
    assert made.scorer.name == name
    assert made.scorer.score(PAIRS)


@pytest.mark.parametrize("backend", ["onnx", "torch"])
@pytest.mark.parametrize("name", ["tiny/nli@v2", "tiny/other"])
def test_what_is_not_there_is_named(hub: Path, backend: str, name: str) -> None:
    """A revision or a model that cannot be fetched is an error with its name."""
    with pytest.raises(ModelError, match=f"cannot fetch '{name}' from the hub"):
        load_scorer(name, backend=backend)


@pytest.mark.parametrize("name", ["tiny/nli@", "a/b/c@main", "@main", "./tiny@main"])
def test_a_name_that_is_no_id_is_refused(name: str) -> None:
    """An empty revision, and a path that is no folder, are not looked up."""
    with pytest.raises(ModelError, match=r"accepted are 'default', a folder, or a hub id, which may end in @REVISION"):
        load_scorer(name)


@pytest.mark.parametrize("backend", ["onnx", "torch"])
def test_a_damaged_config_is_a_model_error(hub: Path, backend: str) -> None:
    """A config.json of the hub that is no JSON is an error of the model, as one in a folder is."""
    (hub / COMMITS["v1"] / "config.json").write_text("{", encoding="utf-8")

    with pytest.raises(ModelError, match=r"config\.json is not JSON|cannot load 'tiny/nli@v1' with transformers"):
        load_scorer("tiny/nli@v1", backend=backend)


def pickled(folder: Path, target: Path) -> Path:
    """A copy of a model whose weights are a pickle."""
    torch = pytest.importorskip("torch")
    load_file = pytest.importorskip("safetensors.torch").load_file
    shutil.copytree(folder, target)
    torch.save(load_file(target / "model.safetensors"), target / "pytorch_model.bin")
    (target / "model.safetensors").unlink()
    return target


def test_pickles_are_not_loaded(tiny_model: Callable[[str], Path], tmp_path: Path) -> None:
    """Weights that are a pickle are refused with the way to convert them."""
    folder = pickled(tiny_model("contradiction first"), tmp_path / "model")

    with pytest.raises(ModelError, match=r"no weights in the format safetensors.*convert it once.*save_pretrained"):
        load_scorer(folder, backend="torch")


def test_pickles_of_the_hub_are_not_loaded(hub: Path, tiny_model: Callable[[str], Path]) -> None:
    """Nor from the hub."""
    shutil.rmtree(hub / COMMITS["main"])
    pickled(tiny_model("contradiction first"), hub / COMMITS["main"])

    with pytest.raises(ModelError, match="'tiny/nli' has no weights in the format safetensors"):
        load_scorer("tiny/nli", backend="torch")


def test_code_that_comes_with_a_model_is_not_run(tiny_model: Callable[[str], Path], tmp_path: Path) -> None:
    """A model that wants code of its own to be run is refused, and the code is not run."""
    folder, trace = tmp_path / "model", tmp_path / "trace"
    shutil.copytree(tiny_model("contradiction first"), folder)
    (folder / "own.py").write_text(f"open({str(trace)!r}, 'w')\nclass Own: pass\n")
    config = json.loads((folder / "config.json").read_text())
    config |= {"model_type": "own", "architectures": ["Own"]}
    config["auto_map"] = {"AutoConfig": "own.Own", "AutoModelForSequenceClassification": "own.Own"}
    (folder / "config.json").write_text(json.dumps(config))

    with pytest.raises(ModelError, match="trust_remote_code"):
        load_scorer(folder, backend="torch")
    assert not trace.exists()
