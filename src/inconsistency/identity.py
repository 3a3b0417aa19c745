"""What a detector is, whatever its model is called: digests of files, and pickles that know them.

A calibration is believed, batch runs are resumed, and the caches of `datasets` are read, on the strength of what a
detector says it is. A name is not enough for that: a model trained again keeps its folder.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import pickle
import shlex
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inconsistency.decision import Calibration
from inconsistency.errors import CalibrationError, ModelError
from inconsistency.nli._hub import hub_folder
from inconsistency.nli.loading import folder_of, is_folder

if TYPE_CHECKING:
    from inconsistency.detector import Detector

# What the backends read, and weights beside their graph; a model card or a log changes no score.
SUFFIXES = (".json", ".txt", ".model", ".onnx", ".onnx_data", ".data", ".safetensors", ".bin", ".npy")
PLACES = ("", "onnx")  # checkpoints of a training run in further folders are not the model
# The calibration names the digest of the other files, and has one of its own, of what was really used. The record
# of the export decides nothing.
APART = ("calibration.json", "export_gate.json")

_Seen = dict[str, tuple[int, int]]


class ModelFiles:
    """The files behind a model, remembered when it is loaded and read when somebody asks.

    Args:
        model: "default", a folder, or a hub id, as given to `Detector`.
    """

    def __init__(self, model: str | Path) -> None:
        self._model = str(model)
        folder = folder_of(model)
        # A hub id has its files in the client's cache, in a folder named after their content.
        self._folder = folder.absolute() if is_folder(folder) else None
        self._seen = _look(self._folder) if self._folder else {}
        self._digest: str | None = None
        self._ahead: Future[str] | None = None

    def read_ahead(self) -> None:
        """Begin to read a folder's files for their digest, in a thread, while the caller loads the model."""
        if self._folder and self._ahead is None:
            apart = ThreadPoolExecutor(1)
            self._ahead = apart.submit(self._read)
            apart.shutdown(wait=False)

    def digest(self) -> str:
        """Digest of names and contents; the first call reads every byte, or waits for what was begun.

        Raises:
            ModelError: files have changed since the model was loaded, or cannot be read.
        """
        if self._digest is None:
            self._digest = self._ahead.result() if self._ahead else self._read()
        return self._digest

    def _read(self) -> str:
        folder = self._folder or hub_folder(self._model)
        try:
            seen = _look(folder)
            if self._folder and seen != self._seen:
                raise ModelError(
                    f"the files of the model {self._model!r} have changed since it was loaded; make a new Detector"
                )
            return _hash(folder, seen)
        except OSError as error:
            raise ModelError(f"cannot read the files of {self._model!r}: {error}") from error


def _look(folder: Path) -> _Seen:
    """Name -> (size, time of change) of the files that count, cheaply."""
    found = {}
    for place in PLACES:
        inside = folder / place
        for path in inside.iterdir() if inside.is_dir() else ():
            if path.suffix in SUFFIXES and path.name not in APART and path.is_file():
                stat = path.stat()
                found[path.relative_to(folder).as_posix()] = (stat.st_size, stat.st_mtime_ns)
    return dict(sorted(found.items()))


def _hash(folder: Path, seen: _Seen) -> str:
    whole = hashlib.blake2b(digest_size=16)
    for name in seen:
        with (folder / name).open("rb") as stream:
            # Most processors have instructions for this one.
            whole.update(name.encode() + b"\0" + hashlib.file_digest(stream, "sha256").digest())
    return whole.hexdigest()


def digest(*values: Any) -> str:
    """Digest of dataclasses and plain values, the same under every version of Python."""
    text = json.dumps(values, default=dataclasses.asdict, sort_keys=True)
    return hashlib.blake2b(text.encode("ascii"), digest_size=16).hexdigest()


def calibration_file(model: object, given: str | Path | None = None) -> Path | None:
    """The calibration file that is given, else the one in a model's folder; None where there is none."""
    if given is not None:
        return Path(given)
    folder = folder_of(model) if isinstance(model, str | Path) else None
    beside = folder / "calibration.json" if folder and is_folder(folder) else None
    return beside if beside and beside.is_file() else None


def check_fitted_for(
    calibration: Calibration, path: Path, model: object, name: str, files: ModelFiles | None
) -> None:
    """Refuse a calibration that was fitted with the scores of another model, known by the digest of its files.

    A scorer object has no files, so there the name has to do; where a folder lies makes no difference.

    Args:
        calibration: as it was read.
        path: from where.
        model: as given to `Detector`.
        name: of the scorer.
        files: of the model; None for a scorer object.

    Raises:
        CalibrationError: it was fitted for another model.
    """
    if files is None:
        if Path(calibration.model).name != Path(name).name:
            raise CalibrationError(
                f"{path} was fitted for the model {calibration.model!r}, not for {name!r}: its promise would mean "
                "nothing; fit it again with `inconsistency calibrate`"
            )
        return
    fitted, found = calibration.model_digest, files.digest()
    if fitted != found:
        named = f"was fitted for files with the digest {fitted}" if fitted else "names no digest of model files"
        raise CalibrationError(
            f"{path} {named}; those of the model {str(model)!r} have {found}, so its promise would mean nothing. "
            f"Fit it again: inconsistency calibrate --model {shlex.quote(str(model))} --clean CLEAN.jsonl "
            f"--labelled LABELLED.jsonl -o {shlex.quote(str(path))}"
        )


def restore(make: Callable[[], Detector], settings: Mapping[str, Any]) -> Detector:
    """Make again a detector that was pickled, given its settings of then.

    Raises:
        ModelError: what stands here under the model's name is not what was pickled.
    """
    made = make()
    here = made.settings()
    for name in ("model_digest", "calibration_digest"):
        if here[name] != settings[name]:
            raise ModelError(
                f"the Detector was pickled with another {name.removesuffix('_digest')} than the one found "
                f"here under the name {settings['model']!r}"
            )
    return made


def check_picklable(scorer: object) -> None:
    """Say who is to blame before pickle fails somewhere inside the scorer.

    Raises:
        pickle.PicklingError: the scorer cannot be pickled.
    """
    try:
        pickle.dumps(scorer)
    except Exception as error:  # a scorer's own methods may raise anything
        raise pickle.PicklingError(
            f"this Detector was made with a scorer object of type {type(scorer).__name__}, which cannot be "
            f"pickled ({error}). Make it with the model's name or folder instead."
        ) from error
