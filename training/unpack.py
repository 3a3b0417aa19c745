"""Turn an exported int8 model back into folders that training can start from.

    python -m training.unpack src/inconsistency/models/default --out runs/shipped

Writes `runs/shipped/shared`, which ends at the exit head, and `runs/shipped/reader`. The checkpoints of a training
run are large and not kept in the repository; the shipped graphs are. Their int8 matrices times their scales differ
from the trained ones by half a quantisation step at most, which a few hundred steps of training make good. So
whoever has the package can go on where its model stopped.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from transformers import MPNetConfig, MPNetModel

from training import model as network
from training.export_onnx import MAX_DISTANCE

HEADS = ("classifier", "exit_classifier", "kind_classifier")
# What each network is made of; of two constants with one name the later graph's counts.
NETWORKS = {"shared": ("lower", "exit"), "reader": ("lower", "reader")}


def stored(paths: Iterable[Path]) -> dict[str, np.ndarray]:
    """Every constant of some graphs, by name; of two with one name the later graph's."""
    found: dict[str, np.ndarray] = {}
    for path in paths:
        graph = onnx.load(path).graph
        found |= {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    return found


def matrix(constants: dict[str, np.ndarray], name: str) -> np.ndarray:
    """A linear layer's weight (out, in): int8 levels times column scales, smoothing undone."""
    value = constants[name].astype(np.float32)
    if constants[name].dtype == np.int8:
        value = value * constants[name + ".scale"] * constants[name + ".smooth"][:, None]
    return value.T


def state(constants: dict[str, np.ndarray], bias: np.ndarray, config: MPNetConfig) -> dict[str, torch.Tensor]:
    """The state dict of a `PairModel` from the graphs' constants and the relative bias table."""
    made: dict[str, np.ndarray] = {}
    for number in range(config.num_hidden_layers):
        at = f"mpnet.encoder.layer.{number}."
        attn = at + "attention.attn."
        joined = np.split(matrix(constants, attn + "qkv"), 3)
        joined_bias = np.split(constants[attn + "qkv.bias"], 3)
        for part, weight, offset in zip("qkv", joined, joined_bias, strict=True):
            made[f"{attn}{part}.weight"], made[f"{attn}{part}.bias"] = weight, offset
        for layer in (attn + "o", at + "intermediate.dense", at + "output.dense"):
            made[layer + ".weight"] = matrix(constants, layer + ".weight")
            made[layer + ".bias"] = constants[layer + ".bias"]
        for norm in (at + "attention.LayerNorm", at + "output.LayerNorm"):
            made |= {f"{norm}.{part}": constants[f"{norm}.{part}"] for part in ("weight", "bias")}
    held = {head: head for head in HEADS if f"{head}.dense.weight" in constants}
    # The shared model has no head but the exit's, the joint reader none there: each then begins as the other.
    held = {"classifier": "exit_classifier", "exit_classifier": "classifier"} | held
    for head, source in held.items():
        for layer in ("dense", "out_proj"):
            made[f"{head}.{layer}.weight"] = matrix(constants, f"{source}.{layer}.weight")
            made[f"{head}.{layer}.bias"] = constants[f"{source}.{layer}.bias"]
    at = "mpnet.embeddings."
    made[at + "word_embeddings.weight"] = constants["words"].astype(np.float32) * constants.get("words.scale", 1)
    made[at + "position_embeddings.weight"] = constants[at + "position_embeddings.weight"]
    made |= {f"{at}LayerNorm.{p}": constants[f"{at}LayerNorm.{p}"] for p in ("weight", "bias")}
    return {k: torch.tensor(np.array(v, dtype=np.float32)) for k, v in made.items()} | {
        "mpnet.encoder.relative_attention_bias.weight": torch.from_numpy(buckets(bias))
    }


def buckets(bias: np.ndarray) -> np.ndarray:
    """Relative bias by bucket (32, heads) from the exported table by distance (heads, 1023).

    Buckets that no distance below 512 falls into keep zero; no pair of ours reaches them.
    """
    distance = torch.arange(-(MAX_DISTANCE - 1), MAX_DISTANCE)
    encoder = MPNetModel(MPNetConfig(num_hidden_layers=0), add_pooling_layer=False).encoder
    bucket = encoder.relative_position_bucket(distance, num_buckets=32).numpy()
    table = np.zeros((32, bias.shape[0]), np.float32)
    table[bucket] = bias.T
    return table


def network_of(folder: Path, name: str) -> network.PairModel:
    """The network of `NETWORKS` that some of a folder's graphs were made from.

    The shared model has no kind head, which then starts at random.
    """
    constants = stored(folder / f"{graph}.onnx" for graph in NETWORKS[name])
    layers = sum(key.endswith("attention.attn.qkv") for key in constants)
    vocabulary, width = constants["words"].shape
    config = MPNetConfig(
        vocab_size=vocabulary,
        hidden_size=width,
        num_hidden_layers=layers,
        intermediate_size=constants["mpnet.encoder.layer.0.intermediate.dense.bias"].shape[0],
        max_position_embeddings=constants["mpnet.embeddings.position_embeddings.weight"].shape[0],
        layer_norm_eps=1e-5,
    )
    said = json.loads((folder / "config.json").read_text())
    unshared = said["unshared_layers"] if name == "shared" else 0
    net = network.PairModel(config, unshared, said["exit_layer"])
    made = state(constants, np.load(folder / "relative_bias.npy"), config)
    result = net.load_state_dict(made, strict=False)
    missing = [key for key in result.missing_keys if not key.startswith("kind_classifier")]
    if missing or result.unexpected_keys:
        raise SystemExit(f"{folder}: missing {missing}, unknown {result.unexpected_keys}")
    return net


def main(argv: list[str] | None = None) -> int:
    """Write both folders."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("model", type=Path, help="a folder written by export_onnx.py")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args(argv)
    for name in NETWORKS:
        net = network_of(args.model, name)
        network.save(net, args.out / name)
        shutil.copy(args.model / "tokenizer.json", args.out / name)
        print(f"{net.config.num_hidden_layers} layers of width {net.config.hidden_size} -> {args.out / name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
