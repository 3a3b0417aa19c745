"""Export a trained pair model to ONNX, int8 by default, and refuse it when it drifts.

    python training/export_onnx.py runs/model2 --out src/inconsistency/models/default --check pairs.jsonl

The network becomes three graphs, so that the library can run each part as seldom as it must:
`lower.onnx` reads single sentences, `middle.onnx` reads pairs and gives the exit head's opinion,
`upper.onnx` finishes the pairs that are worth it.

Matrices are quantised to int8 a column; activations to uint8 a *row* (a token), with the scale taken
from that row. A per-tensor scale, the usual choice, would make a pair's score depend on its batch.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import model as network

MAX_DISTANCE = 512
NEAR_ZERO = np.float32(1e-9)


class Builder:
    """Collects nodes and weights of one graph.

    Args:
        weights: the model's state dict as numpy arrays.
        ranges: largest absolute input of each linear layer, a channel, over sample pairs.
        int8: quantise matrices; otherwise they stay fp32.
    """

    def __init__(
        self, weights: dict[str, np.ndarray], ranges: dict[str, np.ndarray], *, int8: bool
    ) -> None:
        self.weights, self.ranges, self.int8 = weights, ranges, int8
        self.nodes: list[onnx.NodeProto] = []
        self.stored: dict[str, onnx.TensorProto] = {}
        self.count = 0

    def node(self, op: str, inputs: list[str], outputs: int = 1, domain: str = "", **attributes: object) -> str:
        """Append a node; give the name of its (first) output."""
        self.count += 1
        names = [f"{op}_{self.count}" + (f"_{k}" if k else "") for k in range(outputs)]
        self.nodes.append(helper.make_node(op, inputs, names, domain=domain, **attributes))
        return names[0]

    def store(self, name: str, value: np.ndarray) -> str:
        """Keep a constant under a name."""
        self.stored[name] = numpy_helper.from_array(np.array(value, order="C"), name)
        return name

    def take(self, name: str) -> str:
        """Keep a weight of the model as fp32 (biases and layer norms)."""
        return self.store(name, self.weights[name].astype(np.float32))

    def compact(self, name: str, value: np.ndarray) -> str:
        """Keep a table in half precision where the export is meant to be small."""
        if not self.int8:
            return self.store(name, value.astype(np.float32))
        return self.node("Cast", [self.store(name, value.astype(np.float16))], to=TensorProto.FLOAT)

    def product(self, x: str, name: str, matrix: np.ndarray, reach: np.ndarray) -> str:
        """`x @ matrix` with `matrix` (in, out), in int8 or fp32, without bias.

        Channels with outliers would eat the int8 range of their row. Half of their reach is moved into
        the matrix first (SmoothQuant, Xiao et al. 2023, arXiv 2211.10438, with alpha 0.5).
        """
        if not self.int8:
            return self.node("MatMul", [x, self.store(name, matrix.astype(np.float32))])
        smooth = np.sqrt(np.maximum(reach, 1e-5) / np.maximum(np.abs(matrix).max(1), 1e-5))
        matrix = matrix * smooth[:, None]
        x = self.node("Mul", [x, self.store(name + ".smooth", (1 / smooth).astype(np.float32))])
        scale = np.abs(matrix).max(0) / 127 + NEAR_ZERO
        self.store(name, np.round(matrix / scale).astype(np.int8))
        self.store(name + ".scale", scale.astype(np.float32))
        one, top = self.store("one", np.float32(1)), self.store("top", np.float32(127))
        middle, zero = self.store("middle", np.uint8(128)), self.store("zero", np.int8(0))
        absolute = self.node("Abs", [x])
        largest = self.node("ReduceMax", [absolute], axes=[-1], keepdims=1)
        row = self.node("Div", [self.node("Max", [largest, self.store("tiny", NEAR_ZERO)]), top])
        levels = self.node("QuantizeLinear", [self.node("Div", [x, row]), one, middle])
        inputs = [levels, name, one, name + ".scale", middle, zero]
        return self.node(
            "Mul", [self.node("MatMulIntegerToFloat", inputs, domain="com.microsoft"), row]
        )

    def linear(self, x: str, prefix: str) -> str:
        """A torch linear layer without its bias."""
        weight = self.weights[prefix + ".weight"].T
        return self.product(x, prefix + ".weight", weight, self.ranges[prefix])

    def layer(self, x: str, number: int, bias: str, mask: str) -> str:
        """One MPNet layer."""
        at = f"mpnet.encoder.layer.{number}."
        attn = at + "attention.attn."
        names = [attn + part for part in "qkv"]
        joined = np.concatenate([self.weights[n + ".weight"].T for n in names], axis=1)
        biases = np.concatenate([self.weights[n + ".bias"] for n in names])
        qkv = self.node(
            "Add",
            [
                self.product(x, attn + "qkv", joined, self.ranges[attn + "q"]),
                self.store(attn + "qkv.bias", biases),
            ],
        )
        q = self.node("Split", [qkv], outputs=3, axis=-1)
        mixed = self.node(
            "MultiHeadAttention",
            [q, f"{q}_1", f"{q}_2", "", mask, bias],
            domain="com.microsoft",
            num_heads=12,
        )
        x = self.residual(self.linear(mixed, attn + "o"), x, at + "attention.LayerNorm", attn + "o.bias")
        inner = self.linear(x, at + "intermediate.dense")
        inner = self.node(
            "BiasGelu", [inner, self.take(at + "intermediate.dense.bias")], domain="com.microsoft"
        )
        back = self.linear(inner, at + "output.dense")
        return self.residual(back, x, at + "output.LayerNorm", at + "output.dense.bias")

    def residual(self, change: str, x: str, norm: str, bias: str) -> str:
        """Layer norm of `x + change + bias`."""
        inputs = [change, x, self.take(norm + ".weight"), self.take(norm + ".bias"), self.take(bias)]
        return self.node(
            "SkipLayerNormalization", inputs, domain="com.microsoft", epsilon=1e-5
        )

    def head(self, x: str, prefix: str) -> str:
        """Logits from the first token; small, so its products stay in fp32."""
        first = self.node("Gather", [x, self.store("first", np.int64(0))], axis=1)
        for part, squash in (("dense", True), ("out_proj", False)):
            name = f"{prefix}.{part}"
            matrix = self.compact(name + ".weight", self.weights[name + ".weight"].T)
            first = self.node("Add", [self.node("MatMul", [first, matrix]), self.take(name + ".bias")])
            first = self.node("Tanh", [first]) if squash else first
        return first

    def embed(self, ids: str, positions: str) -> str:
        """Word and position embeddings; the word table is int8 with a scale a word."""
        table = self.weights["mpnet.embeddings.word_embeddings.weight"]
        if self.int8:
            scale = np.abs(table).max(1, keepdims=True) / 127 + NEAR_ZERO
            words = self.node(
                "Gather", [self.store("words", np.round(table / scale).astype(np.int8)), ids]
            )
            scales = self.node("Gather", [self.store("words.scale", scale.astype(np.float32)), ids])
            words = self.node("Mul", [self.node("Cast", [words], to=TensorProto.FLOAT), scales])
        else:
            words = self.node("Gather", [self.store("words", table.astype(np.float32)), ids])
        name = "mpnet.embeddings.position_embeddings.weight"
        place = self.node("Gather", [self.compact(name, self.weights[name]), positions])
        norm = "mpnet.embeddings.LayerNorm"
        inputs = [self.node("Add", [words, place]), self.take(norm + ".weight"), self.take(norm + ".bias")]
        return self.node("LayerNormalization", inputs, axis=-1, epsilon=1e-5)

    def build(self, inputs: list, outputs: dict[str, tuple[str, list]]) -> onnx.ModelProto:
        """Close the graph; `outputs` maps public names to (tensor, shape)."""
        for name, (tensor, _) in outputs.items():
            self.nodes.append(helper.make_node("Identity", [tensor], [name]))
        values = [
            helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, (_, s) in outputs.items()
        ]
        graph = helper.make_graph(self.nodes, "pair", inputs, values, list(self.stored.values()))
        opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
        made = helper.make_model(graph, opset_imports=opsets, ir_version=9)
        return made


def tensor(name: str, kind: int, *shape: object) -> onnx.ValueInfoProto:
    """A graph input."""
    return helper.make_tensor_value_info(name, kind, list(shape))


def graphs(
    net: network.PairModel, ranges: dict[str, np.ndarray], *, int8: bool
) -> dict[str, onnx.ModelProto]:
    """The three parts of the network as ONNX models."""
    weights = {k: v.float().numpy() for k, v in net.state_dict().items()}
    total, width = net.config.num_hidden_layers, net.config.hidden_size
    shared = [
        tensor("bias", TensorProto.FLOAT, 1, 12, "tokens", "tokens"),
        tensor("mask", TensorProto.INT32, "batch", "tokens"),
    ]
    hidden = tensor("hidden", TensorProto.FLOAT, "batch", "tokens", width)
    shape = ["batch", "tokens", width]

    lower = Builder(weights, ranges, int8=int8)
    x = lower.embed("ids", "positions")
    for number in range(net.unshared):
        x = lower.layer(x, number, "bias", "mask")
    ids = [tensor(n, TensorProto.INT64, "batch", "tokens") for n in ("ids", "positions")]
    made = {"lower": lower.build(ids + shared, {"output": (x, shape)})}

    middle = Builder(weights, ranges, int8=int8)
    x = "hidden"
    for number in range(net.unshared, net.exit_layer):
        x = middle.layer(x, number, "bias", "mask")
    logits = middle.head(x, "exit_classifier")
    out = {"output": (x, shape), "logits": (logits, ["batch", 3])}
    made["middle"] = middle.build([hidden, *shared], out)

    upper = Builder(weights, ranges, int8=int8)
    x = "hidden"
    for number in range(net.exit_layer, total):
        x = upper.layer(x, number, "bias", "mask")
    logits = upper.head(x, "classifier")
    made["upper"] = upper.build([hidden, *shared], {"logits": (logits, ["batch", 3])})
    return made


def input_ranges(net: network.PairModel, folder: Path, pairs: list[tuple[str, str]]) -> dict[str, np.ndarray]:
    """Largest absolute input of every linear layer, a channel, over some pairs."""
    import torch
    from tokenizers import Tokenizer

    import train

    ranges: dict[str, np.ndarray] = {}

    def watch(name: str) -> object:
        def hook(_: object, inputs: tuple) -> None:
            reach = inputs[0].abs().flatten(0, -2).amax(0).numpy()
            ranges[name] = np.maximum(ranges.get(name, 0), reach)

        return hook

    linear = [(n, m) for n, m in net.named_modules() if isinstance(m, torch.nn.Linear)]
    hooks = [m.register_forward_pre_hook(watch(n)) for n, m in linear if "classifier" not in n]
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    coded = [(*(train.encode_side(tokenizer, t, "") for t in pair), 0) for pair in pairs]
    with torch.inference_mode():
        for batch in train.batches(coded, 2048, random.Random(0)):
            ids, segment, _ = train.tensors(batch)
            net(ids, segment)
    for hook in hooks:
        hook.remove()
    return ranges


def relative_bias(net: network.PairModel) -> np.ndarray:
    """Position bias (heads, 2 * 512 - 1): column 511 + d is for a token d places to the right."""
    import torch

    encoder = net.mpnet.encoder
    distance = torch.arange(-(MAX_DISTANCE - 1), MAX_DISTANCE)
    bucket = encoder.relative_position_bucket(distance, num_buckets=32)
    return encoder.relative_attention_bias(bucket).T.detach().numpy().astype(np.float32)


def export(
    folder: Path, out: Path, pairs: list[tuple[str, str]], *, int8: bool, name: str
) -> None:
    """Write graphs, tokenizer and `config.json` of a trained model folder.

    `pairs` show the range of every layer's input; they matter for int8 only.
    """
    net = network.from_folder(folder).eval()
    ranges = input_ranges(net, folder, pairs) if int8 else {}
    ranges = ranges or dict.fromkeys((n for n, _ in net.named_modules()), np.ones(1))
    out.mkdir(parents=True, exist_ok=True)
    for part, made in graphs(net, ranges, int8=int8).items():
        onnx.checker.check_model(made)
        onnx.save(made, out / f"{part}.onnx")
    np.save(out / "relative_bias.npy", relative_bias(net))
    shutil.copy(folder / "tokenizer.json", out / "tokenizer.json")
    config = {
        "architecture": "shared-lower-mpnet",
        "name": name,
        "id2label": {str(i): label for i, label in enumerate(network.LABELS)},
        "max_tokens": 126,
        "unshared_layers": net.unshared,
        "exit_layer": net.exit_layer,
        "precision": "int8" if int8 else "fp32",
    }
    (out / "config.json").write_text(json.dumps(config, indent=1) + "\n")


def gate(int8: Path, fp32: Path, pairs: list[tuple[str, str]]) -> dict[str, float]:
    """Compare the two exports through the library's own scorer."""
    from inconsistency.nli import load_scorer

    quantised, exact = load_scorer(int8), load_scorer(fp32)
    p = np.array([s.contradiction for s in quantised.score(pairs)])
    q = np.array([s.contradiction for s in exact.score(pairs)])
    alone = np.array([quantised.score([pair])[0].contradiction for pair in pairs[:40]])
    return {
        "pairs": len(pairs),
        "mean_drift": float(np.abs(p - q).mean()),
        "largest_drift": float(np.abs(p - q).max()),
        "flag_agreement": float(((p >= 0.5) == (q >= 0.5)).mean()),
        "batch_drift": float(np.abs(alone - p[:40]).max()),
    }


def main(argv: list[str] | None = None) -> int:
    """Export, then let the gate decide."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--name", default="inconsistency-default")
    parser.add_argument(
        "--check", type=Path, required=True, help="rows.jsonl of a mixture: pairs for ranges and for the gate"
    )
    parser.add_argument("--fp32", type=Path, default=Path("runs/fp32"), help="where the fp32 twin goes")
    args = parser.parse_args(argv)
    lines = args.check.read_text(encoding="utf-8").splitlines()[:800]
    pairs = [(r["first"]["text"], r["second"]["text"]) for r in map(json.loads, lines)]
    export(args.model, args.out, pairs[600:] or pairs, int8=True, name=args.name)
    export(args.model, args.fp32, [], int8=False, name=args.name)
    figures = gate(args.out, args.fp32, pairs[:600])
    print(json.dumps(figures, indent=1))
    (args.out / "export_gate.json").write_text(json.dumps(figures, indent=1) + "\n")
    passed = (
        figures["mean_drift"] <= 0.01
        and figures["flag_agreement"] >= 0.99
        and figures["batch_drift"] <= 1e-3
    )
    print("gate passed" if passed else "gate FAILED: mean drift <= 0.01, agreement >= 0.99, batch drift <= 1e-3")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
