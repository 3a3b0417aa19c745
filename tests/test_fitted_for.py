"""A calibration belongs to the very files of a model: for any others it is refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inconsistency.calibration import calibrate_files
from inconsistency.calibration_file import load_calibration, save_calibrations
from inconsistency.detector import Detector
from inconsistency.errors import CalibrationError, ModelError
from inconsistency.identity import ModelFiles
from inconsistency.nli.loading import DEFAULT

TEXT = "The mill was closed on Monday. The mill was open on Monday. 14 people was found in the town."


@pytest.fixture
def embedded(tmp_path: Path) -> Path:
    """A copy of the embedded model's folder, to be changed by the test."""
    return Path(shutil.copytree(DEFAULT, tmp_path / "model"))


@pytest.fixture
def tiny(tiny_model: Callable[[str], Path], tmp_path: Path) -> Path:
    """A copy of the tiny model with a calibration that was fitted for it."""
    folder = Path(shutil.copytree(tiny_model("contradiction first"), tmp_path / "tiny"))
    fitted = replace(load_calibration(DEFAULT / "calibration.json"), model="any name")
    save_calibrations([replace(fitted, model_digest=ModelFiles(folder).digest())], folder / "calibration.json")
    return folder


def shift_biases(folder: Path) -> None:
    """Change one file of weights without changing its size."""
    path = folder / "relative_bias.npy"
    np.save(path, np.load(path) * np.float32(1.01))


def test_the_embedded_calibration_is_of_the_embedded_weights() -> None:
    """The calibration that is shipped names the digest of the weights beside it."""
    assert load_calibration(DEFAULT / "calibration.json").model_digest == ModelFiles("default").digest()


def test_other_weights_beside_a_calibration_are_refused(embedded: Path) -> None:
    """Both digests are named, and what to type."""
    fitted = load_calibration(embedded / "calibration.json").model_digest
    shift_biases(embedded)

    with pytest.raises(CalibrationError, match="its promise would mean nothing") as caught:
        Detector(embedded)
    said = str(caught.value)
    assert f"was fitted for files with the digest {fitted}" in said
    assert f"have {ModelFiles(embedded).digest()}" in said
    assert f"inconsistency calibrate --model {embedded} --clean CLEAN.jsonl" in said


def test_what_decides_no_score_may_change(embedded: Path) -> None:
    """Model card, record of the export, and the folder's name leave a calibration valid."""
    (embedded / "MODEL_CARD.md").write_text("Better than ever")
    (embedded / "export_gate.json").write_text("{}")
    moved = embedded.rename(embedded.parent / "moved")

    assert Detector(moved, self_test=False).calibration is not None


@pytest.mark.parametrize("where", ["beside", "named"])
def test_an_old_file_without_a_digest_is_refused(tiny: Path, where: str) -> None:
    """A file from before calibrations named a digest says that it has to be fitted again."""
    path = tiny / "calibration.json"
    data = json.loads(path.read_text())
    del data["model_digest"]
    path.write_text(json.dumps(data))

    with pytest.raises(CalibrationError, match=r"names no digest of model files.* Fit it again: inconsistency"):
        Detector(tiny, calibration=path if where == "named" else None)


@pytest.mark.parametrize("digest", [7, ["a"]])
def test_a_digest_that_is_none_is_no_calibration_file(tiny: Path, digest: object) -> None:
    """A number in the digest's place is a damaged file."""
    path = tiny / "calibration.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"model_digest": digest}))

    with pytest.raises(CalibrationError, match="model_digest is"):
        Detector(tiny)


@pytest.mark.parametrize("backend", ["onnx", "torch"])
def test_a_named_file_for_the_model_is_taken(tiny: Path, tmp_path: Path, backend: str) -> None:
    """Wherever the file lies and whatever runs the model; another model's is refused."""
    path = Path(shutil.copy(tiny / "calibration.json", tmp_path / "house.json"))

    assert Detector(tiny, backend=backend, calibration=path).check(TEXT).expected_false_flags is not None
    with pytest.raises(CalibrationError, match=r"house\.json was fitted for files with the digest"):
        Detector(calibration=path, self_test=False)


def test_a_path_called_default_is_a_folder(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name "default" is the embedded model; a path of that name is the folder, or an error where there is none."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelError, match="no model folder 'default'"):
        Detector(Path("default"))
    tiny.rename(tmp_path / "default")

    made = Detector(Path("default"))

    assert (made.scorer.name, made.calibration.model if made.calibration else None) == ("default", "any name")
    assert made.settings()["model_digest"] == ModelFiles(tmp_path / "default").digest()
    assert Detector("default", self_test=False).settings()["model_digest"] == ModelFiles(DEFAULT).digest()


def write_articles(folder: Path) -> tuple[Path, Path]:
    """Clean and labelled articles of the tiny model's words."""
    sentences = ["The mill was closed .", "The mill was open .", "14 people was found in the town .", "The bridge ."]
    clean, labelled = folder / "clean.jsonl", folder / "labelled.jsonl"
    clean.write_text("\n".join(json.dumps({"text": " ".join(sentences) + f" {n}"}) for n in range(12)))
    pairs = [[i, j] for i in range(4) for j in range(i + 1, 4)]
    row = json.dumps({"sentences": sentences, "gold": pairs})
    labelled.write_text("\n".join([row] * 12))
    return clean, labelled


def test_a_calibration_is_fitted_again_over_one_that_is_refused(tiny: Path, tmp_path: Path) -> None:
    """`calibrate` does what the refusal says, and then the model is accepted."""
    tokenizer = json.loads((tiny / "tokenizer.json").read_text())
    tokenizer["normalizer"]["lowercase"] = False
    (tiny / "tokenizer.json").write_text(json.dumps(tokenizer))
    with pytest.raises(CalibrationError, match="Fit it again"):
        Detector(tiny)

    calibrate_files(str(tiny), *write_articles(tmp_path), tiny / "calibration.json")

    assert Detector(tiny).check(TEXT).expected_false_flags is not None
