"""Export a trained pair model to ONNX, int8 by default, and refuse it when it drifts.

    python -m training.export_onnx runs/model2 --out src/inconsistency/models/default --check pairs.jsonl

The network becomes four graphs, so that the library can run each part as seldom as it must:
`lower.onnx` reads single sentences, `early.onnx` reads pairs up to the early head, `middle.onnx` up to the exit
head, `upper.onnx` finishes the pairs that are worth it. A head reads the first token, so the layer below it is
finished for that token first, and for the others only in the pairs that the head lets pass.

Matrices are quantised to int8 a column. Activations become uint8, in the lower graph with a step width taken from
each token, in the others with one that is fixed at export: two passes over memory instead of seven. A width taken
from the tensor at hand, the usual choice, would make a pair's score depend on its batch.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from training import model as network

MAX_DISTANCE = 512
PLACES = 256  # positions that are kept: a sentence is cut at 128 tokens, and training's context takes as many
# What is tried for each matrix: how much of its inputs' reach moves into it, and where its inputs are clipped.
SMOOTHINGS = (0.5, 0.6, 0.7, 0.8, 0.9)
CLIPS = (1.0, 0.85, 0.7, 0.55, 0.4)
SHOWN = slice(600, 800)  # rows of a mixture whose inputs are looked at to choose that
ROWS = 2600  # of which the others are the gate's: among 600 one flag decided whether 99 in 100 agree
SAMPLED = 2000  # tokens whose inputs are kept to judge that by
NEAR_ZERO = np.float32(1e-9)
EMBEDDING_NORM = "mpnet.embeddings.LayerNorm"
# What a stage with six frozen layers leaves as it is, and what was taught on top of it.
BELOW = ("lower.onnx", "early.onnx", "relative_bias.npy", "glance_sentence.onnx", "glance_pair.onnx")


def column_levels(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A matrix as int8 levels and a scale a column."""
    scale = np.abs(matrix).max(0) / 127 + NEAR_ZERO
    return np.round(matrix / scale).astype(np.int8), scale


@dataclass(frozen=True, slots=True)
class Steps:
    """How a product's inputs become uint8: `round(x / divisor / width) + zero`, clipped to 0-255.

    Attributes:
        divisor: one a channel.
        width: of one step.
        zero: the level that stands for 0.
    """

    divisor: np.ndarray
    width: np.float32
    zero: int


def best_steps(sample: np.ndarray, matrix: np.ndarray, *, by_token: bool = False) -> Steps:
    """Choose the steps by the error of the product on a sample of inputs.

    With `by_token` the width is left to each token: the steps then have width 1 and the middle level for 0.

    Channels with outliers would eat the int8 range of all others. A part of their reach is moved into the
    matrix first (SmoothQuant, Xiao et al. 2023, arXiv 2211.10438); how large a part, and whether clipping the
    last outliers gains more than it costs, is tried out. Inputs that are seldom negative get few levels below 0.
    """
    reach = np.maximum(np.abs(sample).max(0), 1e-4)
    width = np.maximum(np.abs(matrix).max(1), 1e-5)
    exact = sample @ matrix
    found: tuple[float, Steps] | None = None
    for share in SMOOTHINGS:
        divisor = reach**share / width ** (1 - share)
        levels, scale = column_levels(matrix * divisor[:, None])
        back, smooth = levels * scale, sample / divisor
        if by_token:
            row = np.abs(smooth).max(1, keepdims=True) / 127 + NEAR_ZERO
            trials = [(np.round(smooth / row) * row, Steps(divisor, np.float32(1), 128))]
        else:
            trials = [fixed_steps(smooth, divisor, clip) for clip in CLIPS]
        for coded, steps in trials:
            error = float(np.square(coded @ back - exact).mean())
            if found is None or error < found[0]:
                found = error, steps
    assert found is not None
    return found[1]


def fixed_steps(smooth: np.ndarray, divisor: np.ndarray, clip: float) -> tuple[np.ndarray, Steps]:
    """Inputs as one step width for all leaves them, clipped at a share of their reach, and the steps."""
    low, high = (clip * float(v) for v in (min(smooth.min(), 0), max(smooth.max(), 1e-6)))
    width = np.float32((high - low) / 255)
    zero = round(-low / float(width))
    return (np.clip(np.round(smooth / width) + zero, 0, 255) - zero) * width, Steps(divisor, width, zero)


class Builder:
    """Collects nodes and weights of one graph.

    Args:
        weights: the model's state dict as numpy arrays.
        samples: inputs (tokens, in) of each linear layer over some pairs.
        int8: quantise matrices; otherwise they stay fp32.
        by_token: take the step width of a product's inputs from each token, not from `samples`.
    """

    def __init__(
        self,
        weights: dict[str, np.ndarray],
        samples: dict[str, np.ndarray],
        *,
        int8: bool,
        by_token: bool = False,
    ) -> None:
        self.weights, self.samples, self.int8, self.by_token = weights, samples, int8, by_token
        self.nodes: list[onnx.NodeProto] = []
        self.stored: dict[str, onnx.TensorProto] = {}
        self.zeros: dict[str, int] = {}
        self.count = 0

    def node(self, op: str, inputs: list[str], outputs: int = 1, domain: str = "", **attributes: Any) -> str:
        """Append a node; give the name of its (first) output."""
        self.count += 1
        names = [f"{op}_{self.count}" + (f"_{k}" if k else "") for k in range(outputs)]
        self.nodes.append(helper.make_node(op, inputs, names, domain=domain, **attributes))
        return names[0]

    def store(self, name: str, value: np.ndarray | np.generic) -> str:
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

    def product(self, x: str, name: str, matrix: np.ndarray, sample: np.ndarray, bias: str) -> str:
        """`x @ matrix + bias` with `matrix` (in, out), in int8 or fp32.

        `sample` are inputs (tokens, in) that the product has met.
        """
        if not self.int8:
            return self.node("Add", [self.node("MatMul", [x, self.store(name, matrix.astype(np.float32))]), bias])
        if name not in self.zeros:
            self.zeros[name] = self.quantise(name, matrix, sample)
        x = self.node("Mul", [x, name + ".smooth"])
        one, zero = self.store("one", np.float32(1)), self.store("zero", np.int8(0))
        level = self.zeros[name]
        middle = self.store(f"zero.{level}", np.uint8(level))
        row = ""
        if self.by_token:
            largest = self.node("ReduceMax", [self.node("Abs", [x])], axes=[-1], keepdims=1)
            largest = self.node("Max", [largest, self.store("tiny", NEAR_ZERO)])
            row = self.node("Div", [largest, self.store("top", np.float32(127))])
            x = self.node("Div", [x, row])
        x = self.node("QuantizeLinear", [x, one, middle])
        inputs = [x, name, one, name + ".scale", middle, zero]
        if not self.by_token:
            return self.node("MatMulIntegerToFloat", [*inputs, bias], domain="com.microsoft")
        x = self.node("MatMulIntegerToFloat", inputs, domain="com.microsoft")
        return self.node("Add", [self.node("Mul", [x, row]), bias])

    def quantise(self, name: str, matrix: np.ndarray, sample: np.ndarray) -> int:
        """Store a matrix's levels and scales, and what its inputs are multiplied by; give the level of their 0."""
        steps = best_steps(sample, matrix, by_token=self.by_token)
        levels, scale = column_levels(matrix * steps.divisor[:, None])
        self.store(name, levels)
        divisor, scale = (v.astype(np.float32) for v in (1 / steps.divisor / steps.width, scale * steps.width))
        self.store(name + ".smooth", divisor)
        self.store(name + ".scale", scale)
        return steps.zero

    def linear(self, x: str, prefix: str) -> str:
        """A torch linear layer."""
        weight = self.weights[prefix + ".weight"].T
        return self.product(x, prefix + ".weight", weight, self.samples[prefix], self.take(prefix + ".bias"))

    def layer(self, x: str, number: int, bias: str, mask: str) -> str:
        """One MPNet layer."""
        return self.finished(x, self.projected(x, number), number, bias, mask)

    def projected(self, x: str, number: int) -> list[str]:
        """Queries, keys and values of a layer."""
        attn = f"mpnet.encoder.layer.{number}.attention.attn."
        names = [attn + part for part in "qkv"]
        joined = np.concatenate([self.weights[n + ".weight"].T for n in names], axis=1)
        biases = self.store(attn + "qkv.bias", np.concatenate([self.weights[n + ".bias"] for n in names]))
        qkv = self.product(x, attn + "qkv", joined, self.samples[attn + "q"], biases)
        q = self.node("Split", [qkv], outputs=3, axis=-1)
        return [q, f"{q}_1", f"{q}_2"]

    def finished(self, x: str, qkv: list[str], number: int, bias: str, mask: str) -> str:
        """The rest of a layer, for the tokens that `x` and the queries are of."""
        at = f"mpnet.encoder.layer.{number}."
        inputs = [*qkv, "", mask, bias]
        mixed = self.node("MultiHeadAttention", inputs, domain="com.microsoft", num_heads=12)
        x = self.residual(self.linear(mixed, at + "attention.attn.o"), x, at + "attention.LayerNorm")
        inner = self.node("Gelu", [self.linear(x, at + "intermediate.dense")], domain="com.microsoft")
        return self.residual(self.linear(inner, at + "output.dense"), x, at + "output.LayerNorm")

    def first_token(self, x: str, qkv: list[str], number: int, bias: str, mask: str) -> str:
        """What a layer makes of the first token (batch, 1, width): all that a head reads."""
        zero, one = (self.store(f"at.{k}", np.array([k])) for k in (0, 1))
        x, query = (self.node("Slice", [states, zero, one, one]) for states in (x, qkv[0]))
        bias = self.node("Slice", [bias, zero, one, self.store("at.2", np.array([2]))])
        return self.finished(x, [query, *qkv[1:]], number, bias, mask)

    def passing(self, logits: str, label: str, least: str) -> str:
        """Indexes of the pairs whose probability of a label (a number) is not below what each needs."""
        chance = self.node("Gather", [self.node("Softmax", [logits], axis=-1), label], axis=1)
        # Asked so, a probability that is no number is let pass, and is seen further up.
        stays = self.node("Not", [self.node("Less", [chance, least])])
        return self.node("Squeeze", [self.node("NonZero", [stays]), self.store("at.0", np.array([0]))])

    def residual(self, change: str, x: str, norm: str) -> str:
        """Layer norm of `x + change`.

        Two plain nodes: ONNX Runtime's fused SkipLayerNormalization takes five times as long on a CPU.
        """
        inputs = [self.node("Add", [change, x]), self.take(norm + ".weight"), self.take(norm + ".bias")]
        return self.node("LayerNormalization", inputs, axis=-1, epsilon=1e-5)

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
        place = self.node("Gather", [self.compact(name, self.weights[name][:PLACES]), positions])
        norm = [self.take(f"{EMBEDDING_NORM}.{part}") for part in ("weight", "bias")]
        inputs = [self.node("Add", [words, place]), *norm]
        return self.node("LayerNormalization", inputs, axis=-1, epsilon=1e-5)

    def build(
        self, inputs: list[onnx.ValueInfoProto], outputs: dict[str, tuple[str, list[str | int]]]
    ) -> onnx.ModelProto:
        """Close the graph; `outputs` maps public names to (inner name, shape)."""
        for name, (made, _) in outputs.items():
            self.nodes.append(helper.make_node("Identity", [made], [name]))
        values = [
            tensor(name, TensorProto.INT64 if name == "kept" else TensorProto.FLOAT, *shape)
            for name, (_, shape) in outputs.items()
        ]
        graph = helper.make_graph(self.nodes, "pair", inputs, values, list(self.stored.values()))
        opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=9)


def tensor(name: str, kind: int, *shape: str | int) -> onnx.ValueInfoProto:
    """A graph's input or output."""
    return helper.make_tensor_value_info(name, kind, list(shape))


def graphs(net: network.PairModel, samples: dict[str, np.ndarray], *, int8: bool) -> dict[str, onnx.ModelProto]:
    """The four parts of the network as ONNX models."""
    weights = {k: v.float().numpy() for k, v in net.state_dict().items()}

    lower = lower_part(Builder(weights, samples, int8=int8, by_token=True), net.unshared, net.config.hidden_size)
    return {"lower": lower, **pair_parts(net, lambda: Builder(weights, samples, int8=int8))}


def pair_parts(net: network.PairModel, builder: Callable[[], Builder]) -> dict[str, onnx.ModelProto]:
    """The three parts that read pairs, of a network of this shape.

    Args:
        net: tells how many layers of what width there are, and where the heads are.
        builder: makes an empty graph, which comes with the weights.
    """
    total, width = net.config.num_hidden_layers, net.config.hidden_size
    early, middle = range(net.unshared, net.early_layer), range(net.early_layer, net.exit_layer)
    return {
        "early": dismissing_part(builder(), early, "early_classifier", width),
        "middle": dismissing_part(builder(), middle, "exit_classifier", width),
        "upper": upper_part(builder(), range(net.exit_layer, total), width),
    }


def pair_inputs(width: int) -> list[onnx.ValueInfoProto]:
    """What the graphs that read pairs take: states of both sentences, which are real, and the position bias."""
    return [tensor("hidden", TensorProto.FLOAT, "batch", "tokens", width), *attention_inputs()]


def attention_inputs() -> list[onnx.ValueInfoProto]:
    """Position bias, and 1 where a token is real."""
    return [
        tensor("bias", TensorProto.FLOAT, 1, 12, "tokens", "tokens"),
        tensor("mask", TensorProto.INT32, "batch", "tokens"),
    ]


def lower_part(graph: Builder, layers: int, width: int) -> onnx.ModelProto:
    """Tokens of single sentences -> states. Each sentence is read once, so it can afford the finer widths."""
    x = graph.embed("ids", "positions")
    for number in range(layers):
        x = graph.layer(x, number, "bias", "mask")
    ids = [tensor(n, TensorProto.INT64, "batch", "tokens") for n in ("ids", "positions")]
    lower = graph.build([*ids, *attention_inputs()], {"output": (x, ["batch", "tokens", width])})
    show_embeddings(lower)
    return lower


def show_embeddings(lower: onnx.ModelProto) -> None:
    """Let a lower graph give its `embeddings` (batch, tokens, width) too: they are what the joint reader reads.

    Its constants stay as they are, byte for byte, so a graph of an earlier export changes by a few bytes only.
    """
    graph = lower.graph
    if any(one.name == "embeddings" for one in graph.output):
        return
    made = next(n.output[0] for n in graph.node if EMBEDDING_NORM + ".weight" in n.input)
    graph.node.append(helper.make_node("Identity", [made], ["embeddings"]))
    shown = onnx.ValueInfoProto()
    shown.CopyFrom(graph.output[0])
    shown.name = "embeddings"
    graph.output.append(shown)


def dismissing_part(graph: Builder, layers: range, head: str, width: int) -> onnx.ModelProto:
    """States of pairs -> a head's logits, and the states after these layers of the pairs that it lets pass.

    `least` is the probability of `label` that each pair needs; `kept` are the indexes of those that have it.
    """
    x, last = "hidden", layers[-1]
    for number in layers[:-1]:
        x = graph.layer(x, number, "bias", "mask")
    qkv = graph.projected(x, last)
    logits = graph.head(graph.first_token(x, qkv, last, "bias", "mask"), head)
    kept = graph.passing(logits, "label", "least")
    x, mask, *qkv = (graph.node("Gather", [of, kept], axis=0) for of in (x, "mask", *qkv))
    x = graph.finished(x, qkv, last, "bias", mask)
    rule = [tensor("least", TensorProto.FLOAT, "batch"), tensor("label", TensorProto.INT64)]
    outputs: dict[str, tuple[str, list[str | int]]] = {
        "logits": (logits, ["batch", 3]),
        "kept": (kept, ["passing"]),
        "output": (x, ["passing", "tokens", width]),
    }
    return graph.build([*pair_inputs(width), *rule], outputs)


def upper_part(graph: Builder, layers: range, width: int) -> onnx.ModelProto:
    """States of pairs -> logits, and those of the kinds; of the last layer the first token is all that counts."""
    x, last = "hidden", layers[-1]
    for number in layers[:-1]:
        x = graph.layer(x, number, "bias", "mask")
    x = graph.first_token(x, graph.projected(x, last), last, "bias", "mask")
    heads: dict[str, tuple[str, list[str | int]]] = {"logits": (graph.head(x, "classifier"), ["batch", 3])}
    heads["kinds"] = (graph.head(x, "kind_classifier"), ["batch", len(network.KINDS)])
    return graph.build(pair_inputs(width), heads)


def reader_part(graph: Builder, layers: int, width: int) -> onnx.ModelProto:
    """Embeddings of both sentences -> logits, and those of the kinds: the joint reader, all layers of it."""
    return upper_part(graph, range(layers), width)


def input_samples(net: network.PairModel, folder: Path, pairs: list[tuple[str, str]]) -> dict[str, np.ndarray]:
    """Inputs (tokens, in) of every linear layer over some pairs, `SAMPLED` tokens drawn from all batches."""
    import torch
    from tokenizers import Tokenizer

    from training import train

    drawn: dict[str, list[np.ndarray]] = {}
    batch_size = 0

    def watch(name: str) -> Callable[[object, tuple[Any, ...]], None]:
        def hook(_: object, inputs: tuple[Any, ...]) -> None:
            tokens = inputs[0].flatten(0, -2)[real]
            chosen = torch.randperm(len(tokens), generator=generator)[:batch_size]
            drawn.setdefault(name, []).append(tokens[chosen].numpy())

        return hook

    linear = [(n, m) for n, m in net.named_modules() if isinstance(m, torch.nn.Linear)]
    hooks = [m.register_forward_pre_hook(watch(n)) for n, m in linear if "classifier" not in n]
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    sides = [[train.encode_side(tokenizer, text, "")[0] for text in pair] for pair in pairs]
    coded = [train.Example(first, second, label=0) for first, second in sides]
    todo = list(train.batches(coded, 2048, random.Random(0)))
    batch_size = -(-SAMPLED // len(todo))
    generator = torch.Generator().manual_seed(0)
    with torch.inference_mode():
        for batch in todo:
            ids, segment, *_ = train.tensors(batch)
            real = (segment >= 0).flatten()
            net(ids, segment)
    for hook in hooks:
        hook.remove()
    return {name: np.concatenate(parts) for name, parts in drawn.items()}


def relative_bias(net: network.PairModel) -> np.ndarray:
    """Position bias (heads, 2 * 512 - 1): column 511 + d is for a token d places to the right."""
    import torch

    encoder = net.mpnet.encoder
    distance = torch.arange(-(MAX_DISTANCE - 1), MAX_DISTANCE)
    bucket = encoder.relative_position_bucket(distance, num_buckets=32)
    bias: np.ndarray = encoder.relative_attention_bias(bucket).T.detach().numpy().astype(np.float32)
    return bias


def export(
    folder: Path, out: Path, pairs: list[tuple[str, str]], *, int8: bool, name: str
) -> None:
    """Write graphs, tokenizer and `config.json` of a trained model folder.

    `pairs` show what every layer's input looks like; they matter for int8 only.
    """
    net = network.from_folder(folder).eval()
    samples = input_samples(net, folder, pairs) if int8 else {}
    samples = samples or dict.fromkeys((n for n, _ in net.named_modules()), np.ones((1, 1)))
    out.mkdir(parents=True, exist_ok=True)
    for part, made in graphs(net, samples, int8=int8).items():
        onnx.checker.check_model(made)
        onnx.save(made, out / f"{part}.onnx")
    np.save(out / "relative_bias.npy", relative_bias(net))
    shutil.copy(folder / "tokenizer.json", out / "tokenizer.json")
    config = {
        "architecture": "shared-lower-mpnet",
        "name": name,
        "id2label": {str(i): label for i, label in enumerate(network.LABELS)},
        "kinds": list(network.KINDS),
        "max_tokens": 126,
        "unshared_layers": net.unshared,
        "exit_layer": net.exit_layer,
        "early_layer": net.early_layer,
        "early": {"exit": 1.0, "floor": 0.0},  # `glance.py` finds the floor
        "precision": "int8" if int8 else "fp32",
    }
    (out / "config.json").write_text(json.dumps(config, indent=1) + "\n")


def keep_below(out: Path, earlier: Path) -> None:
    """Take what lies below `middle.onnx` from an earlier export, for a stage that has left those layers alone.

    The early head and the glance there were taught after that export. `gate` sees to it that the layers fit.
    """
    for name in BELOW:
        if (earlier / name).exists():
            shutil.copy(earlier / name, out / name)
    config, kept = (json.loads((folder / "config.json").read_text()) for folder in (out, earlier))
    config |= {name: kept[name] for name in ("early", "glance") if name in kept}
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
        "--check", type=Path, required=True, help="rows.jsonl of a mixture: pairs for step widths and for the gate"
    )
    parser.add_argument("--below", type=Path, help="an export whose lower layers, early head and glance are kept")
    parser.add_argument("--fp32", type=Path, default=Path("runs/fp32"), help="where the fp32 twin goes")
    args = parser.parse_args(argv)
    lines = args.check.read_text(encoding="utf-8").splitlines()[:ROWS]
    pairs = [(r["first"]["text"], r["second"]["text"]) for r in map(json.loads, lines)]
    # A mixture as small as a test's shows all that it has.
    shown, checked = pairs[SHOWN] or pairs, pairs[: SHOWN.start] + pairs[SHOWN.stop :]
    if args.below and args.below.resolve() == args.out.resolve():
        raise SystemExit(f"--below is --out, {args.out}, where the export is about to write; copy it first")
    export(args.model, args.out, shown, int8=True, name=args.name)
    export(args.model, args.fp32, [], int8=False, name=args.name)
    if args.below:
        keep_below(args.out, args.below)
    figures = gate(args.out, args.fp32, checked)
    print(json.dumps(figures, indent=1))
    kept = json.loads((args.below / "export_gate.json").read_text()) if args.below else {}
    (args.out / "export_gate.json").write_text(json.dumps(kept | figures, indent=1) + "\n")
    passed = (
        figures["mean_drift"] <= 0.01
        and figures["flag_agreement"] >= 0.99
        and figures["batch_drift"] <= 1e-3
    )
    print("gate passed" if passed else "gate FAILED: mean drift <= 0.01, agreement >= 0.99, batch drift <= 1e-3")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
