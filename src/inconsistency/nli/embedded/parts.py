"""The opened files of an export, which all looks share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from inconsistency.errors import ModelError
from inconsistency.nli._exact import cuts_sums
from inconsistency.nli._graph import Floats, open_graph
from inconsistency.nli._threads import Threads
from inconsistency.nli.embedded.config import GRAPHS, Config, read_config
from inconsistency.nli.embedded.packing import Batch

if TYPE_CHECKING:
    import onnxruntime

MAX_DISTANCE = 511


@dataclass(frozen=True, slots=True)
class Parts:
    """What a model is made of.

    Attributes:
        folder: where it lies.
        config: its settings.
        graphs: its graphs, by name.
        biases: what attention adds for the distance of two tokens (heads, distances from -511 to 511).
        threads: for batches side by side.
    """

    folder: Path
    config: Config
    graphs: Mapping[str, onnxruntime.InferenceSession]
    biases: Floats
    threads: Threads

    def bias(self, width: int) -> Floats:
        """The bias (1, heads, width, width) of so many tokens."""
        distance = np.arange(width)[None, :] - np.arange(width)[:, None] + MAX_DISTANCE
        bias: Floats = self.biases[None, :, distance]
        return bias

    def read(self, graph: str, batches: Iterable[Batch], *outputs: str) -> Iterator[tuple[Batch, list[Floats]]]:
        """Let a graph that reads pairs have batches of them; give the batches and the outputs named."""

        def ask(batch: Batch) -> list[Floats]:
            feed = {"hidden": batch.hidden, "mask": batch.mask, "bias": self.bias(batch.hidden.shape[1])}
            return list(self.graphs[graph].run(outputs, feed))

        return self.threads.each(ask, batches)


def open_parts(folder: Path, threads: int | None) -> Parts:
    """Open a folder's files, the graphs side by side.

    Raises:
        ModelError: a file or a setting is missing or damaged, or a graph is laid out for another engine.
    """
    config, pool, unsigned = read_config(folder), Threads(threads), cuts_sums()

    def opened(name: str) -> onnxruntime.InferenceSession:
        return open_graph(folder / f"{name}.onnx", threads=1, unsigned=unsigned)

    graphs = dict(pool.each(opened, GRAPHS))
    for name in ("exit", "reader"):
        if {one.name for one in graphs[name].get_inputs()} != {"hidden", "mask", "bias"}:
            raise ModelError(
                f"{folder / name}.onnx is laid out for another engine; export it anew with training/export_onnx.py"
            )
    path = folder / "relative_bias.npy"
    try:
        biases: Floats = np.load(path)
    except (OSError, ValueError, EOFError) as error:
        raise ModelError(f"cannot open {path}: {error}") from error
    return Parts(folder, config, graphs, biases, pool)
