"""ONNX Runtime backend for ordinary exported classifiers: one graph, both sentences in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from inconsistency.errors import ModelError
from inconsistency.nli._batching import batches, most_tokens, padded
from inconsistency.nli._graph import open_graph, open_tokenizer, softmax
from inconsistency.nli._settings import read_settings
from inconsistency.nli.encodable import encodable_pairs
from inconsistency.nli.labels import label_order
from inconsistency.nli.scorer import NliScores

TOKEN_BUDGET = 4096
GRAPHS = ("model.onnx", "onnx/model.onnx")


class OnnxScorer:
    """Score pairs with `model.onnx`, `config.json` and `tokenizer.json` of a folder.

    Args:
        folder: a local model folder; the graph may lie in a subfolder `onnx`.
        threads: threads of ONNX Runtime; None lets it use every core.
        name: what the model is called in reports.

    Raises:
        ModelError: a file is missing, the graph wants an input that we do not know, it does not tell which output
            has the logits, or the config's labels are not the three of NLI.
    """

    def __init__(self, folder: Path, threads: int | None, name: str) -> None:
        config, graph, tokenizer = read_settings(folder), find_graph(folder), folder / "tokenizer.json"
        missing = ([] if tokenizer.is_file() else [tokenizer.name]) + ([] if graph else ["model.onnx"])
        if missing or graph is None:
            raise ModelError(f"{folder} lacks {', '.join(missing)}, needed by the onnx backend")
        self.name = name
        self._order = label_order(config.get("id2label"), self.name)
        self._tokenizer = open_tokenizer(tokenizer)
        self._tokenizer.no_padding()
        most = most_tokens(config.get("max_position_embeddings"), config.get("model_type"))
        self._tokenizer.enable_truncation(most, strategy="longest_first")
        self._session = open_graph(graph, threads)
        self._inputs = [i.name for i in self._session.get_inputs()]
        unknown = set(self._inputs) - {"input_ids", "attention_mask", "token_type_ids"}
        if unknown:
            raise ModelError(f"{graph}: unknown graph inputs {sorted(unknown)}")
        outputs = [o.name for o in self._session.get_outputs()]
        if len(outputs) > 1 and "logits" not in outputs:
            raise ModelError(f"{graph}: the outputs are {outputs}; accepted is one alone, or one named 'logits'")
        self._logits = "logits" if "logits" in outputs else outputs[0]

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[NliScores]:
        """Score (premise, hypothesis) pairs, in the order given."""
        coded: list[Any] = self._tokenizer.encode_batch(encodable_pairs(pairs))
        shares = np.zeros((len(pairs), 3), dtype=np.float32)
        for batch in batches([len(c.ids) for c in coded], TOKEN_BUDGET):
            # A padded place is masked, so the id that fills it does not matter.
            ids, mask = padded([coded[k].ids for k in batch], np.int64)
            types, _ = padded([coded[k].type_ids for k in batch], np.int64)
            known = {"input_ids": ids, "attention_mask": mask.astype(np.int64), "token_type_ids": types}
            feed = {name: known[name] for name in self._inputs}
            shares[batch] = softmax(self._session.run([self._logits], feed)[0])
        named = shares[:, self._order].tolist()
        return [NliScores(e, n, c, bool(code.overflowing)) for (e, n, c), code in zip(named, coded, strict=True)]


def find_graph(folder: Path) -> Path | None:
    """The graph of a model folder; None where it has none."""
    return next((folder / graph for graph in GRAPHS if (folder / graph).is_file()), None)
