"""What a user would take instead of this library, loaded in one place for quality and speed.

Only the standard library is imported above the functions: a rival may run in an environment that has not what the
others have.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

LABELS = ("entailment", "neutral", "contradiction")
Pairs = Sequence[tuple[str, str]]


class NotRunError(Exception):
    """A row cannot run here; the message says why."""


def without(module: str) -> str | None:
    """A reason not to run when the module is not installed."""
    return None if importlib.util.find_spec(module) else f"{module} is not installed"


def folder_reason(folder: str | None) -> str | None:
    """A reason not to run when the model folder is missing."""
    if folder and Path(folder, "config.json").is_file():
        return None
    return f"no model folder {folder}" if folder else "no model folder is given (--warm)"


def hub_reason(model: str) -> str | None:
    """A reason not to run when the hub cannot be asked and the model is not in its local cache."""
    from huggingface_hub import HfApi, try_to_load_from_cache

    if isinstance(try_to_load_from_cache(model, "config.json"), str):
        return None
    try:
        HfApi().model_info(model, timeout=5)
    except Exception as error:  # the client raises many kinds; all of them mean "not from here"
        return f"no network ({type(error).__name__})"
    return None


def set_threads(threads: int) -> None:
    """The same number of threads for every rival."""
    import torch

    torch.set_num_threads(threads)


def cross_encoder(folder: str, **how: Any) -> Callable[[Pairs], Any]:
    """sentence-transformers' `CrossEncoder.predict`, its own batching.

    Args:
        folder: a folder, or a name on the hub.
        how: for `CrossEncoder`.

    Returns:
        A function of pairs: probabilities (pairs, 3) in the order of `LABELS`.
    """
    from sentence_transformers import CrossEncoder

    model = CrossEncoder(folder, device="cpu", **how)
    names = {str(v).lower(): int(k) for k, v in model.config.id2label.items()}
    columns = [names[label] for label in LABELS]
    return lambda pairs: model.predict(list(pairs), apply_softmax=True, show_progress_bar=False)[:, columns]


def cross_encoder_onnx(folder: str, threads: int) -> Callable[[Pairs], Any]:
    """The same with its ONNX backend, fp32 as its own exporter makes it, which is kept beside the folder.

    Raises:
        NotRunError: the exporter is missing.
    """
    if importlib.util.find_spec("optimum") is None or importlib.util.find_spec("optimum.onnxruntime") is None:
        raise NotRunError(
            "optimum-onnx is not installed; it needs an older transformers, hence an environment of its own "
            "(--onnx-python)"
        )
    import onnxruntime

    exported, weights = Path(f"{folder.rstrip('/')}-onnx"), Path(folder, "model.safetensors")
    graph = exported / "onnx" / "model.onnx"
    if not graph.exists() or (weights.exists() and weights.stat().st_mtime > graph.stat().st_mtime):
        # In a process of its own: the exporter's memory is not the row's.
        subprocess.run([sys.executable, "-m", "benchmarks.rivals", folder, str(exported)], check=True)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    chosen = {"provider": "CPUExecutionProvider", "session_options": options}
    return cross_encoder(str(exported), backend="onnx", model_kwargs=chosen)


def export(folder: str, target: str) -> None:
    """Export a stock model with sentence-transformers' own exporter."""
    from sentence_transformers import CrossEncoder

    chosen = {"provider": "CPUExecutionProvider", "export": True}
    CrossEncoder(folder, device="cpu", backend="onnx", model_kwargs=chosen).save_pretrained(target)


def pipeline(folder: str) -> Callable[..., Any]:
    """The text-classification pipeline of transformers: pairs and options of the call -> labels and scores."""
    from transformers import pipeline as load

    model = load("text-classification", model=folder, device="cpu")

    def ask(pairs: Pairs, **how: Any) -> Any:
        rows = [{"text": a, "text_pair": b} for a, b in pairs]
        return model(rows, truncation=True, **how) if rows else []

    return ask


def embeddings(encoder: str) -> Callable[[Sequence[str]], Any]:
    """Normalised sentence embeddings."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(encoder, device="cpu")
    return lambda sentences: model.encode(list(sentences), normalize_embeddings=True)


if __name__ == "__main__":
    export(sys.argv[1], sys.argv[2])
