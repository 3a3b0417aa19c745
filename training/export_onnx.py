"""Export a shared model and a joint reader to ONNX, in int8, and refuse them when they drift.

    python -m training.export_onnx runs/shared/average --reader runs/reader/average \
        --out src/inconsistency/models/default --check runs/reader_rows/rows.jsonl

The two networks become three graphs: `lower.onnx` reads single sentences, `exit.onnx` goes on to the exit head
with two of them, `reader.onnx` is the whole joint reader, which takes its embeddings from the constants of
`lower.onnx`. `--only reader` writes that graph alone into a folder that has the others; so does `--only exit`.
A new lower graph comes with an untaught glance, which has no opinion, until `glance.py` teaches it.

The gate reads pairs with the library's own scorer and with the networks that were exported.
"""

from __future__ import annotations

import argparse
import functools
import json
import random
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from tokenizers import Tokenizer

from training import model as network
from training import pupils, train
from training.graphs import Builder, lower_part, pair_part

MAX_DISTANCE = 512
MAX_TOKENS = 126  # of a sentence, without its marks
SHOWN = slice(600, 800)  # rows of a mixture whose inputs are looked at to choose step widths
SAMPLED = 2000  # tokens whose inputs are kept to judge that by
PAIRS = 2400  # of the other rows, for the gate: among 600 one flag decided whether 99 in 100 agree
ALONE = 40  # of these, read once more, one at a time
GRAPHS = ("lower", "exit", "reader")
EVERY = ("",)  # layer's name ends so
# What the joint reader gets with a width a token: the second product of a layer's feed-forward part, in the lower
# two thirds. With fixed widths these make half of its drift, 0.016 instead of 0.008 on 500 pairs; with a width a
# token in the upper third or for the other products too, it stays 0.008. In all layers that costs 6 % of the time.
FINER = tuple(f"layer.{number}.output.dense" for number in range(8))
CONTRADICTION = network.LABELS.index("contradiction")
Pairs = Sequence[tuple[str, str]]


def coded_batches(folder: Path, pairs: Pairs) -> Iterator[tuple[list[int], torch.Tensor, torch.Tensor]]:
    """Pairs as a network reads them: their indexes, token ids and segments (pairs, tokens), batch by batch."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    coded = ([train.encode_side(tokenizer, text, "", MAX_TOKENS)[0] for text in pair] for pair in pairs)
    rows = [train.Example(first, second, label=k) for k, (first, second) in enumerate(coded)]
    for batch in train.batches(rows, 2048, random.Random(0)):
        ids, segment, *_ = train.tensors(batch)
        yield [row.label for row in batch], ids, segment


def input_samples(net: network.PairModel, folder: Path, pairs: Pairs) -> dict[str, np.ndarray]:
    """Inputs (tokens, in) of every linear layer over some pairs, `SAMPLED` tokens drawn from all batches."""
    drawn: dict[str, list[np.ndarray]] = {}
    todo = list(coded_batches(folder, pairs))
    each = -(-SAMPLED // len(todo))
    generator = torch.Generator().manual_seed(0)

    def watch(name: str) -> Callable[[object, tuple[Any, ...]], None]:
        def hook(_: object, inputs: tuple[Any, ...]) -> None:
            tokens = inputs[0].flatten(0, -2)[real]
            chosen = torch.randperm(len(tokens), generator=generator)[:each]
            drawn.setdefault(name, []).append(tokens[chosen].numpy())

        return hook

    linear = [(n, m) for n, m in net.named_modules() if isinstance(m, torch.nn.Linear)]
    hooks = [m.register_forward_pre_hook(watch(n)) for n, m in linear if "classifier" not in n]
    with torch.inference_mode():
        for _, ids, segment in todo:
            real = (segment >= 0).flatten()
            net(ids, segment)
    for hook in hooks:
        hook.remove()
    return {name: np.concatenate(parts) for name, parts in drawn.items()}


def relative_bias(net: network.PairModel) -> np.ndarray:
    """Position bias (heads, 2 * 512 - 1): column 511 + d is for a token d places to the right."""
    encoder = net.mpnet.encoder
    distance = torch.arange(-(MAX_DISTANCE - 1), MAX_DISTANCE)
    bucket = encoder.relative_position_bucket(distance, num_buckets=32)
    bias: np.ndarray = encoder.relative_attention_bias(bucket).T.detach().numpy().astype(np.float32)
    return bias


def graphs_of(
    folder: Path, pairs: Pairs, wanted: Sequence[str], *, int8: bool
) -> Iterator[tuple[str, onnx.ModelProto]]:
    """The wanted graphs of one network's folder; `pairs` show what its layers' inputs look like, for int8."""
    if not wanted:
        return
    net = network.from_folder(folder).eval()
    if ("reader" in wanted) != (net.unshared == 0):
        kind = "joint reader" if net.unshared else "shared model"
        raise SystemExit(f"{folder} is no {kind}: its lowest {net.unshared} layers read one sentence")
    weights = {k: v.float().numpy() for k, v in net.state_dict().items()}
    samples = input_samples(net, folder, pairs) if int8 else {}
    empty = functools.partial(Builder, weights, samples, int8=int8)
    width, total = net.config.hidden_size, net.config.num_hidden_layers
    for name in wanted:
        if name == "lower":
            yield name, lower_part(empty(by_token=EVERY), net.unshared, width)
        elif name == "exit":
            layers = range(net.unshared, net.exit_layer)
            yield name, pair_part(empty(), layers, width, {"logits": "exit_classifier"})
        else:
            heads = {"logits": "classifier", "kinds": "kind_classifier"}
            yield name, pair_part(empty(by_token=FINER), range(total), width, heads)


def export(
    shared: Path | None,
    reader: Path | None,
    out: Path,
    pairs: Pairs,
    *,
    only: Sequence[str] = GRAPHS,
    int8: bool = True,
    name: str = "inconsistency-default",
) -> None:
    """Write the graphs that `only` names, and `config.json`.

    With the lower graph come the tokenizer, the position bias, and a glance without an opinion.

    Raises:
        SystemExit: a network is of the other kind, or the reader was not begun from the shared model.
    """
    out.mkdir(parents=True, exist_ok=True)
    if shared and "lower" in only:
        net = network.from_folder(shared)
        np.save(out / "relative_bias.npy", relative_bias(net))
        shutil.copy(shared / "tokenizer.json", out)
        pupils.write(pupils.untaught(net.config.hidden_size), out)
    if reader and not np.allclose(relative_bias(network.from_folder(reader)), np.load(out / "relative_bias.npy")):
        raise SystemExit(f"{reader} was not begun from the shared model of {out}: their position biases differ")
    for folder, own in ((shared, GRAPHS[:2]), (reader, GRAPHS[2:])):
        for graph, made in graphs_of(folder, pairs, [n for n in own if n in only], int8=int8) if folder else ():
            onnx.checker.check_model(made)
            onnx.save(made, out / f"{graph}.onnx")
    path = out / "config.json"
    config = json.loads(path.read_text()) if path.exists() else {}
    if shared:
        shape = json.loads((shared / "pair_model.json").read_text())
        config |= {"unshared_layers": shape["unshared"], "exit_layer": shape["exit_layer"]}
    config |= {
        "architecture": "shared-lower-mpnet",
        "name": name,
        "id2label": {str(i): label for i, label in enumerate(network.LABELS)},
        "kinds": list(network.KINDS),
        "max_tokens": MAX_TOKENS,
        "precision": "int8" if int8 else "fp32",
    }
    path.write_text(json.dumps(config, indent=1) + "\n")


def exact(folder: Path, pairs: Pairs) -> dict[str, np.ndarray]:
    """P(contradiction) of pairs by a network: of its `final` head, and of its `exit` head."""
    net = network.from_folder(folder).eval()
    found = {name: np.zeros(len(pairs)) for name in ("final", "exit")}
    with torch.inference_mode():
        for members, ids, segment in coded_batches(folder, pairs):
            logits = net(ids, segment)
            for name, p in found.items():
                p[members] = getattr(logits, name).softmax(-1)[:, CONTRADICTION].numpy()
    return found


def gate(out: Path, shared: Path | None, reader: Path | None, pairs: Pairs) -> dict[str, float]:
    """How far the library's answers are from those of the networks."""
    from inconsistency.nli import load_scorer

    scorer: Any = load_scorer(out)
    figures: dict[str, float] = {"pairs": len(pairs)}
    if reader:
        p, q = np.array([s.contradiction for s in scorer.score(pairs)]), exact(reader, pairs)["final"]
        alone = np.array([scorer.score([pair])[0].contradiction for pair in pairs[:ALONE]])
        figures |= {"mean_drift": float(np.abs(p - q).mean()), "largest_drift": float(np.abs(p - q).max())}
        figures |= {"flag_agreement": float(((p >= 0.5) == (q >= 0.5)).mean())}
        figures |= {"batch_drift": float(np.abs(alone - p[:ALONE]).max())}
    if shared:
        p, q = np.array(scorer.screen(pairs)), exact(shared, pairs)["exit"]
        figures |= {"exit_pairs": len(pairs), "exit_mean_drift": float(np.abs(p - q).mean())}
        figures |= {"exit_agreement": float(((p >= 0.5) == (q >= 0.5)).mean())}
    return figures


def passes(figures: dict[str, float]) -> bool:
    """Whether the joint reader, whose answers are what is flagged, may be shipped."""
    close = figures["mean_drift"] <= 0.01 and figures["flag_agreement"] >= 0.99
    return close and figures["batch_drift"] <= 1e-3


def arguments(argv: list[str] | None) -> argparse.Namespace:
    """What is to be exported, and whether all that it takes is named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("shared", type=Path, nargs="?", help="the shared model; needed for lower and exit")
    parser.add_argument("--reader", type=Path, help="the joint reader; needed for reader")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", choices=GRAPHS, nargs="+", default=GRAPHS, help="leave the other graphs alone")
    parser.add_argument("--name", default="inconsistency-default")
    parser.add_argument("--check", type=Path, required=True, help="rows.jsonl: pairs for step widths and gate")
    parser.add_argument("--pairs", type=int, default=PAIRS, help="pairs that the gate reads")
    args = parser.parse_args(argv)
    if {"lower", "exit"} & set(args.only) and not args.shared:
        parser.error("lower and exit are made of a shared model: name its folder, or say --only reader")
    if "reader" in args.only and not args.reader:
        parser.error("reader is made of a joint reader: name its folder with --reader, or say --only lower exit")
    return args


def main(argv: list[str] | None = None) -> int:
    """Export, then let the gate decide."""
    args = arguments(argv)
    lines = args.check.read_text(encoding="utf-8").splitlines()[: args.pairs + SHOWN.stop - SHOWN.start]
    pairs = [(r["first"]["text"], r["second"]["text"]) for r in map(json.loads, lines)]
    # A mixture as small as a test's shows all that it has.
    shown, checked = pairs[SHOWN] or pairs, pairs[: SHOWN.start] + pairs[SHOWN.stop :]
    shared = args.shared if {"lower", "exit"} & set(args.only) else None
    reader = args.reader if "reader" in args.only else None
    export(shared, reader, args.out, shown, only=args.only, name=args.name)
    path = args.out / "export_gate.json"
    kept = json.loads(path.read_text()) if path.exists() else {}
    if "lower" in args.only:
        kept = {name: figure for name, figure in kept.items() if not name.startswith("glance")}
    figures = kept | gate(args.out, shared, reader, checked)
    path.write_text(json.dumps(figures, indent=1) + "\n")
    print(json.dumps(figures, indent=1))
    if reader is None:
        return 0
    passed = passes(figures)
    print("gate passed" if passed else "gate FAILED: mean drift <= 0.01, agreement >= 0.99, batch drift <= 0.001")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
