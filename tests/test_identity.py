"""A detector knows what it is: it pickles by what it was made with, and notices another model."""

from __future__ import annotations

import copy
import json
import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from inconsistency.detector import Detector
from inconsistency.errors import ModelError
from inconsistency.testing import FakeScorer

TEXT = "The soldier was found in the mill on Monday. The soldier was not found on Tuesday. 14 people, 41 people."
OPTIONS = {"threshold": 0.0, "threads": 1}


@pytest.fixture
def folder(tiny_model: Callable[[str], Path], tmp_path: Path) -> Path:
    """A copy of the tiny model, to be changed by the test."""
    return Path(shutil.copytree(tiny_model("contradiction first"), tmp_path / "model"))


def change_weights(folder: Path) -> None:
    """Change the weights of a graph a little, as another training run would."""
    onnx = pytest.importorskip("onnx")
    graph = onnx.load(folder / "model.onnx")
    for weights in graph.graph.initializer:
        values = onnx.numpy_helper.to_array(weights)
        if values.dtype.kind == "f":
            weights.CopyFrom(onnx.numpy_helper.from_array(values * np.float32(1.01), weights.name))
    onnx.save(graph, folder / "model.onnx")


@pytest.mark.parametrize("backend", ["onnx", "torch"])
def test_pickled_detector_gives_the_same_report(folder: Path, backend: str) -> None:
    """A detector survives pickle and deepcopy with its model and options."""
    made = Detector(folder, backend=backend, **OPTIONS)
    report = made.check(TEXT)

    assert report.contradictions
    for again in (pickle.loads(pickle.dumps(made)), copy.deepcopy(made)):
        assert again.check(TEXT) == report
        assert again.settings() == made.settings()


def test_scorer_object_is_pickled_with_the_detector() -> None:
    """A scorer that pickles takes its detector along."""
    made = Detector(FakeScorer({("14 people", "41 people"): 0.9}))

    assert pickle.loads(pickle.dumps(made)).check("14 people. 41 people.").score == pytest.approx(0.9)


def test_scorer_object_that_does_not_pickle() -> None:
    """A scorer that does not pickle is named as the reason, with the way out."""
    scorer = FakeScorer()
    scorer.open = lambda: None  # type: ignore[attr-defined]

    with pytest.raises(pickle.PicklingError, match=r"type FakeScorer, which cannot be pickled.*name or folder"):
        pickle.dumps(Detector(scorer))


def test_digest_is_of_what_decides_the_scores(folder: Path) -> None:
    """Other weights under the same name are another model; a changed model card is not."""
    before = Detector(folder, **OPTIONS).settings()
    (folder / "README.md").write_text("Better than ever")
    assert Detector(folder, **OPTIONS).settings() == before
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    tokenizer["normalizer"]["lowercase"] = False
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))

    after = Detector(folder, **OPTIONS).settings()

    assert after["model"] == before["model"]
    assert after["model_digest"] != before["model_digest"]
    assert after["calibration_digest"] == before["calibration_digest"]


def test_only_settings_read_the_files(folder: Path) -> None:
    """Checking articles needs the files no more; `settings` does, and says when they are others."""
    made = Detector(folder, **OPTIONS)
    change_weights(folder)

    assert made.check(TEXT).contradictions
    with pytest.raises(ModelError, match="have changed since it was loaded"):
        made.settings()


def test_pickle_is_refused_where_the_model_is_another(folder: Path) -> None:
    """A pickle that finds other weights under its model's name is refused."""
    data = pickle.dumps(Detector(folder, backend="onnx", **OPTIONS))
    change_weights(folder)

    with pytest.raises(ModelError, match="another model than the one found here"):
        pickle.loads(data)


FINGERPRINT = """
import json, sys
from datasets.fingerprint import Hasher
from inconsistency import Detector
from inconsistency.integrations.datasets import annotator
made = Detector(sys.argv[1], **json.loads(sys.argv[2]))
made.check("14 people. 41 people.")
print(Hasher.hash(annotator(made)))
"""


def fingerprint(folder: Path, **options: object) -> str:
    """Fingerprint that `datasets` gives the annotator, in a process of its own."""
    pytest.importorskip("datasets")
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p), "PYTHONHASHSEED": "random"}
    argv = [sys.executable, "-c", FINGERPRINT, str(folder), json.dumps({**OPTIONS, **options})]
    return subprocess.run(argv, env=env, check=True, capture_output=True, text=True).stdout.strip()


@pytest.mark.slow
def test_fingerprint(folder: Path) -> None:
    """`datasets` recognises the same detector in another process, and another threshold, and another model."""
    first = fingerprint(folder)

    assert first and fingerprint(folder) == first
    assert fingerprint(folder, threshold=0.3) != first
    change_weights(folder)
    assert fingerprint(folder) != first


HUB = """
import sys
from inconsistency.detector import Detector
made = Detector("tiny/nli", backend=sys.argv[1], threads=1)
print(made.settings()["model_digest"])
"""


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["onnx", "torch"])
def test_model_from_the_hub(folder: Path, tmp_path: Path, backend: str) -> None:
    """A model of the hub is known by the files in the client's cache: the very digest of a folder with them."""
    pytest.importorskip("huggingface_hub")
    cached = tmp_path / "home" / "hub" / "models--tiny--nli"
    (cached / "refs").mkdir(parents=True)
    (cached / "refs" / "main").write_text("0123456789abcdef0123456789abcdef01234567")
    shutil.copytree(folder, cached / "snapshots" / "0123456789abcdef0123456789abcdef01234567")
    env = {**os.environ, "HF_HOME": str(tmp_path / "home"), "HF_HUB_OFFLINE": "1"}
    env["PYTHONPATH"] = os.pathsep.join(p for p in sys.path if p)
    env.pop("HF_HUB_CACHE", None)

    done = subprocess.run([sys.executable, "-c", HUB, backend], env=env, capture_output=True, text=True)

    assert done.stdout.strip() == Detector(folder, **OPTIONS).settings()["model_digest"], done.stderr
