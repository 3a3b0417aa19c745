"""What the ONNX engines share: opening graphs and tokenizers, and rows of logits as probabilities."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from inconsistency.errors import ModelError
from inconsistency.nli._exact import with_unsigned_weights

if TYPE_CHECKING:
    import onnxruntime

Floats = npt.NDArray[np.float32]


def open_graph(path: Path, threads: int | None, *, unsigned: bool = False) -> onnxruntime.InferenceSession:
    """Open an ONNX graph on the CPU.

    Args:
        path: the graph.
        threads: threads of ONNX Runtime; None lets it use every core.
        unsigned: read the int8 weights of an exported graph as unsigned ones.

    Raises:
        ModelError: the graph is missing or damaged.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    # Batches differ in shape, so a memory plan is seldom used twice. The pool of memory is: without it a quarter
    # of the time goes into asking the system for pages.
    options.enable_mem_pattern = False
    # A thread that goes on waiting busily after a run takes a core from whatever runs next.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    # Add and LayerNormalization are joined by default into an operator that is five times as slow.
    disabled = ["SkipLayerNormFusion"]
    if threads:
        options.intra_op_num_threads = threads
    try:
        graph = with_unsigned_weights(path) if unsigned else str(path)
        return onnxruntime.InferenceSession(
            graph, options, providers=["CPUExecutionProvider"], disabled_optimizers=disabled
        )
    except Exception as error:  # ONNX Runtime's errors have no common base
        raise ModelError(f"cannot open {path}: {error}") from error


def open_tokenizer(path: Path) -> Any:
    """Open a `tokenizer.json`.

    Raises:
        ModelError: the file is missing or damaged.
    """
    from tokenizers import Tokenizer

    try:
        return Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises plain `Exception`
        raise ModelError(f"cannot open {path}: {error}") from error


def softmax(logits: Floats) -> Floats:
    """Probabilities of rows of logits."""
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    shares: Floats = (raised / raised.sum(axis=-1, keepdims=True)).astype(np.float32, copy=False)
    return shares
