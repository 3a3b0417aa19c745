"""`load_scorer`: the single door to a model, by name, folder or hub id."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

from inconsistency.accepted import require_whole
from inconsistency.errors import InputError, MissingExtraError, ModelError
from inconsistency.nli._hub import ONNX_FILES, TORCH_FILES, hub_folder
from inconsistency.nli._settings import read_settings
from inconsistency.nli.labels import self_test as run_self_test
from inconsistency.nli.scorer import Scorer

DEFAULT = Path(__file__).parent.parent / "models" / "default"
BACKENDS = ("auto", "onnx", "torch")


def load_scorer(
    model: str | Path = "default",
    *,
    backend: str = "auto",
    threads: int | None = None,
    self_test: bool = True,
) -> Scorer:
    """Load a model behind the `Scorer` protocol.

    Args:
        model: "default" (embedded), a local folder, or a hub id ("owner/name" or "owner/name@revision").
        backend: "onnx" or "torch"; "auto" takes ONNX where the folder has a graph, else torch.
        threads: CPU threads; None leaves it to the backend.
        self_test: score six plain pairs and refuse a model whose labels look exchanged.

    Raises:
        InputError: the backend is unknown, or `threads` is below 1.
        ModelError: the model is not there, is no three-way NLI classifier, or fails the self-test.
        MissingExtraError: the backend's packages are not installed.
    """
    if backend not in BACKENDS:
        raise InputError(f"backend is {backend!r}; accepted are {', '.join(BACKENDS)}")
    require_whole(1, or_none=True, threads=threads)
    folder = folder_of(model)
    if is_folder(folder):
        scorer = _from_folder(folder, backend, threads)
    elif isinstance(model, Path):
        # Whoever gives a path means no hub id, even where it looks like one.
        raise ModelError(f"no model folder {str(model)!r}")
    else:
        scorer = _from_hub(model, backend, threads)
    if self_test:
        run_self_test(scorer)
    return scorer


def folder_of(model: str | Path) -> Path:
    """The folder that a model's name stands for; a path stands for itself, also where it is called "default"."""
    return DEFAULT if model == "default" else Path(model)


def is_folder(path: Path) -> bool:
    """Whether a folder is there that can be read.

    Raises:
        ModelError: it may not be read, or no file system has such a name.
    """
    try:
        if not path.is_dir():
            return False
        if not os.access(path, os.R_OK | os.X_OK):
            raise ModelError(f"cannot read the model folder {str(path)!r}: no permission")
    except OSError as error:
        raise ModelError(f"cannot read the model folder {str(path)!r}: {error.strerror}") from error
    return True


def _from_folder(folder: Path, backend: str, threads: int | None) -> Scorer:
    if read_settings(folder).get("architecture") == "shared-lower-mpnet":
        if backend == "torch":
            raise ModelError(f"{folder} is an ONNX model; the torch backend cannot run it")
        from inconsistency.nli.embedded.engine import EmbeddedScorer

        return EmbeddedScorer(folder, threads)
    from inconsistency.nli._onnx import find_graph

    if backend == "onnx" or (backend == "auto" and find_graph(folder)):
        return _onnx(folder, str(folder), threads)
    _need_torch(str(folder))
    return _torch(folder, str(folder), threads)


def _from_hub(model: str, backend: str, threads: int | None) -> Scorer:
    """Fetch from the hub; its offline switches (HF_HUB_OFFLINE) are honoured by its own client."""
    if backend == "onnx":
        return _onnx(hub_folder(model, ONNX_FILES), model, threads)
    _need_torch(model)
    return _torch(hub_folder(model, TORCH_FILES), model, threads)


def _onnx(folder: Path, name: str, threads: int | None) -> Scorer:
    from inconsistency.nli._onnx import OnnxScorer

    return OnnxScorer(folder, threads, name)


def _torch(folder: Path, name: str, threads: int | None) -> Scorer:
    from inconsistency.nli._torch import TorchScorer

    return TorchScorer(folder, threads, name)


def _need_torch(model: str) -> None:
    """Say what is missing before anything is fetched."""
    if importlib.util.find_spec("torch") is None or importlib.util.find_spec("transformers") is None:
        raise MissingExtraError("torch", "torch", f"Running {model!r} without an ONNX graph")
