"""Export a trained joint reader to one int8 ONNX graph, and refuse it when it drifts.

    python -m training.export_reader runs/reader/average --out training/checkpoints/reader.onnx \
        --check runs/reader_rows/rows.jsonl

The graph reads embeddings of both sentences through all layers. The embeddings are those of the shared model,
which training leaves as they are, so they stand in its `lower.onnx` alone.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from tokenizers import Tokenizer

from training import model as network
from training import train
from training.export_onnx import MAX_DISTANCE, SHOWN, Builder, input_samples, reader_part, relative_bias

CHECKED = 600  # pairs that the int8 graph and the fp32 network are compared on
CONTRADICTION = network.LABELS.index("contradiction")


def examples(pairs: list[tuple[str, str]], tokenizer: Tokenizer) -> list[train.Example]:
    """Pairs as the network reads them; `label` is the pair's number."""
    coded = ([train.encode_side(tokenizer, text, "")[0] for text in pair] for pair in pairs)
    return [train.Example(first, second, label=number) for number, (first, second) in enumerate(coded)]


def compare(net: network.PairModel, graph: onnx.ModelProto, rows: list[train.Example]) -> dict[str, float]:
    """Mean drift of P(contradiction) between network and graph, and how often both are on one side of a half."""
    session = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    relative, middle = relative_bias(net), MAX_DISTANCE - 1
    found: list[tuple[float, float]] = []
    with torch.inference_mode():
        for batch in train.batches(rows, 2048, random.Random(0)):
            ids, segment, *_ = train.tensors(batch)
            exact = net(ids, segment).final.softmax(-1)[:, CONTRADICTION]
            hidden = net.mpnet.embeddings(input_ids=ids, position_ids=net.positions(segment)).numpy()
            width = np.arange(ids.shape[1])
            bias = relative[None, :, width[None, :] - width[:, None] + middle]
            feed = {"hidden": hidden, "bias": bias, "mask": (segment >= 0).numpy().astype(np.int32)}
            logits = torch.from_numpy(session.run(["logits"], feed)[0])
            found += zip(exact.tolist(), logits.softmax(-1)[:, CONTRADICTION].tolist(), strict=True)
    p, q = np.array(found).T
    same = (p >= 0.5) == (q >= 0.5)
    return {"pairs": len(p), "mean_drift": float(np.abs(p - q).mean()), "flag_agreement": float(same.mean())}


def main(argv: list[str] | None = None) -> int:
    """Export, compare, and give 1 where the graph drifts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("model", type=Path, help="a folder written by train.py")
    parser.add_argument("--out", type=Path, required=True, help="the graph's file")
    parser.add_argument("--check", type=Path, required=True, help="rows.jsonl of a mixture")
    args = parser.parse_args(argv)
    net = network.from_folder(args.model).eval()
    if net.unshared:
        raise SystemExit(f"{args.model} is no joint reader: its lowest {net.unshared} layers read one sentence")
    lines = args.check.read_text(encoding="utf-8").splitlines()[: SHOWN.stop + CHECKED]
    pairs = [(r["first"]["text"], r["second"]["text"]) for r in map(json.loads, lines)]
    weights = {k: v.float().numpy() for k, v in net.state_dict().items()}
    samples = input_samples(net, args.model, pairs[SHOWN] or pairs)
    graph = reader_part(Builder(weights, samples, int8=True), net.config.num_hidden_layers, net.config.hidden_size)
    onnx.checker.check_model(graph)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(graph, args.out)
    tokenizer = Tokenizer.from_file(str(args.model / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    figures = compare(net, graph, examples(pairs[SHOWN.stop :] or pairs, tokenizer))
    print(json.dumps(figures))
    passed = figures["mean_drift"] <= 0.01 and figures["flag_agreement"] >= 0.99
    print("gate passed" if passed else "gate FAILED: mean drift <= 0.01, agreement >= 0.99")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
