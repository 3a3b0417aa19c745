"""The parts of the network as ONNX graphs.

Matrices are quantised to int8 a column. Activations become uint8, with a step width that is fixed at export, or
taken from each token: seven passes over memory instead of two, so only where it pays. A width taken from the
tensor at hand, the usual choice, would make a pair's score depend on its batch.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from training.quantise import NEAR_ZERO, Steps, best_steps, column_levels

PLACES = 256  # positions that are kept: a sentence is cut at 128 tokens, and a pair has two


class Builder:
    """Collects nodes and weights of one graph.

    Args:
        weights: the model's state dict as numpy arrays.
        samples: inputs (tokens, in) of each linear layer over some pairs, for int8.
        int8: quantise matrices; otherwise they stay fp32.
        by_token: the layers, by the ends of their names, that take the step width of their inputs from each token.
    """

    def __init__(
        self,
        weights: dict[str, np.ndarray],
        samples: dict[str, np.ndarray],
        *,
        int8: bool,
        by_token: tuple[str, ...] = (),
    ) -> None:
        self.weights, self.samples, self.int8, self.by_token = weights, samples, int8, by_token
        self.nodes: list[onnx.NodeProto] = []
        self.stored: dict[str, onnx.TensorProto] = {}
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

    def product(self, x: str, name: str, matrix: np.ndarray, layer: str, bias: str) -> str:
        """`x @ matrix + bias` with `matrix` (in, out), in int8 or fp32; the inputs are like those of `layer`."""
        if not self.int8:
            return self.node("Add", [self.node("MatMul", [x, self.store(name, matrix.astype(np.float32))]), bias])
        by_token = layer.endswith(self.by_token)
        steps = self.quantise(name, matrix, self.samples[layer], by_token=by_token)
        x = self.node("Mul", [x, name + ".smooth"])
        one, zero = self.store("one", np.float32(1)), self.store("zero", np.int8(0))
        middle = self.store(f"zero.{steps.zero}", np.uint8(steps.zero))
        row = ""
        if by_token:
            largest = self.node("ReduceMax", [self.node("Abs", [x])], axes=[-1], keepdims=1)
            largest = self.node("Max", [largest, self.store("tiny", NEAR_ZERO)])
            row = self.node("Div", [largest, self.store("top", np.float32(127))])
            x = self.node("Div", [x, row])
        x = self.node("QuantizeLinear", [x, one, middle])
        inputs = [x, name, one, name + ".scale", middle, zero]
        if not by_token:
            return self.node("MatMulIntegerToFloat", [*inputs, bias], domain="com.microsoft")
        x = self.node("MatMulIntegerToFloat", inputs, domain="com.microsoft")
        return self.node("Add", [self.node("Mul", [x, row]), bias])

    def quantise(self, name: str, matrix: np.ndarray, sample: np.ndarray, *, by_token: bool) -> Steps:
        """Store a matrix's levels and scales, and what its inputs are multiplied by; give their steps."""
        steps = best_steps(sample, matrix, by_token=by_token)
        levels, scale = column_levels(matrix * steps.divisor[:, None])
        self.store(name, levels)
        divisor, scale = (v.astype(np.float32) for v in (1 / steps.divisor / steps.width, scale * steps.width))
        self.store(name + ".smooth", divisor)
        self.store(name + ".scale", scale)
        return steps

    def linear(self, x: str, prefix: str) -> str:
        """A torch linear layer."""
        weight = self.weights[prefix + ".weight"].T
        return self.product(x, prefix + ".weight", weight, prefix, self.take(prefix + ".bias"))

    def layer(self, x: str, number: int, bias: str, mask: str) -> str:
        """One MPNet layer."""
        return self.finished(x, self.projected(x, number), number, bias, mask)

    def projected(self, x: str, number: int) -> list[str]:
        """Queries, keys and values of a layer."""
        attn = f"mpnet.encoder.layer.{number}.attention.attn."
        names = [attn + part for part in "qkv"]
        joined = np.concatenate([self.weights[n + ".weight"].T for n in names], axis=1)
        biases = self.store(attn + "qkv.bias", np.concatenate([self.weights[n + ".bias"] for n in names]))
        qkv = self.product(x, attn + "qkv", joined, attn + "q", biases)
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
        norm = [self.take(f"mpnet.embeddings.LayerNorm.{part}") for part in ("weight", "bias")]
        inputs = [self.node("Add", [words, place]), *norm]
        return self.node("LayerNormalization", inputs, axis=-1, epsilon=1e-5)

    def build(
        self, inputs: list[onnx.ValueInfoProto], outputs: dict[str, tuple[str, list[str | int]]]
    ) -> onnx.ModelProto:
        """Close the graph; `outputs` maps public names to (inner name, shape)."""
        for name, (made, _) in outputs.items():
            self.nodes.append(helper.make_node("Identity", [made], [name]))
        values = [tensor(name, TensorProto.FLOAT, *shape) for name, (_, shape) in outputs.items()]
        graph = helper.make_graph(self.nodes, "pair", inputs, values, list(self.stored.values()))
        opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=9)


def tensor(name: str, kind: int, *shape: str | int) -> onnx.ValueInfoProto:
    """A graph's input or output."""
    return helper.make_tensor_value_info(name, kind, list(shape))


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
    return graph.build([*ids, *attention_inputs()], {"output": (x, ["batch", "tokens", width])})


def pair_part(graph: Builder, layers: range, width: int, heads: dict[str, str]) -> onnx.ModelProto:
    """States of pairs -> what some heads say after these layers: outputs by name, each with its head's name.

    A head reads the first token, which is all that the last of the layers is worked out for.
    """
    x, last = "hidden", layers[-1]
    for number in layers[:-1]:
        x = graph.layer(x, number, "bias", "mask")
    x = graph.first_token(x, graph.projected(x, last), last, "bias", "mask")
    outputs: dict[str, tuple[str, list[str | int]]] = {}
    for name, head in heads.items():
        outputs[name] = graph.head(x, head), ["batch", len(graph.weights[f"{head}.out_proj.bias"])]
    return graph.build(pair_inputs(width), outputs)
