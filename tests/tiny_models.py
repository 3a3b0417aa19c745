"""Tiny real models, built in code: both backends are tested through their true path, offline."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import pytest

WORDS = "the a mill bridge town soldier was is closed open found in on monday tuesday not 14 41 people . ,"
LONGEST = 32  # tokens of a pair
LABEL_ORDERS = {
    "contradiction first": ("CONTRADICTION", "entailment", "neutral"),
    "contradiction last": ("entailment", "neutral", "contradiction"),
}
SCORERS = [(backend, order) for backend in ("torch", "onnx") for order in LABEL_ORDERS]


def build_model(folder: Path, labels: tuple[str, ...], graph: bool = True) -> Path:
    """Save a random one-layer BERT whose outputs stand in the order of `labels`.

    The weights are the same for every order: outputs of equal name are equal, only their places change.
    """
    torch = pytest.importorskip("torch", reason="the tiny models are built with torch")
    transformers = pytest.importorskip("transformers", reason="the tiny models are built with transformers")
    _save_tokenizer(folder)
    torch.manual_seed(5)
    config = transformers.BertConfig(
        vocab_size=len(WORDS.split()) + 4,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=LONGEST,
        initializer_range=0.5,  # far from uniform, so that a wrong score shows
        id2label=dict(enumerate(labels)),
        label2id={label: place for place, label in enumerate(labels)},
    )
    model = transformers.BertForSequenceClassification(config).eval()
    names = sorted(label.lower() for label in labels)
    places = [names.index(label.lower()) for label in labels]
    with torch.no_grad():
        model.classifier.weight.copy_(model.classifier.weight[places].clone())
        model.classifier.bias.copy_(torch.arange(len(labels))[places] * 0.1)
    model.save_pretrained(folder)
    if graph:
        _export(model, folder / "model.onnx")
    return folder


def _save_tokenizer(folder: Path) -> None:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    vocabulary = {word: number for number, word in enumerate([*special, *WORDS.split()])}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", vocabulary["[CLS]"]), ("[SEP]", vocabulary["[SEP]"])],
    )
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_input_names": ["input_ids", "token_type_ids", "attention_mask"],
        "model_max_length": LONGEST,
        "pad_token": "[PAD]",
        "unk_token": "[UNK]",
        "cls_token": "[CLS]",
        "sep_token": "[SEP]",
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")


def _export(model: object, path: Path) -> None:
    import torch

    names = ["input_ids", "attention_mask", "token_type_ids"]
    example = tuple(torch.ones((2, 8), dtype=torch.long) for _ in names)
    axes = {name: {0: "batch", 1: "width"} for name in names} | {"logits": {0: "batch"}}
    with warnings.catch_warnings():
        # The older exporter is deprecated, but quick, and it needs no further package.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model,
            example,
            str(path),
            input_names=names,
            output_names=["logits"],
            dynamic_axes=axes,
            dynamo=False,
        )


def build_engine(folder: Path) -> Path:
    """Save a random export of the embedded model's layout, in fp32: a shared model, a joint reader, no glance yet."""
    torch = pytest.importorskip("torch", reason="the tiny engine is built with torch")
    transformers = pytest.importorskip("transformers", reason="the tiny engine is built with transformers")
    pytest.importorskip("onnx", reason="its graphs are written with onnx")
    from training import export_onnx
    from training import model as network

    torch.manual_seed(5)
    config = transformers.MPNetConfig(
        vocab_size=len(WORDS.split()) + 4,
        hidden_size=24,
        num_hidden_layers=3,
        num_attention_heads=12,  # the export's graphs are written for 12 heads
        intermediate_size=48,
        max_position_embeddings=LONGEST,
        layer_norm_eps=1e-5,
    )
    shared = network.PairModel(config, unshared=1, exit_layer=2)
    reader = network.PairModel(config, unshared=0, exit_layer=2)
    reader.load_state_dict(shared.state_dict())
    networks = {"shared": shared, "reader": reader}
    for name, net in networks.items():
        network.save(net, folder / "networks" / name)
        _save_tokenizer(folder / "networks" / name)
    export_onnx.export(*(folder / "networks" / name for name in networks), folder / "model", [], int8=False)
    return folder / "model"
