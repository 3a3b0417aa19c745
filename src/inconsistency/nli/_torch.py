"""PyTorch backend: any three-class sequence classifier that transformers can load."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from inconsistency.errors import MissingExtraError, ModelError
from inconsistency.nli._batching import batches, most_tokens
from inconsistency.nli.encodable import encodable_pairs
from inconsistency.nli.labels import label_order
from inconsistency.nli.scorer import NliScores

TOKEN_BUDGET = 4096


class TorchScorer:
    """Score pairs with a transformers model. Neither pickles nor code that comes with a model are ever loaded.

    Args:
        folder: a local folder with weights in the format safetensors.
        threads: threads of torch; None leaves torch's own setting.
        name: what the model is called in reports.

    Raises:
        MissingExtraError: torch or transformers is not installed.
        ModelError: the model cannot be loaded or has other labels than the three of NLI.
    """

    def __init__(self, folder: Path, threads: int | None, name: str) -> None:
        try:
            import torch
            from transformers import AutoModelForSequenceClassification, AutoTokenizer
        except ImportError as error:
            raise MissingExtraError("torch", "torch", "The torch backend") from error
        self.name = name
        if not any(folder.glob("*.safetensors")):
            raise ModelError(
                f"{self.name!r} has no weights in the format safetensors; pickled ones (pytorch_model.bin) are "
                "not loaded, since a pickle may run code. If you trust it, convert it once and use FOLDER: "
                "AutoModelForSequenceClassification.from_pretrained(MODEL).save_pretrained(FOLDER), and the same "
                "with AutoTokenizer."
            )
        safe = {"local_files_only": True, "trust_remote_code": False}
        try:
            loaded: Any = AutoModelForSequenceClassification.from_pretrained(folder, use_safetensors=True, **safe)
            self._tokenizer: Any = AutoTokenizer.from_pretrained(folder, **safe)
        except Exception as error:  # a damaged file alone raises half a dozen kinds
            raise ModelError(f"cannot load {self.name!r} with transformers: {error}") from error
        self._order = label_order(loaded.config.id2label, self.name)
        if threads:
            torch.set_num_threads(threads)
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        self._model = loaded.eval().to(self._device)
        most = most_tokens(getattr(loaded.config, "max_position_embeddings", None), loaded.config.model_type)
        # Tokenizers without a limit report an astronomically large one.
        self._longest = min(int(self._tokenizer.model_max_length), most)
        self._turn = threading.Lock()  # a call sets the tokenizer's truncation, which another would undo

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[NliScores]:
        """Score (premise, hypothesis) pairs, in the order given."""
        import torch

        if not pairs:
            return []
        pairs = encodable_pairs(pairs)
        with self._turn:
            coded = self._tokenizer(
                [p for p, _ in pairs],
                [h for _, h in pairs],
                truncation="longest_first",
                max_length=self._longest,
            )
            cut = truncated(self._tokenizer, pairs, self._longest)
        shares = torch.zeros((len(pairs), 3))
        for batch in batches([len(ids) for ids in coded["input_ids"]], TOKEN_BUDGET):
            rows = {key: [values[k] for k in batch] for key, values in coded.items()}
            feed = self._tokenizer.pad(rows, return_tensors="pt").to(self._device)
            with torch.inference_mode():
                shares[batch] = self._model(**feed).logits.float().softmax(-1).cpu()
        named = shares[:, self._order].tolist()
        return [NliScores(e, n, c, is_cut) for (e, n, c), is_cut in zip(named, cut, strict=True)]


def truncated(tokenizer: Any, pairs: Sequence[tuple[str, str]], longest: int) -> list[bool]:
    """Which pairs are too long, from lengths counted once a sentence."""
    texts = list(dict.fromkeys(text for pair in pairs for text in pair))
    coded = tokenizer(texts, add_special_tokens=False, verbose=False)["input_ids"]
    length = {text: len(ids) for text, ids in zip(texts, coded, strict=True)}
    room = longest - tokenizer.num_special_tokens_to_add(pair=True)
    return [length[p] + length[h] > room for p, h in pairs]
